"""What people write into files and rows where a policy asks for approval."""

from __future__ import annotations

import sqlite3

from lorefs.core.policy import OPEN
from lorefs.core.proposal import PROPOSES, key_of
from lorefs.sync.policy import MENTIONED, policy_here
from tests.approval.conftest import ADA, BOB, LORE, POLICY, REVIEW, TEAM, be
from tests.clones import Clone
from tests.lore import ident

NEW = "\n### Pattern\n\n* **Dogs bark**: at night.\n"


def test_what_git_holds_is_nobodys_proposal(here: Clone) -> None:
    """A clone that sees its documents for the first time moves none of them."""
    assert here.titles() == ["Ants", "Bees"]
    assert here.repo("status", "--porcelain") == ""


def test_a_new_entry_waits_and_the_file_is_rewritten(here: Clone) -> None:
    here.titles()
    here.write(LORE + NEW)
    (new,) = [each for each in here.entries().values() if each.scope == "review"]
    assert (new.title, new.status, new.proposed_by) == ("Dogs bark", "pending", BOB)
    assert here.text() == LORE
    assert "* **Dogs bark**: at night." in here.text(REVIEW)
    texts = here.text(), here.text(REVIEW)
    here.reconcile(discover=True)
    assert texts == (here.text(), here.text(REVIEW))


def test_before_the_first_look_as_well(here: Clone) -> None:
    """The database is new, and what the file holds beyond HEAD somebody wrote."""
    here.write(LORE.replace("**Ants**: Some", "**Ants**: No") + NEW)
    here.reconcile()
    assert here.text() == LORE
    assert sorted(e.title for e in here.entries().values() if e.scope == "review") == [
        "Ants", "Dogs bark"
    ]  # fmt: skip


def test_what_an_approver_writes_counts(here: Clone) -> None:
    be(here.repo, ADA)
    here.titles()
    text = LORE.replace("**Ants**: Some", "**Ants**: No") + NEW
    here.write(text)
    assert here.titles() == ["Ants", "Bees", "Dogs bark"]
    assert here.text() == text
    assert not (here.path / REVIEW).exists()


def test_what_an_approver_moves_by_hand_is_approved_and_nobody_else_moves_it(here: Clone) -> None:
    new = here.add("Dogs bark")
    waits = here.text(REVIEW)
    block = waits.removeprefix("### Gotcha\n\n")
    here.write("### Gotcha\n", REVIEW)
    here.write(LORE + "\n" + block)
    assert here.entries()[new].scope == "review"
    assert (here.text(), here.text(REVIEW)) == (LORE, waits)
    be(here.repo, ADA)
    here.write("### Gotcha\n", REVIEW)
    here.write(LORE + "\n" + block)
    assert here.entries()[new].scope == "team"
    assert (here.text(), here.text(REVIEW)) == (LORE + "\n" + block, "### Gotcha\n")
    with here.open() as workspace:  # the word in its metadata is still there
        assert [each.row.entry.id for each in workspace.proposals()] == [new]
        (row,) = workspace.approve([new])
        assert (row.document, row.entry.status, row.entry.approved_by) == (TEAM, "active", ADA)


def test_a_change_becomes_a_proposal_and_a_second_one_updates_it(here: Clone) -> None:
    here.titles()
    here.write(LORE.replace("**Bees**: Something", "**Bees**: Little"))
    entries = here.entries()
    assert entries[ident(2)].content == "Something to know."
    (new,) = [each for each in entries.values() if each.scope == "review"]
    assert (new.content, key_of(new, PROPOSES)) == ("Little to know.", ident(2))
    assert here.text() == LORE
    # the editor did not notice, and saves its buffer once more
    here.write(LORE.replace("**Bees**: Something to", "**Bees**: Little or nothing to"))
    (again,) = [each for each in here.entries().values() if each.scope == "review"]
    assert (again.id, again.content) == (new.id, "Little or nothing to know.")
    assert here.text() == LORE
    with here.open() as workspace:
        assert workspace.conflicts.open() == []


def test_a_stale_buffer_brings_no_entry_back(here: Clone) -> None:
    here.titles()
    here.write(LORE + NEW)
    here.titles()
    here.write(LORE + NEW + "\nMore prose.\n")
    assert here.titles() == ["Ants", "Bees", "Dogs bark"]
    assert here.text() == LORE + "\n### Pattern\n\nMore prose.\n"
    with here.open() as workspace:
        assert workspace.conflicts.open() == []


