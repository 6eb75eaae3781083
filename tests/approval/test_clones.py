"""Several people, one sync branch: what waits, waits everywhere."""

from __future__ import annotations

import pytest

from lorefs.sync.branch.report import CycleReport
from tests.approval.conftest import ADA, BOB, LORE, POLICY, REVIEW, TEAM
from tests.cli.terminal import Lorefs
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


def alone(team: Team, name: str, *, ignored: bool = True) -> Clone:
    """A clone that has not met the others, and takes no notice of what it has of their branch."""
    return team.clone(name, ignored=ignored, sync=False)


def meet(clone: Clone) -> CycleReport:
    clone.repo("config", "lorefs.sync.enabled", "true")
    return clone.sync()


def test_what_was_written_before_the_team_was_met_waits(team: Team, ada: Clone) -> None:
    bob = alone(team, "bob")
    (bob.path / "docs").mkdir()
    bob.write(document(entry(1, "Ants", "Bob's."), entry(7, "Dogs"), "* **Eels**: by hand."))
    bob.write(document(entry(8, "Docs")), "docs/.lore.md")
    bob.reconcile(discover=True)
    assert bob.entries()[ident(7)].scope == "team"
    moved = meet(bob).arrived.moved
    assert {(each.kind, each.title) for each in moved} == {
        ("new", "Dogs"), ("new", "Eels"), ("new", "Docs"), ("change", "Ants")
    }  # fmt: skip
    assert bob.text() == LORE
    assert f"<!-- lore:{ident(7)} -->" in bob.text(REVIEW)
    assert "Bob's." in bob.text(REVIEW)
    assert "**Docs**" in bob.text("docs/.lore.review.md")
    assert "Docs" not in bob.text("docs/.lore.md")
    converge(bob, ada)
    assert bob.text() == ada.text() == LORE
    assert sorted(waiting(ada)) == sorted(waiting(bob)) == ["Ants", "Docs", "Dogs", "Eels"]
    assert {each.proposed_by for each in ada.entries().values()} == {"", BOB}
    assert not bob.sync().doubts
    with ada.open() as workspace:
        workspace.approve([each.row.entry.id for each in workspace.proposals()])
    converge(ada, bob)
    assert bob.entries()[ident(7)].scope == bob.entries()[ident(8)].scope == "team"
    assert bob.entries()[ident(1)].content == "Bob's."


def test_an_approver_brings_what_they_have(team: Team, ada: Clone) -> None:
    laptop = alone(team, "laptop")
    laptop.repo("config", "user.email", ADA)
    laptop.write(document(entry(7, "Dogs")))
    laptop.reconcile(discover=True)
    assert meet(laptop).arrived.moved == ()
    converge(laptop, ada)
    assert ada.entries()[ident(7)].scope == "team"


def test_the_policy_of_a_clone_does_not_hold_against_the_team(team: Team, ada: Clone) -> None:
    bob = alone(team, "bob")
    bob.write(POLICY.replace(ADA, BOB) + document(entry(7, "Dogs")))
    bob.reconcile(discover=True)
    meet(bob)
    converge(bob, ada)
    assert bob.text() == ada.text() == LORE
    assert waiting(ada) == ["Dogs"]


def test_a_file_that_git_tracks_is_left_alone_by_the_first_meeting(team: Team, ada: Clone) -> None:
    bob = alone(team, "bob", ignored=False)
    bob.repo.commit("Lore of ours", **{TEAM: document(entry(7, "Dogs"))})
    text = document(entry(7, "Dogs"), entry(9, "Foxes"))
    bob.write(text)
    bob.reconcile(discover=True)
    assert [each.title for each in meet(bob).arrived.moved] == ["Foxes"]
    assert bob.text() == text  # also what waits now; git's file is for people to write
    assert waiting(bob) == ["Foxes"]
    converge(bob, ada)
    assert waiting(ada) == ["Foxes"]
    assert "Dogs" in ada.text()  # which a commit brought; it is marked
    assert "Foxes" not in ada.text()
    bob.write(f"{text}\nProse.\n")
    converge(bob, ada)
    assert "Foxes" not in ada.text()
    assert waiting(bob) == ["Foxes"]
    with ada.open() as workspace:
        workspace.approve([each.row.entry.id for each in workspace.proposals()])
    converge(ada, bob)
    assert bob.entries()[ident(9)].scope == "team"
    assert bob.text() == f"{text}\nProse.\n"


def test_people_are_told_what_the_first_meeting_moved(team: Team, ada: Clone) -> None:
    del ada
    bob = alone(team, "bob")
    bob.write(document(entry(7, "Dogs"), entry(1, "Ants", "Bob's.")))
    done = Lorefs(bob.path)("sync", "setup", "--yes")
    words = f"warning: 2 entries wait for approval in {REVIEW}: "
    assert words in done.err
    assert "Dogs" in done.err.partition(words)[2]
    assert "does not count" not in done.out
    again = Lorefs(bob.path)("sync")
    assert "warning" not in again.err
