"""Writing and reading entries."""

from __future__ import annotations

import pytest

from tests.cli.conftest import FIRST, LORE, SECOND, THIRD
from tests.cli.terminal import Lorefs
from tests.gitrepo import Repo

PROMISED = {
    "id", "title", "content", "category", "path", "scope", "confidence", "status", "tags",
    "relations", "rev",
}  # fmt: skip


def test_add_prints_the_id_and_writes_the_entry_into_the_file(lorefs: Lorefs, repo: Repo) -> None:
    ident = lorefs(
        "add", "Amounts are in cents", "--content", "Floats lost us money.",
        "--category", "Gotcha", "--tag", "money", "--tag", "api", "--confidence", "0.9",
    ).out.strip()  # fmt: skip
    text = repo.read(".lore.md")
    assert f"<!-- lore:{ident} -->" in text
    assert "### Gotcha" in text
    entry = lorefs("show", ident, "--json").json
    assert entry["title"] == "Amounts are in cents"
    assert entry["content"] == "Floats lost us money."
    assert (entry["tags"], entry["confidence"]) == (["api", "money"], 0.9)


def test_add_reads_the_content_from_standard_input(lorefs: Lorefs) -> None:
    ident = lorefs("add", "T", "--content", "-", stdin="one\n\n    code\n").out.strip()
    assert lorefs("show", ident, "--json").json["content"] == "one\n\n    code"


def test_personal_entries_have_a_document_of_their_own(lorefs: Lorefs, repo: Repo) -> None:
    lorefs("add", "Mine", "--personal")
    assert "Mine" in repo.read(".lore.local.md")
    assert [entry["scope"] for entry in lorefs("list", "--json").json] == ["personal"]


def test_a_directory_is_meant_relative_to_the_current_one(repo: Repo) -> None:
    (repo.path / "services/api").mkdir(parents=True)
    Lorefs(repo.path / "services")("add", "Here", "--path", "api")
    assert (repo.path / "services/api/.lore.md").is_file()
    Lorefs(repo.path / "services")("add", "Outside", "--path", "../..", status=2)
    assert "no directory" in Lorefs(repo.path)("add", "There", "--path", "gone", status=2).err


def test_list_json_is_one_array_of_all_entries_pending_ones_included(lore: Lorefs) -> None:
    entries = lore("list", "--json").json
    assert {entry["id"] for entry in entries} == {FIRST, SECOND, THIRD}
    for entry in entries:
        assert entry.keys() >= PROMISED
    statuses = {entry["id"]: entry["status"] for entry in entries}
    assert statuses[THIRD] == "pending"


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (["--category", "gotcha"], {FIRST, SECOND}),
        (["--tag", "wal"], {FIRST}),
        (["--tag", "wal", "--tag", "none"], set()),
        (["--status", "pending"], {THIRD}),
        (["--scope", "personal"], set()),
        (["--path", "."], {FIRST, SECOND, THIRD}),
    ],
)
def test_list_filters(lore: Lorefs, options: list[str], found: set[str]) -> None:
    assert {entry["id"] for entry in lore("list", "--json", *options).json} == found


def test_a_pipe_gets_columns(lore: Lorefs) -> None:
    rows = [line.split("\t") for line in lore("list").lines]
    assert ["6b1f0a11", ".lore.md", "Gotcha", "Checkpoints block long readers", "active",
            "sqlite,wal"] in rows  # fmt: skip


@pytest.mark.parametrize("reference", [FIRST, FIRST[-8:], FIRST[:13], FIRST.upper()])
def test_an_id_is_any_unique_start_or_end(lore: Lorefs, reference: str) -> None:
    assert lore("show", reference, "--json").json["id"] == FIRST


def test_an_ambiguous_or_unknown_id_is_a_usage_error(lore: Lorefs) -> None:
    error = lore("show", "019e8d03", status=2).err
    assert FIRST in error
    assert SECOND in error
    assert "hint: " in lore("show", "ffffffff", status=2).err


def test_short_ids_grow_until_they_are_unique(lorefs: Lorefs, repo: Repo) -> None:
    twin = "019e8d03-4a10-7b52-8f3c-5d0f" + FIRST[-8:]
    repo.commit("Twins", **{".lore.md": LORE + f"\n<!-- lore:{twin} -->\n* **Twin**\n"})
    shown = {line.split("\t")[0] for line in lorefs("list").lines}
    assert {FIRST[-12:], twin[-12:], SECOND[-8:]} <= shown
    for short in shown:
        lorefs("show", short)


def test_edit_changes_the_named_fields_and_no_other_byte(lore: Lorefs, repo: Repo) -> None:
    lore("edit", FIRST, "--tag", "-wal", "--tag", "+disk", "--confidence", "0.5")
    assert repo.read(".lore.md") == LORE.replace(
        "{confidence: 0.8, tags: [sqlite, wal]}", "{confidence: 0.5, tags: [disk, sqlite]}"
    )


@pytest.mark.parametrize(
    ("options", "field", "value"),
    [
        (["--title", "New *title*"], "title", "New *title*"),
        (["--content", "New\n\ntext"], "content", "New\n\ntext"),
        (["--category", "Pattern"], "category", "Pattern"),
        (["--status", "archived"], "status", "archived"),
    ],
)
def test_edit_of_each_field(lore: Lorefs, options: list[str], field: str, value: str) -> None:
    lore("edit", SECOND, *options)
    entry = lore("show", SECOND, "--json").json
    assert (entry[field], entry["rev"] > 1) == (value, True)


