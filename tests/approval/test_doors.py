"""Every command that writes team lore heeds the policy, and says what became of it."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from tests.approval.conftest import ADA, BOB, LORE, REVIEW, TEAM, be
from tests.cli.terminal import Lorefs
from tests.clones import Clone
from tests.lore import document, entry, ident

MINE = ".lore.local.md"
ANTS, BEES, DOGS = ident(1), ident(2), ident(3)


@pytest.fixture
def lorefs(here: Clone) -> Lorefs:
    """The command line of Bob, who has a personal entry."""
    here.write(document(entry(3, "Dogs bark", "At night.")), MINE)
    here.reconcile(discover=True)
    return Lorefs(here.path)


def test_what_is_promoted_waits_unless_an_approver_says_otherwise(
    lorefs: Lorefs, here: Clone
) -> None:
    assert "may not approve" in lorefs("promote", DOGS, "--approve", status=5).err
    assert "Dogs bark" in here.text(MINE)
    done = lorefs("promote", DOGS)
    assert done.err.startswith(f"waits: {DOGS[-8:]}  Dogs bark\nhint: ")
    assert REVIEW in done.out
    lorefs("undo")
    assert "Dogs bark" in here.text(MINE)
    be(here.repo, ADA)
    assert lorefs("promote", DOGS, "--approve").err == ""
    row = here.entries()[DOGS]
    assert (row.scope, row.status, row.approved_by) == ("team", "active", ADA)
    assert "Dogs" not in here.text(MINE) + here.text(REVIEW)


def test_what_is_approved_is_demoted_by_approvers(lorefs: Lorefs, here: Clone) -> None:
    before = here.text(MINE)
    assert "may not take approved entries away" in lorefs("demote", ANTS, status=5).err
    assert (here.text(), here.text(MINE)) == (LORE, before)
    waits = here.add("Eels")  # one's own proposal is free
    lorefs("demote", waits)
    assert here.entries()[waits].scope == "personal"
    be(here.repo, ADA)
    lorefs("demote", ANTS)
    assert here.entries()[ANTS].scope == "personal"


def test_what_a_restoration_or_an_undo_was_not_let_do_is_told(lorefs: Lorefs, here: Clone) -> None:
    be(here.repo, ADA)
    here.update(BEES, title="Wasps")
    be(here.repo, BOB)
    assert "proposed: " in lorefs("restore", BEES).err
    assert here.entries()[BEES].title == "Wasps"
    lorefs("undo")
    assert "proposed: " in lorefs("undo").err
    assert here.entries()[BEES].title == "Wasps"
    assert "proposed: " in lorefs("stale", "--archive", ANTS).err
    assert here.entries()[ANTS].status == "active"


def test_what_is_offered_in_bulk_waits_once(lorefs: Lorefs, here: Clone) -> None:
    del lorefs
    with here.open() as workspace:
        workspace.take_offers([(offer, "promote") for offer in workspace.offers()])
        assert [(each.kind, each.entry) for each in workspace.held] == [("new", DOGS)]
    assert here.text() == LORE
    assert "Dogs" not in here.text(MINE)
    assert here.text(REVIEW).count("Dogs bark") == 1


def test_what_no_review_document_can_hold_is_taken_back_from_rows(here: Clone) -> None:
    """A heading would make its own what others wrote below it without a marker."""
    heading = f"\n<!-- lore:{DOGS} -->\n#### Dogs\n\nbark.\n"
    be(here.repo, ADA)
    here.write(LORE + heading)
    here.titles()
    here.repo.commit("Dogs")
    be(here.repo, BOB)
    here.write("### Gotcha\n\n* **Eagles**: soar.\n", REVIEW)
    here.reconcile(discover=True)
    with here.open() as workspace:
        path = workspace.paths.lorefs_dir / "index.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as rows:
        rows.execute("UPDATE entries SET content = 'meow.' WHERE id = ?", (DOGS,))
    with here.open() as workspace:
        (refusal,) = workspace.reconcile().refusals
        assert "no document can hold" in str(refusal)
        assert not workspace.reconcile().refusals
        assert workspace.get(DOGS).entry.content == "bark."
    assert here.text() == LORE + heading
    record = next(each for each in here.ledger() if each.discard.reason == "refused")
    assert (record.discard.entry, record.discard.field) == (DOGS, "content")
    assert record.discard.theirs == "meow."


def test_an_approvers_hand_needs_no_field_that_says_so(lorefs: Lorefs, here: Clone) -> None:
    """Who may is told from who commits."""
    new = here.add("Eels bite", "Now and then.")
    here.repo.commit("waits")
    be(here.repo, ADA)
    waiting = here.text(REVIEW)
    block = waiting[waiting.index("<!-- lore:") :].replace("status: pending, ", "")
    here.write("", REVIEW)
    here.write(f"{LORE}\n{block}")
    assert here.entries()[new].scope == "team"
    assert "approved_by" not in here.text(TEAM)
    here.repo("add", "--all", "--", TEAM, REVIEW)
    lorefs("check", "--staged", "--select", "LORE203")
    be(here.repo, BOB)
    assert "LORE203" in lorefs("check", "--staged", "--select", "LORE203", status=1).out
