"""`lorefs import` and `lorefs export`, as people and programs call them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import FIRST, LORE
from tests.cli.terminal import Lorefs
from tests.formats.databases import FACTS, make
from tests.gitrepo import Repo

FORMATS = ("json", "jsonl", "notes", "sql")


def listed(lorefs: Lorefs) -> list[dict[str, object]]:
    volatile = {"rev", "updated_at", "updated_by", "hash"}
    rows = lorefs("list", "--json").json
    return [{key: row[key] for key in row if key not in volatile} for row in rows]


@pytest.fixture
def empty(tmp_path: Path, repo: Repo) -> Lorefs:
    """The command line in another repository, which is empty."""
    path = tmp_path / "other"
    path.mkdir()
    Repo(path, repo.clock)("init", "--quiet")
    return Lorefs(path)


@pytest.mark.parametrize("kind", FORMATS)
def test_an_export_is_imported_elsewhere_and_taken_back_by_one_undo(
    lore: Lorefs, empty: Lorefs, tmp_path: Path, kind: str
) -> None:
    target = tmp_path / f"out.{kind}"
    lore("export", "--format", kind, "-o", str(target))
    empty("add", "Mine")
    before = (empty.path / ".lore.md").read_bytes()
    shown = empty("import", str(target), status=1)
    assert [line.split("\t")[0] for line in shown.lines].count("add") == 3
    assert (empty.path / ".lore.md").read_bytes() == before
    done = empty("import", str(target), "--yes")
    assert "imported 3 entries" in done.out
    mine = {row["id"] for row in listed(lore)}
    assert [row for row in listed(empty) if row["id"] in mine] == listed(lore)
    assert "nothing to import" in empty("import", str(target), "--yes").out
    empty("undo")
    assert [row["title"] for row in listed(empty)] == ["Mine"]


def test_an_export_can_be_piped(lore: Lorefs, empty: Lorefs) -> None:
    (empty.path / "in.jsonl").write_text(lore("export", "-f", "jsonl", "-c", "gotcha").out)
    found = empty("import", "in.jsonl", "--yes", "--json").json
    assert found["imported"]
    assert len(found["added"]) == 2


def test_private_entries_stay(lore: Lorefs) -> None:
    lore("add", "Secret of mine", "--personal")
    lore("edit", FIRST, "--sensitivity", "restricted")
    done = lore("export")
    assert len(json.loads(done.out)["entries"]) == 2
    assert "2 private entries were left out" in done.err
    assert len(json.loads(lore("export", "--private").out)["entries"]) == 4
    assert len(json.loads(lore("export", "--scope", "personal").out)["entries"]) == 1


def test_nothing_is_written_over(lore: Lorefs) -> None:
    lore("export", "-o", ".lore.md", "--force", status=2)
    assert (lore.path / ".lore.md").read_text() == LORE
    (lore.path / "x.json").write_text("precious")
    lore("export", "-o", "x.json", status=2)
    assert (lore.path / "x.json").read_text() == "precious"
    lore("export", "-o", "x.json", "--force")
    (lore.path / "notes").mkdir()
    (lore.path / "notes" / "x").write_text("precious")
    lore("export", "-f", "notes", "-o", "notes", status=5)
    lore("export", "-f", "notes", status=2)
    lore("export", "-o", "missing/x.json", status=5)
    assert "would write 3 entries" in lore("export", "-o", "y.json", "--dry-run").err
    names = {each.name for each in lore.path.iterdir()}
    assert names == {".git", ".lore.md", "x.json", "notes"}


def test_an_import_changes_only_what_the_file_says(lore: Lorefs) -> None:
    (lore.path / "in.json").write_text(json.dumps([
        {"id": FIRST, "title": "Readers block", "category": "Pattern", "owner": "ada"},
        {"title": "Retries are not idempotent", "content": "the gateway books twice."},
        {"title": "New", "relations": [{"type": "supports", "id": FIRST}]},
    ]))  # fmt: skip
    shown = lore("import", "in.json", "--dry-run", "--json").json
    assert not shown["imported"]
    assert [each["title"] for each in shown["added"]] == ["New"]
    assert shown["changed"][0]["fields"] == ["title", "category", "extra"]
    assert len(shown["same"]) == 1
    before = (lore.path / ".lore.md").read_text()
    lore("import", "in.json", "--yes")
    row = lore("show", FIRST, "--json").json
    assert (row["title"], row["category"], row["confidence"]) == ("Readers block", "Pattern", 0.8)
    assert row["extra"] == {"owner": "ada"}
    lore("undo")
    assert lore("show", FIRST, "--json").json["title"] == "Checkpoints block long readers"
    assert (lore.path / ".lore.md").read_text().count("\n* ") == before.count("\n* ")


def test_a_failed_import_leaves_nothing(lore: Lorefs) -> None:
    (lore.path / "in.jsonl").write_text('{"title": "fine"}\n{"title": ""}\n{"title": 1, "tags": 2}')
    done = lore("import", "in.jsonl", "--yes", status=5)
    assert "in.jsonl:2: the record has no title" in done.err
    assert "in.jsonl:3: tags has to be a list" in done.err
    assert "2 records cannot be imported" in done.err
    (lore.path / "away.jsonl").write_text('{"title": "a"}\n{"title": "b", "path": "not/here"}')
    done = lore("import", "away.jsonl", "--yes", status=2)
    assert "not/here" in done.err
    assert len(listed(lore)) == 3
    assert (lore.path / ".lore.md").read_text() == LORE
    assert "imported 1 entry" in lore("import", "in.jsonl", "--yes", "--skip-invalid").out
    (lore.path / "docs").mkdir()
    lore("import", "away.jsonl", "--yes", "--path", "docs")
    assert (lore.path / "docs" / ".lore.md").read_text().count("* **") == 2


def test_a_read_only_directory_changes_nothing(lore: Lorefs) -> None:
    (lore.path / "docs").mkdir()
    (lore.path / "docs" / ".lore.md").mkdir()
    (lore.path / "in.jsonl").write_text('{"title": "a"}\n{"title": "b", "path": "docs"}')
    lore("import", "in.jsonl", "--yes", status=5)
    assert (lore.path / ".lore.md").read_text() == LORE
    assert len(listed(lore)) == 3


def test_a_database_is_mapped_before_anything_is_written(lore: Lorefs) -> None:
    make(lore.path / "facts.db", FACTS)
    arguments = ("import", "facts.db", "--table", "facts", "--map", "title=name")
    shown = lore(*arguments, "--personal", "--yes")
    assert shown.lines[0] == "map\tfacts\ttitle\tname"
    assert (lore.path / ".lore.local.md").read_text().count("* **") == 2
    lore("import", "facts.db", "--table", "facts", "--map", "title", status=2)
    lore("import", "facts.db", "--table", "facts", "--map", "rev=name", status=2)
    lore("import", "nothing.db", status=2)


def test_a_person_sees_a_preview_and_is_asked(lore: Lorefs) -> None:
    lines = (json.dumps({"title": f"T{n}\x1b[31m", "tags": ["x"]}) for n in range(300))
    (lore.path / "in.jsonl").write_text("\n".join(lines))
    shown = lore.on_terminal("import", "in.jsonl", "--dry-run")
    assert "… and 280 entries more" in shown.out
    assert "300 to add, 0 to change, 0 there already" in shown.out
    assert "300x control characters were left out" in shown.out
    done = lore.on_terminal("import", "in.jsonl", "--yes")
    assert "imported 300 entries" in done.out