def test_a_stale_revision_is_refused_and_the_current_row_shown(lore: Lorefs, repo: Repo) -> None:
    seen = lore("show", FIRST, "--json").json
    lore("edit", FIRST, "--confidence", "0.1", "--if-rev", str(seen["rev"]))
    before = repo.read(".lore.md")
    for stale in (str(seen["rev"]), seen["hash"]):
        error = lore("edit", FIRST, "--confidence", "0.2", "--if-rev", stale, status=4).err
        assert "Checkpoints block long readers" in error
        assert "ada@example.invalid" in error
    assert repo.read(".lore.md") == before
    current = lore("show", FIRST, "--json").json
    lore("edit", FIRST, "--confidence", "0.2", "--if-rev", current["hash"])


@pytest.mark.parametrize(
    "options",
    [["--confidence", "2"], ["--status", "odd"], ["--tag", "+"], ["--no-such-option"]],
)
def test_an_impossible_value_is_a_usage_error(lore: Lorefs, repo: Repo, options: list[str]) -> None:
    assert lore("edit", FIRST, *options, status=2).err.startswith("error: ")
    assert repo.read(".lore.md") == LORE


def test_a_title_of_two_lines_is_refused(lore: Lorefs, repo: Repo) -> None:
    lore("edit", FIRST, "--title", "one\ntwo", status=5)
    assert repo.read(".lore.md") == LORE


def test_rm_and_undo(lore: Lorefs, repo: Repo) -> None:
    lore("list")
    assert "Retries are not idempotent" in lore("rm", SECOND[-8:], FIRST).out
    assert [entry["id"] for entry in lore("list", "--json").json] == [THIRD]
    assert "delete" in lore("undo").out
    assert {entry["id"] for entry in lore("list", "--json").json} == {FIRST, SECOND, THIRD}
    assert f"<!-- lore:{SECOND} -->" in repo.read(".lore.md")


def test_undo_with_nothing_to_undo(lorefs: Lorefs) -> None:
    assert lorefs("undo").out == "nothing to undo\n"


def test_undo_leaves_what_came_from_a_file(lore: Lorefs, repo: Repo) -> None:
    lore("edit", FIRST, "--confidence", "0.1")
    repo.write(".lore.md", repo.read(".lore.md") + "\n* **By hand**: in an editor.\n")
    lore("list")
    assert "confidence" in lore("undo").out
    titles = {entry["title"]: entry["confidence"] for entry in lore("list", "--json").json}
    assert titles["Checkpoints block long readers"] == 0.8
    assert "By hand" in titles


def test_mv_keeps_the_id_and_the_source(lore: Lorefs, repo: Repo) -> None:
    (repo.path / "api").mkdir()
    lore("mv", FIRST, "api")
    assert lore("show", FIRST, "--json").json["path"] == "api"
    assert "{confidence: 0.8, tags: [sqlite, wal]}" in repo.read("api/.lore.md")
    assert FIRST not in repo.read(".lore.md")


def test_log_tells_field_by_field(lore: Lorefs) -> None:
    lore("list")
    lore("edit", FIRST, "--confidence", "0.5", "--title", "Other")
    lore("rm", SECOND)
    changes = lore("log", "--json").json
    edits = {(c["op"], c["field"], c["before"], c["after"]) for c in changes if c["op"] == "edit"}
    assert edits == {
        ("edit", "title", "Checkpoints block long readers", "Other"),
        ("edit", "confidence", "0.8", "0.5"),
    }
    assert {c["source"] for c in changes if c["op"] in {"edit", "delete"}} == {"cli"}
    assert {c["op"] for c in lore("log", SECOND[-8:], "--json").json} == {"delete", "ingest"}
    assert len(lore("log", "-n", "1", "--json").json) == 1


def test_search_ranks_and_shows_a_snippet(lore: Lorefs) -> None:
    hits = lore("search", "holiday", "gateway", "--json").json
    assert hits == []  # all words have to be there
    hits = lore("search", "readers OR gateway", "--json").json
    assert [hit["id"] for hit in hits] == [FIRST, SECOND]
    assert "gateway" in hits[1]["snippet"]
    assert lore("search", "gateway", "--category", "Decision", "--json").json == []


@pytest.mark.parametrize("query", ['"', "(", "a AND", "NEAR(", "title:", "*", "\\", "-x", "ä' OR"])
def test_a_query_in_any_syntax_never_fails(lore: Lorefs, query: str) -> None:
    lore("search", "--", query)


def test_similar_entries_of_an_entry_and_of_a_text(lore: Lorefs) -> None:
    lore("add", "Long readers block checkpoints", "--content", "The WAL keeps growing.")
    assert lore("similar", FIRST, "--json").json[0]["title"] == "Long readers block checkpoints"
    assert lore("similar", "the gateway books twice", "--json").json[0]["id"] == SECOND


def test_show_in_a_pipe_is_the_source(lore: Lorefs) -> None:
    out = lore("show", FIRST).out
    assert "a reader open for minutes keeps the WAL growing.\n\nClose it in time.\n" in out
    assert FIRST in out
