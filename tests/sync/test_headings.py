"""Headings that lorefs made go with the last entry that it takes away itself; others stay."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from lorefs.api import Workspace
from tests.approval.conftest import ADA, BOB, POLICY, be
from tests.clones import Clone, Team
from tests.gitrepo import Repo
from tests.lore import document, entry, ident

TEAM, REVIEW, PERSONAL = ".lore.md", ".lore.review.md", ".lore.local.md"
LORE = document(entry(1, "Alpha"))
MINE = "# My notes\n\n### Decision\n\n" + entry(2, "Beta") + "\n"


@pytest.fixture
def here(repo: Repo) -> Clone:
    """A repository with an entry of the team, and a personal one of another category."""
    repo.write(".git/info/exclude", f"{PERSONAL}\n")
    repo.commit("lore", **{TEAM: LORE})
    repo.write(PERSONAL, MINE)
    clone = Clone(repo)
    clone.reconcile(discover=True)
    return clone


def promote(clone: Clone, *idents: str) -> None:
    with clone.open() as workspace:
        workspace.promote(idents)


def demote(clone: Clone, *idents: str) -> None:
    with clone.open() as workspace:
        workspace.demote(idents)


def undo(clone: Clone, count: int = 1) -> None:
    with clone.open() as workspace:
        workspace.undo(count)


def add(clone: Clone, title: str, category: str, *, personal: bool = False) -> str:
    with clone.open() as workspace:
        return workspace.add(title, category=category, personal=personal).entry.id


def test_promoted_and_demoted_leaves_the_teams_document_as_it_was(here: Clone) -> None:
    promote(here, ident(2))
    assert "### Decision" in here.text()
    assert here.text(PERSONAL) == "# My notes\n\n### Decision\n"  # which a hand wrote
    demote(here, ident(2))
    assert here.text() == LORE
    assert here.text(PERSONAL) == MINE
    promote(here, ident(2))
    undo(here)
    assert (here.text(), here.text(PERSONAL)) == (LORE, MINE)
    assert here.repo("status", "--porcelain") == ""


def test_a_heading_that_a_hand_wrote_stays(here: Clone) -> None:
    by_hand = f"{LORE}\n### Decision\n"
    here.write(by_hand)
    here.reconcile()
    promote(here, ident(2))
    demote(here, ident(2))
    assert here.text() == by_hand


def test_a_heading_that_a_hand_wrote_again_stays(here: Clone) -> None:
    promote(here, ident(2))
    text = here.text()
    here.write(LORE)  # heading and entry are deleted in an editor
    here.reconcile()
    here.write(text)  # and come back in it
    here.reconcile()
    demote(here, ident(2))
    assert here.text() == f"{LORE}\n### Decision\n"


def test_an_entry_that_a_hand_deletes_leaves_its_heading(here: Clone) -> None:
    promote(here, ident(2))
    by_hand = f"{LORE}\n### Decision\n"
    here.write(by_hand)
    here.reconcile()
    assert here.text() == by_hand
    here.remove(add(here, "Gamma", "Gotcha"))
    assert here.text() == by_hand  # nor does the next removal take it


@pytest.mark.parametrize(
    "below", ["Text of ours.", "#### More", "<!-- a note -->", "### Pattern", "* no entry"]
)
def test_a_heading_with_anything_behind_it_stays(here: Clone, below: str) -> None:
    promote(here, ident(2))
    here.write(f"{here.text()}\n{below}\n")
    here.reconcile()
    demote(here, ident(2))
    assert here.text() == f"{LORE}\n### Decision\n\n{below}\n"


def test_the_last_of_several_takes_the_heading_along(here: Clone) -> None:
    first, second = (add(here, title, "Pattern") for title in ("Gamma", "Delta"))
    demote(here, first)
    assert "### Pattern" in here.text()
    demote(here, second)
    assert here.text() == LORE
    undo(here, 2)
    assert here.text().count("### Pattern") == 1
    undo(here, 2)
    assert here.text() == LORE


def test_a_heading_in_the_middle_goes_once_it_is_at_the_end(here: Clone) -> None:
    first, second = add(here, "Gamma", "Pattern"), add(here, "Delta", "Decision")
    demote(here, first)
    assert "### Pattern\n\n### Decision" in here.text()  # the order of headings is people's
    undo(here)
    demote(here, first)
    demote(here, second)
    assert here.text() == LORE


def test_every_removal_of_lorefs_counts(here: Clone) -> None:
    (here.path / "sub").mkdir()
    removals: list[Callable[[Workspace, str], object]] = [
        lambda workspace, _: workspace.undo(),
        lambda workspace, new: workspace.remove([new]),
        lambda workspace, new: workspace.move(new, "sub"),
        lambda workspace, new: workspace.update(new, {"category": "Gotcha"}),
    ]
    for number, remove in enumerate(removals):
        new = add(here, f"New {number}", "Pattern")
        assert "### Pattern" in here.text()
        with here.open() as workspace:
            remove(workspace, new)
        assert "### Pattern" not in here.text(), number


def test_a_personal_heading_goes_too(here: Clone) -> None:
    new = add(here, "Mine", "Preference", personal=True)
    assert "### Preference" in here.text(PERSONAL)
    promote(here, new)
    assert here.text(PERSONAL) == MINE


def test_a_document_that_held_nothing_else_is_empty_and_goes_on(here: Clone) -> None:
    (here.path / "sub").mkdir()
    here.write(document(entry(5, "Of sub")).partition("\n\n")[2], f"sub/{PERSONAL}")
    here.reconcile(discover=True)
    promote(here, ident(5))
    demote(here, ident(5))
    assert here.text(f"sub/{TEAM}") == ""
    with here.open() as workspace:
        assert not workspace.reconcile(discover=True).questions
    promote(here, ident(5))
    assert entry(5, "Of sub") in here.text(f"sub/{TEAM}")
    assert "sub/.lore.md" in here.repo("status", "--porcelain", "--untracked-files=all")


def test_what_a_database_made_anew_does_not_know_stays(here: Clone) -> None:
    promote(here, ident(2))
    Workspace.rebuild(here.path, env=dict(os.environ), clock=here.tick)
    demote(here, ident(2))
    assert here.text() == f"{LORE}\n### Decision\n"


# ---------------------------------------------------------------- the review document


@pytest.fixture
def approving(repo: Repo) -> Clone:
    """A worktree in which Bob has proposed an entry and a change, and Ada works now."""
    be(repo, ADA)
    repo.commit("lore", **{TEAM: POLICY + LORE})
    clone = Clone(repo)
    be(repo, BOB)
    add(clone, "Proposed", "Decision")
    clone.update(ident(1), content="Other words.")
    be(repo, ADA)
    return clone


def proposals(clone: Clone) -> list[str]:
    with clone.open() as workspace:
        return [each.row.entry.id for each in workspace.proposals()]


def test_settled_proposals_leave_nothing_in_the_review_document(approving: Clone) -> None:
    assert approving.text(REVIEW).count("### ") == 2
    new, change = proposals(approving)
    with approving.open() as workspace:
        workspace.approve([new])
    assert "### Decision" not in approving.text(REVIEW)
    assert "### Gotcha" in approving.text(REVIEW)
    with approving.open() as workspace:
        workspace.approve([change])
    assert approving.text(REVIEW) == ""
    assert proposals(approving) == []
    undo(approving, 2)
    assert sorted(proposals(approving)) == sorted([new, change])
    with approving.open() as workspace:
        workspace.approve([new, change])
    assert approving.text(REVIEW) == ""


def test_a_rejected_one_keeps_its_heading(approving: Clone) -> None:
    new, _ = proposals(approving)
    with approving.open() as workspace:
        workspace.reject([new], "Not so.")
    assert "### Decision" in approving.text(REVIEW)


def test_what_people_wrote_into_the_review_document_stays(approving: Clone) -> None:
    new, change = proposals(approving)
    text = approving.text(REVIEW)
    wrote = "### Ours\n\nHow we review.\n\n### Empty\n\n" + text.replace(
        "### Gotcha\n", "### Gotcha\n\nSome prose.\n"
    )
    approving.write(wrote, REVIEW)
    approving.reconcile()
    with approving.open() as workspace:
        workspace.approve([new, change])
    left = approving.text(REVIEW)
    assert left == "### Ours\n\nHow we review.\n\n### Empty\n\n### Gotcha\n\nSome prose.\n"


# ---------------------------------------------------------------- several machines


def test_one_takes_a_heading_away_under_which_another_adds(team: Team) -> None:
    ada, bob = team.clone("ada"), team.clone("bob")
    ada.add("Alpha")
    new = add(ada, "Gamma", "Pattern")
    for clone in (ada, bob, ada):
        clone.sync()
    demote(ada, new)
    assert "### Pattern" not in ada.text()
    add(bob, "Delta", "Pattern")
    for clone in (bob, ada, bob):
        clone.sync()
    assert ada.text() == bob.text()
    assert ada.text().count("### Pattern") == 1
    assert {each.title for each in bob.entries().values()} == {"Alpha", "Delta"}


def test_a_document_that_became_empty_travels(team: Team) -> None:
    ada, bob = team.clone("ada"), team.clone("bob")
    new = add(ada, "Gamma", "Pattern")
    for clone in (ada, bob):
        clone.sync()
    demote(ada, new)
    for clone in (ada, bob, ada, bob):
        clone.sync()
    assert ada.text() == ""
    assert not bob.entries()
    with bob.open() as workspace:
        report = workspace.reconcile(discover=True)
        assert (report.questions, report.waiting, report.refusals) == ((), (), ())
    add(bob, "Delta", "Pattern")
    for clone in (bob, ada):
        clone.sync()
    assert ada.text() == bob.text()
    assert "Delta" in ada.text()
