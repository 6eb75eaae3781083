"""Personal entries that are worth promoting."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cli.terminal import Lorefs
from tests.gitrepo import Repo
from tests.lore import document, entry, ident

OLD = 1_735_689_600_000  # the first of January 2025
DAY = 86_400_000

WORDS = "The gateway books an order twice when the client repeats a request after a timeout."
TEAM = document(entry(1, "Retries are not idempotent", WORDS))
MINE = document(
    entry(11, "Read often", "Sandboxes sleep on Sundays."),
    entry(12, "Never read", "Colours of the rainbow."),
    entry(13, "Retries are not idempotent", f"{WORDS} Beware."),
    entry(14, "Unsure", "Perhaps the moon is cheese.", "confidence: 0.1"),
    entry(15, "Secret", "Nobody may know.", "sensitivity: restricted"),
    entry(16, "Done with", "It was so once.", "status: archived"),
)


@pytest.fixture
def lore(repo: Repo) -> Lorefs:
    """A repository with personal entries, most of which were read on four days."""
    repo.commit("base", **{".lore.md": TEAM})
    repo.write(".lore.local.md", MINE)
    lorefs = Lorefs(repo.path)
    lorefs("reconcile")
    reads = (f"{OLD + day * DAY} {ident(n)}\n" for n in (11, 13, 14, 15, 16) for day in range(4))
    repo.write(".git/lorefs/reads.log", "".join(reads))
    return lorefs


def suggested(lorefs: Lorefs, *options: str) -> dict[str, Any]:
    return {each["id"]: each for each in lorefs("suggest", "--json", *options).json}


def test_what_stands_in_the_users_own_store_is_not_suggested(lore: Lorefs, tmp_path: Path) -> None:
    env = {"XDG_DATA_HOME": str(tmp_path / "data")}
    new = lore("add", "Answer briefly", "--everywhere", env=env).out.strip()
    assert new in {each["id"] for each in lore("list", "--json", env=env).json}
    assert new not in {each["id"] for each in lore("suggest", "--json", env=env).json}
    lore("promote", new, status=5, env=env)


def test_use_confidence_and_what_the_team_has_decide(lore: Lorefs) -> None:
    found = suggested(lore)
    assert list(found) == [ident(11), ident(14), ident(12), ident(13)]
    often, double = found[ident(11)], found[ident(13)]
    assert often["nominated"]
    assert often["read"]["days"] == 4
    assert double["twin"] == ident(1)
    assert double["signals"]["use"] == often["signals"]["use"]
    assert double["signals"]["new"] < 0.2
    assert not double["nominated"]
    assert found[ident(12)]["read"] is None
    assert list(suggested(lore, "--limit", "1")) == [ident(11)]


def test_it_is_a_table_for_people_and_columns_for_pipes(lore: Lorefs) -> None:
    shown = lore.on_terminal("suggest").out
    assert "like 00000001 Retries are not idempotent" in shown
    assert "read on 4 days" in shown
    assert "worth promoting; " in shown
    explained = lore.on_terminal("suggest", "--explain", width=140).out
    assert "settled" in explained
    rows = [line.split("\t") for line in lore("suggest").lines]
    assert [row[1] for row in rows] == [ident(n)[-8:] for n in (11, 14, 12, 13)]
    assert [row[4] for row in rows] == ["", "", "", ident(1)[-8:]]
    assert {len(line.split("\t")) for line in lore("suggest", "--explain").lines} == {9}


def test_what_was_dismissed_is_suggested_no_more_until_it_changes(lore: Lorefs, repo: Repo) -> None:
    before = repo.read(".lore.local.md")
    assert "dismissed  Read often" in lore("suggest", "--dismiss", ident(11)).out
    assert ident(11) not in suggested(lore)
    lore("undo")
    assert ident(11) in suggested(lore)
    lore("suggest", "--dismiss", ident(11), "--dismiss", ident(12))
    assert repo.read(".lore.local.md") == before
    lore("edit", ident(11), "--title", "Read very often")
    assert ident(11) in suggested(lore)
    assert ident(12) not in suggested(lore)
    assert lore("log", ident(12), "--json").json[0]["op"] == "dismiss"
    assert "dismiss" in lore.on_terminal("log").out
    lore("suggest", "--dismiss", ident(1), status=2)


def test_without_personal_entries_there_is_nothing(repo: Repo) -> None:
    lorefs = Lorefs(repo.path)
    assert lorefs("suggest", "--json").json == []
    assert "nothing to suggest" in lorefs.on_terminal("suggest").out


def test_nobody_is_nominated_unless_that_is_wanted(lore: Lorefs) -> None:
    lore("suggest")
    assert lore("status", "--json").json["nominations"] == []
    assert "suggested: " not in lore("status").out
