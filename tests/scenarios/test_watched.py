"""What has to hold while `lorefs watch` looks on, and nobody calls lorefs."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.clones import DOCUMENT, Clone, Team, converge
from tests.lore import document, entry, ident
from tests.scenarios.test_git import MOVES, history
from tests.scenarios.test_live import watching

PATIENCE = 30.0
SETTLED = 1.0  # seconds in which a batch is taken in, twice what it waits for
BASE = document(*(entry(n, name, f"The {name} text.") for n, name in enumerate(("Alpha", "Beta"))))


def eventually(look: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + PATIENCE
    while not look():
        assert time.monotonic() < until, f"never: {what}"
        time.sleep(0.05)


def rows(clone: Clone) -> dict[str, str]:
    """Contents by title, as another program reads them; nothing is taken in by that."""
    path = clone.path / ".git/lorefs/index.db"
    with contextlib.closing(sqlite3.connect(path, timeout=10)) as other:
        return dict(other.execute("SELECT title, content FROM entries ORDER BY title"))


@contextlib.contextmanager
def cut_off(remote: Path) -> Iterator[None]:
    away = remote.with_name("away")
    remote.rename(away)
    yield
    away.rename(remote)


def test_scenario_04_an_edit_against_a_deletion_under_watch(
    ada: Clone, bob: Clone, team: Team
) -> None:
    ada.write(BASE)
    ada.reconcile(discover=True)
    converge(ada, bob)
    with watching(ada), watching(bob):
        with cut_off(team.remote.path):
            ada.write(BASE.replace(entry(1, "Beta", "The Beta text.") + "\n", ""))
            bob.edit("The Beta text.", "A better text.")
            eventually(lambda: "Beta" not in rows(ada), "the deletion in Ada's rows")
            eventually(lambda: rows(bob)["Beta"] == "A better text.", "the edit in Bob's rows")
        for clone in (ada, bob):
            eventually(lambda c=clone: rows(c).get("Beta") == "A better text.", "the edit")  # type: ignore[misc]
            eventually(lambda c=clone: "A better text." in c.text(), "the edit in the file")  # type: ignore[misc]
    converge(ada, bob)
    for clone in (ada, bob):
        found = {(each.discard.entry, each.discard.field) for each in clone.ledger()}
        assert (ident(1), "existence") in found


@pytest.mark.parametrize("name", ["an old commit and back", "stash and pop", "merge and back"])
def test_scenario_15_git_moves_files_under_watch(anna: Clone, ben: Clone, name: str) -> None:
    history(anna)
    anna.sync()
    with watching(anna):
        anna.edit("The alpha text.", "My alpha.")
        eventually(lambda: rows(anna)["Alpha"] == "My alpha.", "the edit in the rows")
        if name == "an old commit and back":
            anna.repo("commit", "-qam", "alpha")
        wanted = rows(anna)
        for command in MOVES[name]:
            anna.repo(*command.split())  # fails the test if a file is in git's way
            before = anna.repo("status", "--porcelain")
            until = time.monotonic() + SETTLED
            while time.monotonic() < until:
                assert rows(anna) == wanted, command
                time.sleep(0.1)
            assert anna.repo("status", "--porcelain") == before, command
            assert "Their" not in "".join(anna.tree().values())
    converge(anna, ben)
    for clone in (anna, ben):
        assert rows(clone) == wanted
    assert DOCUMENT in anna.repo("ls-files")
