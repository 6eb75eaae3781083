"""An entry that others have becomes restricted, and nobody was there to be asked."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest

from tests.clones import DOCUMENT, Clone, Team, converge
from tests.convergence.replicas import blocks

Restrict = Callable[[Clone, str], None]


def in_the_file(clone: Clone, entry: str) -> None:
    marker = f"<!-- lore:{entry} -->\n"
    clone.edit(marker, f"{marker}<!-- {{sensitivity: restricted}} -->\n")


def by_sql(clone: Clone, entry: str) -> None:
    path = clone.path / ".git" / "lorefs" / "index.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE entries SET sensitivity = 'restricted' WHERE id = ?", (entry,))


def through_the_api(clone: Clone, entry: str) -> None:
    clone.update(entry, sensitivity="restricted")


WAYS = {"file": in_the_file, "sql": by_sql, "api": through_the_api}


@pytest.fixture(params=list(WAYS.values()), ids=list(WAYS))
def restrict(request: pytest.FixtureRequest) -> Restrict:
    found: Restrict = request.param
    return found


@pytest.fixture
def one(ada: Clone, bob: Clone) -> str:
    """An entry that both have, beside another one."""
    added = ada.add("One")
    ada.add("Two")
    converge(ada, bob)
    return added


def asked(clone: Clone) -> list[tuple[str, int]]:
    with clone.open() as workspace:
        questions = workspace.status().report.questions
    assert all("--accept-deletions" in each.hint for each in questions)
    assert all("keeps its text" in each.hint for each in questions)
    return [(each.document, each.entries) for each in questions]


def test_it_is_held_back_until_somebody_confirms(
    ada: Clone, bob: Clone, one: str, restrict: Restrict
) -> None:
    restrict(ada, one)
    assert asked(ada) == [(DOCUMENT, 1)]
    for _ in range(2):
        report = ada.sync()
        assert [each.entries for each in report.reconciled.questions] == [1]
        bob.sync()
    assert bob.titles() == ["One", "Two"]
    assert ada.entries()[one].sensitivity == "restricted"
    assert "restricted" not in "".join(bob.tree().values())

    with ada.open() as workspace:
        assert workspace.reconcile(accept_deletions=True).questions == ()
    assert asked(ada) == []
    ada.sync()
    bob.sync()
    assert bob.titles() == ["Two"]
    assert ada.titles() == ["One", "Two"]


def test_a_sync_confirms_it_too(ada: Clone, bob: Clone, one: str, restrict: Restrict) -> None:
    restrict(ada, one)
    assert ada.sync(accept_deletions=True).reconciled.questions == ()
    bob.sync()
    assert bob.titles() == ["Two"]


def test_taking_it_back_leaves_nothing_to_ask(ada: Clone, bob: Clone, one: str) -> None:
    in_the_file(ada, one)
    ada.sync()
    ada.update(one, sensitivity="normal", title="One more")
    assert asked(ada) == []
    converge(ada, bob)
    assert bob.titles() == ["One more", "Two"]


def test_what_is_restricted_is_not_sent_while_it_is_held_back(
    ada: Clone, bob: Clone, one: str
) -> None:
    in_the_file(ada, one)
    ada.sync()
    ada.update(one, content="A secret.")
    ada.add("Three")
    ada.sync()
    bob.sync()
    assert bob.titles() == ["One", "Three", "Two"]
    assert ada.repo("log", "-p", "lorefs-sync", "-S", "A secret.") == ""
    bob.update(one, title="One by Bob")
    bob.sync()
    ada.sync()
    found = ada.entries()[one]
    assert (found.title, found.content) == ("One by Bob", "A secret.")
    assert found.sensitivity == "restricted"
    assert asked(ada) == [(DOCUMENT, 1)]


def test_a_move_of_what_is_held_back_deletes_nothing(ada: Clone, bob: Clone, one: str) -> None:
    (ada.path / "docs").mkdir()
    in_the_file(ada, one)
    with ada.open() as workspace:
        workspace.move(one, "docs")
    ada.sync()
    ada.edit("**Two**", "**Zwei**")  # the document that others have it in changes once more
    ada.sync()
    bob.sync()
    assert bob.titles() == ["One", "Zwei"]
    assert asked(ada) == [(DOCUMENT, 1)]
    ada.sync(accept_deletions=True)
    bob.sync()
    assert bob.titles() == ["Zwei"]


def test_a_deletion_of_what_is_held_back_is_a_deletion(ada: Clone, bob: Clone, one: str) -> None:
    in_the_file(ada, one)
    ada.sync()
    ada.write(ada.text().replace(blocks(ada.text())[one], ""))
    ada.sync()
    bob.sync()
    assert bob.titles() == ["Two"]
    assert asked(ada) == []


def test_what_others_deleted_meanwhile_asks_nobody(ada: Clone, bob: Clone, one: str) -> None:
    in_the_file(ada, one)
    ada.sync()
    bob.remove(one)
    bob.sync()
    ada.sync()
    assert asked(ada) == []
    assert one in ada.entries()


def test_others_who_edit_it_after_it_was_withdrawn_have_it_again(
    ada: Clone, bob: Clone, one: str
) -> None:
    with ada.open() as workspace:
        workspace.update(one, {"sensitivity": "restricted"}, withdraw=True)
    bob.update(one, title="One by Bob")
    bob.sync()
    ada.sync()
    assert asked(ada) == [(DOCUMENT, 1)], "that was another decision"
    bob.sync()
    assert bob.titles() == ["One by Bob", "Two"]


def test_it_is_asked_again_with_a_database_made_anew(ada: Clone, bob: Clone, one: str) -> None:
    in_the_file(ada, one)
    ada.sync()
    (ada.path / ".git" / "lorefs" / "index.db").unlink()
    ada.sync()
    assert asked(ada) == [(DOCUMENT, 1)]
    bob.sync()
    assert bob.titles() == ["One", "Two"]


def test_a_new_clone_asks_nobody(ada: Clone, team: Team, one: str) -> None:
    in_the_file(ada, one)
    ada.sync()
    cyd = team.clone("cyd")
    cyd.sync()
    assert cyd.titles() == ["One", "Two"]
    assert asked(cyd) == []
