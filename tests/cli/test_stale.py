"""Entries that may not hold any more."""

from __future__ import annotations

import pytest

from tests.cli.terminal import Lorefs
from tests.gitrepo import Repo
from tests.lore import document, entry, ident

CODE = "".join(f"line_{number} = {number}\n" for number in range(40))
LORE = document(
    entry(1, "The parser caches", "See `src/parser.py` and `parse_all()`."),
    entry(2, "The writer flushes", "See `src/writer.py`."),
    entry(3, "Names of others", "As in `left_pad()` of another project."),
    entry(4, "Old rule", "Retry at once."),
    entry(5, "New rule", "Retry later.", f"relations: [{{type: supersedes, id: {ident(4)}}}]"),
    entry(6, "Doubt", "Not so.", f"relations: [{{type: challenges, id: {ident(3)}}}]"),
)


@pytest.fixture
def lore(repo: Repo) -> Lorefs:
    repo.commit("base", **{
        ".lore.md": LORE,
        "src/parser.py": f"def parse_all(): ...\n{CODE}",
        "src/writer.py": CODE,
        "src/small.py": "x = 1\n",
    })  # fmt: skip
    return Lorefs(repo.path)


def found(lorefs: Lorefs) -> set[tuple[str, str, str]]:
    return {
        (each["title"], each["reason"], each["what"]) for each in lorefs("stale", "--json").json
    }


OTHERS = {("Old rule", "superseded", ident(5)), ("Names of others", "challenged", ident(6))}


def test_relations_make_entries_stale(lore: Lorefs) -> None:
    assert found(lore) == OTHERS


def test_code_that_went_or_changed_makes_entries_stale(lore: Lorefs, repo: Repo) -> None:
    repo("rm", "--quiet", "src/parser.py")
    repo.commit("rewrite", **{"src/writer.py": CODE.replace("line", "row"), "src/small.py": "y\n"})
    assert found(lore) == OTHERS | {
        ("The parser caches", "gone", "src/parser.py"),
        ("The parser caches", "gone", "parse_all"),
        ("The writer flushes", "changed", "src/writer.py"),
    }
    shown = lore.on_terminal("stale").out
    assert "names src/parser.py, which is gone since" in shown
    assert "4 entries to look at" in shown


def test_a_few_lines_more_are_no_reason(lore: Lorefs, repo: Repo) -> None:
    repo.commit("more", **{"src/writer.py": CODE.replace("line_1", "row_1") + CODE})
    assert found(lore) == OTHERS


def test_what_was_confirmed_counts_from_then_on(lore: Lorefs, repo: Repo) -> None:
    repo("rm", "--quiet", "src/parser.py")
    repo.commit("gone")
    lore("stale", "--confirm", ident(1), "--confirm", ident(3), "--archive", ident(4))
    assert found(lore) == set()
    assert lore("show", ident(4), "--json").json["status"] == "archived"
    assert repo.read(".lore.md") == LORE.replace("* **Old", "<!-- {status: archived} -->\n* **Old")
    assert lore("log", ident(1), "--json").json[0]["op"] == "confirm"
    lore("undo")  # the archiving
    lore("undo")
    assert ("The parser caches", "gone", "src/parser.py") in found(lore)


def test_a_wrong_id_changes_nothing(lore: Lorefs, repo: Repo) -> None:
    lore("stale", "--archive", ident(4), "--confirm", "zzzz", status=2)
    assert repo.read(".lore.md") == LORE


def test_a_repository_without_commits_has_no_stale_code(repo: Repo) -> None:
    repo.write(".lore.md", LORE)
    lorefs = Lorefs(repo.path)
    lorefs("reconcile")
    assert found(lorefs) == OTHERS


# ---------------------------------------------------------------- use

OLD = 1_735_689_600_000  # the first of January 2025


def note(repo: Repo, *reads: tuple[int, int]) -> None:
    """Entries were read at some times, by their numbers."""
    lines = "".join(f"{at} {ident(number)}\n" for number, at in reads)
    repo.write(".git/lorefs/reads.log", lines)


def unused(lorefs: Lorefs) -> set[tuple[str, str]]:
    return {(title, what) for title, reason, what in found(lorefs) if reason == "unused"}


def test_what_nobody_reads_is_stale(lore: Lorefs, repo: Repo) -> None:
    lore("list")
    note(repo, (1, OLD), (2, OLD))
    lore("show", ident(2))
    lore("context", "--query", "project")
    lore("stale", "--confirm", ident(5))
    assert unused(lore) == {("The parser caches", "2025-01-01"), ("Old rule", ""), ("Doubt", "")}
    shown = lore.on_terminal("stale").out
    assert "not read since 2025-01-01" in shown
    assert "not read once" in shown
    lore("config", "set", "stale.unusedAfter", "0")
    assert unused(lore) == set()
    lore("config", "set", "stale.unusedAfter", "99999")
    assert unused(lore) == set()


def test_nothing_is_unused_before_reads_were_counted_for_long(lore: Lorefs) -> None:
    lore("show", ident(2))
    assert unused(lore) == set()


def test_reads_are_noted_where_texts_are_shown(lore: Lorefs, repo: Repo) -> None:
    log = repo.path / ".git/lorefs/reads.log"
    for arguments in (["list"], ["search", "retry"], ["context", "--explain"], ["status"]):
        lore(*arguments)
        assert not log.exists(), arguments
    lore("show", ident(2), "--json")
    assert log.read_text().split()[1:] == [ident(2)]
    before = repo("status", "--porcelain"), repo.read(".lore.md")
    lore("context", "--query", "project", "--budget", "100")
    assert len(log.read_text().splitlines()) == 2
    assert (repo("status", "--porcelain"), repo.read(".lore.md")) == before
