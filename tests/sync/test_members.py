"""Who takes part in a realm, by its history alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from lorefs.sync.branch.members import Member, count_members, members
from tests.clones import Clone, Team, converge

REALM = "realms/widgets"


@pytest.fixture
def realm(team: Team) -> list[Clone]:
    """Two clones in one realm, and a third in another."""
    clones = [team.clone(name) for name in ("ada", "bob", "carol")]
    for clone in clones:
        clone.repo("config", "lorefs.sync.prefix", REALM)
    clones[2].repo("config", "lorefs.sync.prefix", "realms/other")
    return clones


def found(clone: Clone) -> dict[str, Member]:
    with clone.open() as workspace:
        return {each.email.partition("@")[0]: each for each in workspace.members()}


def test_commits_and_entries_are_counted_by_author(realm: list[Clone]) -> None:
    ada, bob, carol = realm
    first, second = ada.add("First"), ada.add("Second")
    carol.add("Elsewhere")
    converge(ada, bob)
    carol.sync()
    bob.update(first, title="First, again")
    ada.update(first, confidence=0.5)  # the same entry: a merge follows
    converge(ada, bob)
    bob.remove(second)
    bob.update(first, confidence=0.4)
    converge(ada, bob)
    people = found(ada)
    assert people.keys() == {"ada", "bob"}
    assert (people["ada"].commits, people["ada"].entries) == (3, 2)
    assert (people["bob"].commits, people["bob"].entries) == (3, 2)
    assert people["ada"].first < people["ada"].last < people["bob"].last
    assert list(people) == ["bob", "ada"]
    with ada.open() as workspace:
        branch = workspace.here.branch
        assert count_members(branch, branch.tip()) == 2
        assert count_members(branch, None) == 0
        assert members(branch, None) == []
        everybody = members(branch.under(""), branch.tip())
        assert {each.name for each in everybody} == {"ada", "bob", "carol"}


def test_one_person_with_two_spellings_of_an_address(realm: list[Clone]) -> None:
    ada, _, _ = realm
    ada.add("First")
    ada.repo("config", "user.email", "ADA@example.invalid")
    ada.repo("config", "user.name", "Ada the Second")
    ada.add("Second")
    with ada.open() as workspace:
        (person,) = workspace.members()
    assert (person.name, person.commits, person.entries) == ("Ada the Second", 2, 2)


def test_an_entry_above_a_new_heading_is_not_touched(realm: list[Clone], tmp_path: Path) -> None:
    del tmp_path
    ada, bob, _ = realm
    ada.add("First")
    converge(ada, bob)
    with bob.open() as workspace:
        workspace.add("Second", content="Under a heading of its own.", category="Zebra")
    assert found(bob)["bob"].entries == 1
