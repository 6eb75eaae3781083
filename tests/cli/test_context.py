"""The entries that matter for files and a question."""

from __future__ import annotations

from typing import Any

import pytest

from lorefs.core.relevance import tokens
from tests.cli.terminal import Lorefs
from tests.gitrepo import Repo
from tests.lore import document, entry, ident

ROOT = document(
    entry(1, "Amounts are in cents", "Floats lost us money in the ledger once."),
    entry(2, "Deploys wait for the smoke test", "Nobody deploys on Fridays."),
    entry(3, "Retry with jitter", "A retry without jitter hammered the gateway."),
    entry(4, "Old retry rule", "Retry three times at once.", "status: archived"),
    entry(5, "Retry budget", "Ten retries a minute.", "status: pending"),
    entry(6, "Retry at once", "The gateway wants a retry at once."),
    entry(7, "Retry later", "It does not.", f"relations: [{{type: supersedes, id: {ident(6)}}}]"),
    entry(8, "The retry secret", "Only for us.", "sensitivity: restricted"),
)
API = document(
    entry(11, "Handlers return problem documents", "See `errors.py` for the shapes."),
    entry(12, "Validate at the edge", "Inner code trusts its arguments.", "confidence: 0.2"),
)
WEB = document(entry(21, "Buttons have labels", "Screen readers need them."))


@pytest.fixture
def lore(repo: Repo) -> Lorefs:
    files = {".lore.md": ROOT, "api/.lore.md": API, "web/.lore.md": WEB, "api/errors.py": "x = 1\n"}
    repo.commit("lore", **files)
    lorefs = Lorefs(repo.path)
    lorefs("reconcile")
    return lorefs


def found(lorefs: Lorefs, *arguments: str) -> list[str]:
    return [each["title"] for each in context(lorefs, *arguments)["entries"]]


def context(lorefs: Lorefs, *arguments: str) -> Any:  # noqa: ANN401  # whatever the test expects
    return lorefs("context", "--format", "json", *arguments).json


def test_what_stands_beside_a_file_comes_first_and_what_stands_elsewhere_not_at_all(
    lore: Lorefs,
) -> None:
    titles = found(lore, "api/errors.py")
    assert titles[0] == "Handlers return problem documents"
    assert "Amounts are in cents" in titles
    assert "Buttons have labels" not in titles


def test_a_file_may_yet_have_to_be_made_and_paths_are_those_of_the_shell(lore: Lorefs) -> None:
    (lore.path / "web/js").mkdir()
    assert found(Lorefs(lore.path / "web"), "js/new.js")[0] == "Buttons have labels"
    lore("context", "../outside", status=2)


def test_a_question_needs_no_syntax_and_not_all_of_its_words(lore: Lorefs) -> None:
    titles = found(lore, "--query", 'why is there "jitter" in a retry?')
    assert titles[0] == "Retry with jitter"
    assert "Buttons have labels" not in titles


def test_what_is_not_current_is_left_out_and_counted(lore: Lorefs) -> None:
    everything = context(lore)
    titles = {each["title"] for each in everything["entries"]}
    gone = {"Old retry rule", "Retry budget", "Retry at once", "The retry secret"}
    assert titles.isdisjoint(gone)
    assert len(titles) == 7
    assert (everything["left_out"]["inactive"], everything["left_out"]["superseded"]) == (3, 1)


def test_an_entry_that_names_the_file_is_found_from_anywhere(lore: Lorefs) -> None:
    assert "Handlers return problem documents" in found(lore, "web/errors.py")


def test_personal_entries_have_a_boost_that_can_be_set(lore: Lorefs) -> None:
    text = "Backups are checked on Mondays by whoever is on call."
    lore("add", "Backups", "--content", text)
    lore("add", "Backups mine", "--content", text, "--personal")
    assert found(lore, "--query", "backups mondays") == ["Backups mine"]  # the other is folded
    lore("config", "set", "context.personalBoost", "0.1")
    assert found(lore, "--query", "backups mondays") == ["Backups"]
    lore("config", "set", "context.personalBoost", "11", status=2)


def test_near_duplicates_are_folded_and_explained(lore: Lorefs) -> None:
    text = "The nightly job reads every table and writes one archive for each of them."
    copies = (entry(n, "Nightly archive", text) for n in range(100, 103))
    (lore.path / "web/.lore.md").write_text(document(*copies))
    report = context(lore, "--query", "nightly archive", "--explain")
    assert [len(each["folded"]) for each in report["entries"]] == [2]
    assert report["left_out"]["folded"] == 2
    assert report["entries"][0]["signals"]["text"] == 1


@pytest.mark.parametrize(("budget", "form"), [(100, "json"), (300, "json"), (150, "md")])
def test_what_is_printed_is_within_the_budget(lore: Lorefs, budget: int, form: str) -> None:
    facts = (entry(n, f"Fact {n}", f"word{n} " * 30 + "Größe 日本") for n in range(100, 108))
    (lore.path / "web/.lore.md").write_text(document(*facts))
    done = lore("context", "--format", form, "--budget", str(budget))
    assert tokens(done.out) <= budget
    assert done.out == lore("context", "--format", form, "--budget", str(budget)).out
    if form == "json":
        assert done.json["tokens"] <= budget


def test_markdown_names_what_is_needed_to_ask_for_an_entry_again(lore: Lorefs) -> None:
    out = lore("context", "api/errors.py", "--query", "validate").out
    assert out.startswith("# Lore for api/errors.py: validate\n")
    assert "## Validate at the edge\n" in out
    assert f"`{ident(12)}` · Gotcha · api/.lore.md · confidence 0.2" in out


def test_nothing_that_a_terminal_would_obey_is_printed(lore: Lorefs) -> None:
    lore("add", "Evil", "--content", "red \x1b[31m alert")
    assert "\x1b" not in lore("context", "--query", "alert").out
    assert "<U+001B>" in lore("context", "--query", "alert").out
    assert "\x1b[31m alert" not in lore.on_terminal("context", "--query", "alert").out


def test_explain_shows_what_spoke_for_each(lore: Lorefs) -> None:
    shown = lore.on_terminal("context", "api/errors.py", "--explain").out
    assert "Handlers return problem documents" in shown
    assert "left out: 3 not active, 1 superseded, 1 for which nothing speaks" in shown
    line = lore("context", "api/errors.py", "--explain").lines[0].split("\t")
    assert line[2:5] == ["0.00", "1.00", "1.00"]


def test_an_unknown_word_finds_nothing(lore: Lorefs) -> None:
    assert context(lore, "--query", "zebra")["entries"] == []
    assert lore("context", "--query", "zebra").out == ""
    assert lore("context", "--query", "***", "--format", "json").json["entries"] == []
