"""Several people, one sync branch: what waits, waits everywhere."""

from __future__ import annotations

import pytest

from tests.approval.conftest import ADA, LORE, POLICY, REVIEW, TEAM
from tests.clones import Clone, Team, converge
from tests.lore import document, entry, ident

HAND = "* **Dogs bark**: at night.\n"


@pytest.fixture
def bob(team: Team, ada: Clone) -> Clone:
    del ada
    clone = team.clone("bob")
    clone.sync()
    return clone


def waiting(clone: Clone) -> list[str]:
    with clone.open() as workspace:
        return [each.row.entry.title for each in workspace.proposals()]


def test_what_is_written_by_hand_waits_on_both_machines(ada: Clone, bob: Clone) -> None:
    bob.write(bob.text() + HAND)
    converge(bob, ada)
    for clone in (bob, ada):
        assert waiting(clone) == ["Dogs bark"]
        assert "Dogs" not in clone.text()
        assert "* **Dogs bark**: at night." in clone.text(REVIEW)
    bob.edit("**Ants**: Something", "**Ants**: Nothing")
    converge(bob, ada)
    assert waiting(ada) == ["Dogs bark", "Ants"]
    assert ada.text() == bob.text() == LORE
    with ada.open() as workspace:
        assert workspace.may_approve()
        workspace.approve([each.row.entry.id for each in workspace.proposals()])
    converge(ada, bob)
    assert bob.text() == ada.text()
    assert "**Ants**: Nothing to know." in bob.text()
    assert "**Dogs bark**: at night." in bob.text()
    assert waiting(bob) == []
    assert bob.entries()[ident(1)].approved_by == ADA
    assert "<!-- lore:" not in bob.text(REVIEW)


def test_before_the_first_sync_as_well(team: Team, ada: Clone) -> None:
    """A clone has the branch of its remote, and with it the policy."""
    bob = team.clone("bob")
    new = bob.add("Dogs bark")
    assert bob.entries()[new].scope == "review"
    converge(bob, ada)
    assert (waiting(ada), ada.text()) == (["Dogs bark"], LORE)


def test_two_proposals_at_one_place_both_stay(team: Team, ada: Clone, bob: Clone) -> None:
    eve = team.clone("eve")
    eve.sync()
    bob.write(bob.text() + HAND)
    eve.write(eve.text() + HAND.replace("Dogs bark", "Ducks quack"))
    converge(bob, eve, ada)
    assert sorted(waiting(ada)) == ["Dogs bark", "Ducks quack"]
    assert "=======" not in ada.text(REVIEW)
    bob.edit("**Bees**", "**Wasps**")
    eve.edit("**Bees**", "**Hornets**")
    converge(bob, eve, ada)
    assert len(waiting(ada)) == 4
    assert ada.text() == LORE


def test_where_the_database_is_gone_nothing_moves(ada: Clone, bob: Clone) -> None:
    import shutil

    shutil.rmtree(bob.path / ".git" / "lorefs")
    bob.reconcile(discover=True)
    assert bob.text() == LORE
    assert waiting(bob) == []
    converge(bob, ada)
    assert ada.text() == LORE


def test_the_policy_is_that_of_the_branch(ada: Clone, bob: Clone) -> None:
    bob.edit(ADA, "bob@example.invalid")
    bob.write(bob.text() + HAND)
    converge(bob, ada)
    assert bob.text() == ada.text() == LORE
    assert waiting(ada) == ["Dogs bark"]
    ada.edit(ADA, f"{ADA}, bob@example.invalid")
    converge(ada, bob)
    with bob.open() as workspace:
        workspace.approve([each.row.entry.id for each in workspace.proposals()])
    converge(bob, ada)
    assert "Dogs bark" in ada.text()


def test_a_file_that_git_tracks_is_rewritten_as_well(team: Team) -> None:
    """What arrives is left to `publish`; what waits leaves the file at once."""
    ada = team.clone("ada", ignored=False)
    ada.repo.commit("Our lore", **{TEAM: LORE})
    ada.repo("push", "--quiet", "origin", "main")
    ada.reconcile(discover=True)
    ada.sync()
    bob = team.clone("bob", ignored=False)
    bob.sync()
    assert bob.repo("status", "--porcelain") == ""
    ada.edit("**Bees**", "**Wasps**")
    ada.sync()
    bob.sync()
    assert bob.entries()[ident(2)].title == "Wasps"
    bob.write(LORE.replace("**Ants**", "**Emmets**") + HAND)
    bob.sync()
    assert sorted(waiting(bob)) == ["Dogs bark", "Emmets"]
    assert bob.text() == LORE
    assert bob.entries()[ident(2)].title == "Wasps"
    bob.write(LORE + "\nProse.\n")
    bob.sync()
    ada.sync()
    assert bob.text() == LORE + "\nProse.\n"
    assert sorted(waiting(ada)) == ["Dogs bark", "Emmets"]
    assert "Dogs" not in ada.text()
    with bob.open() as workspace:  # through lorefs as well
        workspace.update(ident(1), {"content": "Little."})
    assert bob.text() == LORE + "\nProse.\n"
    assert "Little." in bob.text(REVIEW)


def test_a_pull_of_what_others_committed_is_nobodys_proposal(team: Team) -> None:
    ada, bob = team.clone("ada", ignored=False), team.clone("bob", ignored=False)
    ada.repo.commit("Our lore", **{TEAM: LORE})
    ada.repo("push", "--quiet", "origin", "main")
    bob.repo("pull", "--quiet")
    bob.reconcile(discover=True)
    bob.sync()
    more = LORE.replace("**Ants**", "**Emmets**") + HAND + "\n" + entry(7, "Eels")
    ada.repo.commit("more", **{TEAM: more, "docs/.lore.md": document(entry(8, "Docs"))})
    ada.repo("push", "--quiet", "origin", "main")
    bob.repo("pull", "--quiet")
    bob.reconcile(discover=True)
    bob.sync()
    assert waiting(bob) == []
    assert bob.text() == more
    assert POLICY in bob.text()
    assert "Docs" in bob.titles()


def test_own_commits_are_held_back_as_well(team: Team) -> None:
    """Also where a pull followed before anybody looked."""
    ada, bob = team.clone("ada", ignored=False), team.clone("bob", ignored=False)
    ada.repo.commit("Our lore", **{TEAM: LORE})
    ada.repo("push", "--quiet", "origin", "main")
    bob.repo("pull", "--quiet")
    for clone in (ada, bob):
        clone.reconcile(discover=True)
        clone.sync()
    ada.repo.commit("code", code="1\n")
    ada.repo("push", "--quiet", "origin", "main")
    bob.write(LORE + HAND)
    bob.repo("commit", "--quiet", "--all", "--message", "Dogs")
    bob.repo("pull", "--quiet", "--no-rebase", "--no-edit")
    bob.sync()
    assert waiting(bob) == ["Dogs bark"]
    assert "Dogs" not in bob.tree()[TEAM]
    ada.sync()
    assert waiting(ada) == ["Dogs bark"]
    assert bob.text() == LORE
