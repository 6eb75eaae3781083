"""What somebody can do who pushes to the sync branch with git alone."""

from __future__ import annotations

import pytest

from lorefs.core.judgement import ENTRY
from lorefs.core.policy import approval_hash
from tests.approval.conftest import ADA, LORE, REVIEW, TEAM
from tests.cli.terminal import Lorefs
from tests.clones import BRANCH, Clone, Team
from tests.lore import document, entries, entry, ident

EVE = "eve@example.invalid"
ANTS = ident(1)


def push(team: Team, **files: str) -> None:
    """A commit of Eve's on the branch."""
    there = team.folder / "eve"
    eve = team.clone("eve", sync=False, ignored=False).repo if not there.exists() else None
    eve = eve or type(team.remote)(there, team.remote.clock)
    eve("fetch", "--quiet", "origin")
    eve("checkout", "--quiet", "--detach", f"origin/{BRANCH}")
    eve.commit("by Eve", **files)
    eve("push", "--quiet", "origin", f"HEAD:{BRANCH}")


def doubts(clone: Clone) -> dict[str, str]:
    with clone.open() as workspace:
        standing = workspace.sync().standing
        assert standing is not None
        return {key: each.kind for key, each in standing.doubts.items()}


def unapproved(clone: Clone) -> set[str]:
    with clone.open() as workspace:
        return {row.entry.title for row in workspace.entries() if row.standing}


@pytest.mark.parametrize("name", [f".a/{TEAM}", f".a/{REVIEW}"])
def test_a_copy_of_an_approved_entry_takes_its_place_nowhere(
    team: Team, ada: Clone, name: str
) -> None:
    """Not in a clone that meets both for the first time, and were it an approver's."""
    push(team, **{name: document(entry(1, "Hijacked"))})
    again = team.clone("again")
    again.repo("config", "user.email", ADA)
    again.sync()
    tip = team.tip()
    for clone in (again, ada, again):
        found = doubts(clone)
        assert found == ({ANTS: ENTRY} if name.endswith(TEAM) else {})
        assert team.tip() == tip
        assert "**Ants**" in clone.text()
    with again.open() as workspace:
        row = workspace.get(ANTS)
        assert row.entry.title == "Ants" or row.standing
    assert ada.entries()[ANTS].title == "Ants"


def test_an_entry_without_a_marker_is_marked_by_the_id_that_it_was_judged_by(
    team: Team, ada: Clone
) -> None:
    push(team, **{TEAM: f"{LORE}\n* **Evil one**: x\n"})
    ada.sync()
    assert unapproved(ada) == {"Evil one"}
    push(team, **{TEAM: f"\ufeff{LORE}\n* **Evil two**: x\n"})
    for _ in range(2):
        assert list(doubts(ada).values()).count(ENTRY) == 1
        assert unapproved(ada) == {"Evil two"}
        ada.update(ANTS, title="An approver's own change")
    again = team.clone("again")
    again.sync()
    assert unapproved(again) == {"Evil two"}


@pytest.mark.parametrize("forged", [False, True])
def test_an_approver_approves_of_what_did_not_count(
    team: Team, ada: Clone, *, forged: bool
) -> None:
    text = entries(entry(1, "Eve's"))[ANTS]
    mark = f"approved_by: {ADA}, approved_hash: {approval_hash(text._replace(category='Gotcha'))}"
    push(team, **{TEAM: LORE.replace(entry(1, "Ants"), entry(1, "Eve's", meta=mark * forged))})
    assert set(doubts(ada)) == {ANTS}
    with ada.open() as workspace:
        workspace.approve([ANTS])
    assert doubts(ada) == {}
    assert unapproved(ada) == set()


def test_a_rebuilt_database_has_the_same_standings(team: Team, ada: Clone) -> None:
    push(team, **{TEAM: f"{LORE}\n* **Evil**: x\n", f".a/{TEAM}": document(entry(1, "Hijacked"))})
    before = doubts(ada)
    assert set(before.values()) == {ENTRY}
    Lorefs(ada.path)("rebuild")
    assert doubts(ada) == before
    assert ada.text().count("**Ants**") == 1
    assert "**Hijacked**" in ada.tree()[f".a/{TEAM}"]
