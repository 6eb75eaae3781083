"""Entries as a commit of the sync branch had them."""

from __future__ import annotations

import pytest

from lorefs.errors import UsageError
from tests.clones import BRANCH, Clone, converge


def restore(clone: Clone, revision: str) -> None:
    with clone.open() as workspace:
        workspace.past.bring_back(workspace.past.commit(revision))


def test_all_entries_as_the_team_had_them(ada: Clone, bob: Clone) -> None:
    one, two = ada.add("One"), ada.add("Two")
    converge(ada, bob)
    before, rows = ada.tip, ada.entries()
    bob.update(one, title="Eins")
    bob.remove(two)
    converge(ada, bob)
    restore(ada, before)
    assert ada.entries() == rows
    converge(ada, bob)
    assert bob.entries() == rows


def test_what_never_leaves_and_what_is_hidden_stays_as_it_is(ada: Clone, bob: Clone) -> None:
    red, plain = ada.add("Red"), ada.add("Plain")
    ada.update(red, tags_add=("red",))
    converge(ada, bob)
    before = ada.tip
    bob.repo.write(".lorefs.toml", '[filter]\ntags = ["red"]\n')
    secret = bob.add("A secret")
    bob.update(secret, sensitivity="restricted")
    bob.update(red, title="Redder")
    restore(bob, before)
    assert bob.titles() == ["A secret", "Red"]
    bob.sync()
    ada.sync()
    assert set(ada.entries()) == {red, plain}


def test_under_a_prefix(ada: Clone) -> None:
    ada.repo("config", "lorefs.sync.prefix", "realms/x")
    one = ada.add("One")
    before = ada.tip
    ada.update(one, title="Eins")
    restore(ada, before)
    assert ada.titles() == ["One"]


def test_other_commits_are_refused(ada: Clone, bob: Clone) -> None:
    ada.add("One")
    ada.sync()
    bob.repo("fetch", "-q", "origin", BRANCH)
    with pytest.raises(UsageError, match="or the sync branch"):
        restore(bob, "FETCH_HEAD")
    with pytest.raises(UsageError, match="names no commit") as raised:
        restore(bob, "yesterday")
    assert "3 days ago" in (raised.value.hint or "")