def test_rows_are_no_way_around(here: Clone) -> None:
    here.titles()
    with sqlite3.connect(here.path / ".git" / "lorefs" / "index.db") as rows:
        rows.execute("UPDATE entries SET status = 'archived' WHERE id = ?", (ident(1),))
        rows.execute("DELETE FROM entries WHERE id = ?", (ident(2),))
        rows.execute("INSERT INTO entries (title, category) VALUES ('Dogs', 'Gotcha')")
    entries = here.entries()
    assert entries[ident(1)].status == "active"
    assert entries[ident(2)].scope == "team"
    assert sorted(e.title for e in entries.values() if e.scope == "review") == [
        "Ants", "Bees", "Dogs"
    ]  # fmt: skip
    assert here.text() == LORE


def test_what_git_brings_stays(here: Clone) -> None:
    """A pull, a switch and a merge that is under way bring what others did."""
    repo = here.repo
    here.titles()
    repo("switch", "--quiet", "-c", "other")
    be(repo, ADA)
    other = LORE + NEW
    repo.commit("more", **{TEAM: other, "code": "1\n"})
    repo("switch", "--quiet", "main")
    be(repo, BOB)
    here.titles()
    repo("switch", "--quiet", "other")
    assert here.titles() == ["Ants", "Bees", "Dogs bark"]
    repo("switch", "--quiet", "main")
    assert here.titles() == ["Ants", "Bees"]
    repo("merge", "--quiet", "--no-commit", "--no-ff", "other")
    assert here.titles() == ["Ants", "Bees", "Dogs bark"]
    repo("commit", "--quiet", "-m", "merged")
    assert here.titles() == ["Ants", "Bees", "Dogs bark"]
    assert here.text() == other
    assert not (here.path / REVIEW).exists()


def test_an_edit_on_top_of_a_pull_is_still_an_edit(here: Clone) -> None:
    repo = here.repo
    here.titles()
    repo("switch", "--quiet", "-c", "other")
    be(repo, ADA)
    other = LORE.replace("**Ants**: Some", "**Ants**: No") + NEW
    repo.commit("more", **{TEAM: other})
    be(repo, BOB)
    repo("switch", "--quiet", "main")
    here.titles()
    repo("switch", "--quiet", "other")
    here.write(other.replace("Bees", "Wasps"))
    assert here.titles() == ["Ants", "Bees", "Dogs bark", "Wasps"]
    assert here.text() == other


def test_the_first_policy_is_anybodys_and_the_next_is_not(here: Clone) -> None:
    repo = here.repo
    bare = LORE.removeprefix(POLICY)
    repo.commit("no policy", **{TEAM: bare})
    here.titles()
    with here.open() as workspace:
        assert workspace.store.state(MENTIONED) == "0"
        assert not policy_here(workspace.site).is_manual
    here.write(LORE)
    here.titles()
    assert here.text() == LORE
    repo.commit("a policy")
    here.write(bare)
    here.titles()
    assert here.text() == LORE
    with here.open() as workspace:
        assert policy_here(workspace.site).is_manual
        (record,) = workspace.conflicts.open()
        assert record.record.discard.reason == "unentitled"
        workspace.conflicts.keep(record)
    be(repo, ADA)
    here.write(bare)
    here.titles()
    assert here.text() == bare


def test_a_document_that_cannot_hold_it_takes_nothing_in(here: Clone) -> None:
    """A heading would make its own what others wrote below it without a marker."""
    here.titles()
    here.write("### Gotcha\n\n* **Eagles**: soar.\n", REVIEW)
    here.reconcile(discover=True)
    heading = f"\n<!-- lore:{ident(8)} -->\n#### Dogs\n\nbark.\n"
    here.write(LORE + heading)
    with here.open() as workspace:
        (refusal,) = workspace.status().report.refusals
        assert (refusal.path, here.text()) == (TEAM, LORE + heading)
    assert here.titles() == ["Ants", "Bees", "Eagles"]
    here.write(LORE + heading.replace("#### Dogs\n\n", "* **Dogs**: "))
    assert here.titles() == ["Ants", "Bees", "Dogs", "Eagles"]


def test_without_a_policy_git_is_not_asked(here: Clone) -> None:
    """Most teams have none, and every change would pay for it."""
    here.repo.commit("no policy", **{TEAM: LORE.removeprefix(POLICY)})
    here.titles()
    here.env["PATH"] = "/nowhere"
    with here.open() as workspace:
        assert policy_here(workspace.site) == OPEN
