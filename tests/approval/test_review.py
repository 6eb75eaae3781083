"""What waits is shown, approved and rejected."""

from __future__ import annotations

import json

import pytest

from lorefs.core.policy import approval_hash
from lorefs.errors import ConflictError, RefusedError, UsageError
from tests.approval.conftest import ADA, BOB, LORE, REVIEW, TEAM, be
from tests.clones import Clone
from tests.lore import ident


def waiting(here: Clone) -> list[str]:
    """The ids of what waits."""
    with here.open() as workspace:
        return [each.row.entry.id for each in workspace.proposals()]


def test_what_is_added_waits_till_somebody_approves(here: Clone) -> None:
    new = here.add("Dogs bark", "At night.")
    assert waiting(here) == [new]
    assert here.text() == LORE
    with here.open() as workspace, pytest.raises(RefusedError, match=ADA):
        workspace.approve([new])
    be(here.repo, ADA)
    with here.open() as workspace:
        (row,) = workspace.approve([new])
        assert workspace.proposals() == []
    entry = row.entry
    assert (entry.scope, entry.status, row.document) == ("team", "active", TEAM)
    assert (entry.proposed_by, entry.approved_by) == (BOB, ADA)
    assert entry.approved_hash == approval_hash(entry)
    assert "**Dogs bark**" in here.text()
    assert "Dogs" not in here.text(REVIEW)
    with here.open() as workspace:  # one undo takes it back
        workspace.undo()
    assert waiting(here) == [new]
    assert here.text() == LORE
    assert here.entries()[new].approved_by == ""


def test_only_an_approver_takes_an_approval_back(here: Clone) -> None:
    new = here.add("Dogs bark")
    be(here.repo, ADA)
    with here.open() as workspace:
        workspace.approve([new])
    be(here.repo, BOB)
    with here.open() as workspace, pytest.raises(RefusedError, match="take back an approval"):
        workspace.undo()
    assert here.entries()[new].scope == "team"


def test_an_approver_waits_as_well_unless_they_say_so(here: Clone) -> None:
    be(here.repo, ADA)
    first = here.add("Dogs bark")
    assert waiting(here) == [first]
    with here.open() as workspace:
        row = workspace.add("Cats purr", category="Gotcha", approve=True)
        assert (row.document, row.entry.approved_by) == (TEAM, ADA)
        assert workspace.update(first, {"content": "At night."}, approve=True).document == TEAM
        assert workspace.update(ident(1), {"title": "Emmets"}).entry.title == "Emmets"
        workspace.undo()
        assert workspace.get(ident(1)).entry.title == "Ants"
        workspace.remove([ident(1)])
        workspace.undo()
        assert workspace.get(ident(1)).document == TEAM
    be(here.repo, BOB)
    with here.open() as workspace:
        with pytest.raises(RefusedError, match="may not approve"):
            workspace.add("Eels", approve=True)
        with pytest.raises(RefusedError, match="may not approve"):
            workspace.update(ident(1), {"title": "Eels"}, approve=True)
    assert "Eels" not in here.text() + here.text(REVIEW)


def test_a_change_is_proposed_and_applied(here: Clone) -> None:
    with here.open() as workspace:
        row = workspace.update(ident(2), {"title": "Wasps", "tags_add": ["a"]})
        assert row.entry.title == "Bees"
        (held,) = workspace.held
        assert (held.kind, held.target) == ("change", ident(2))
        (proposal,) = workspace.proposals()
        assert proposal.wanted is not None
        assert (proposal.wanted.title, proposal.wanted.tags) == ("Wasps", ("a",))
        assert proposal.wanted.confidence == 0.8
    be(here.repo, ADA)
    with here.open() as workspace:
        with pytest.raises(ConflictError):
            workspace.approve([held.entry], if_rev="0")
        (row,) = workspace.approve([held.entry], if_rev=proposal.hash)
        assert (row.entry.id, row.entry.title, row.entry.tags) == (ident(2), "Wasps", ("a",))
        assert (row.entry.proposed_by, row.entry.approved_by) == (BOB, ADA)
        assert row.entry.approved_hash == proposal.hash
        assert workspace.proposals() == []
        # an approval goes for what is approved: their own change renews it
        newer = workspace.update(ident(2), {"content": "Another."}).entry
        assert newer.approved_hash == approval_hash(newer) != proposal.hash


def test_a_removal_is_proposed_and_applied(here: Clone) -> None:
    with here.open() as workspace:
        workspace.remove([ident(1)])
        (proposal,) = workspace.proposals()
        assert (proposal.kind, proposal.wanted) == ("removal", None)
        assert workspace.get(ident(1)).document == TEAM
    be(here.repo, ADA)
    with here.open() as workspace:
        workspace.approve([proposal.row.entry.id])
    assert here.titles() == ["Bees"]


def test_one_undo_takes_back_what_several_approvals_did(here: Clone) -> None:
    new = here.add("Dogs bark")
    here.update(ident(2), title="Wasps")
    here.remove(ident(1))
    before, text = here.entries(), here.text()
    queue = waiting(here)
    be(here.repo, ADA)
    with here.open() as workspace:
        workspace.approve(queue)
    assert here.titles() == ["Dogs bark", "Wasps"]
    with here.open() as workspace:
        workspace.undo()
    assert {*waiting(here)} == {*queue} > {new}
    assert (here.entries(), here.text()) == (before, text)


def test_nobody_but_an_approver_moves_entries(here: Clone) -> None:
    (here.path / "docs").mkdir()
    with here.open() as workspace, pytest.raises(RefusedError, match="move"):
        workspace.move(ident(1), "docs")
    be(here.repo, ADA)
    with here.open() as workspace:
        assert workspace.move(ident(1), "docs").document == "docs/.lore.md"


def test_what_changed_since_is_merged_or_asked_about(here: Clone) -> None:
    here.update(ident(1), content="Something to forget.")
    (proposed,) = waiting(here)
    be(here.repo, ADA)
    here.update(ident(1), title="Emmets")
    with here.open() as workspace:
        proposal = workspace.proposal(proposed)
        assert (proposal.clashes, proposal.wanted and proposal.wanted.title) == ((), "Emmets")
    here.update(ident(1), content="Nothing at all.")
    with here.open() as workspace:
        with pytest.raises(ConflictError, match="content") as caught:
            workspace.approve([proposed])
        assert caught.value.current.entry.content == "Nothing at all."  # type: ignore[attr-defined]
        (row,) = workspace.approve([proposed], force=True)
        assert (row.entry.title, row.entry.content) == ("Emmets", "Something to forget.")


def test_what_was_rejected_leaves_the_queue_and_may_come_back(here: Clone) -> None:
    new = here.add("Dogs bark")
    mine = here.add("Cats purr")
    with here.open() as workspace:
        workspace.reject([mine], "I was wrong.")
        with pytest.raises(UsageError, match="why"):
            workspace.reject([new], " ")
    be(here.repo, ADA)
    with here.open() as workspace:
        (row,) = workspace.reject([new], "They do not: see #3, {ha}")
        assert (row.entry.status, row.document) == ("rejected", REVIEW)
        assert workspace.proposals() == []
        assert len(workspace.proposals(rejected=True)) == 2
        with pytest.raises(UsageError, match="does not wait"):
            workspace.reject([ident(1)], "no")
    hers = here.add("Eels swim")
    be(here.repo, BOB)
    with here.open() as workspace:
        workspace.update(new, {"status": "pending"})
        assert waiting(here) == [hers, new]
        with pytest.raises(RefusedError, match="reject what others proposed"):
            workspace.reject([hers], "no")
    be(here.repo, ADA)
    with here.open() as workspace:
        (row,) = workspace.approve([new])
        assert dict(row.entry.extra) == {}


def test_what_waits_is_not_read_by_accident(here: Clone) -> None:
    here.add("Dogs bark", "Loudly.")
    here.reconcile()
    with here.open() as workspace:
        status = workspace.status()
        assert (status.proposals, status.approvers, status.may_approve) == (1, (ADA,), False)


def test_a_review_document_that_nobody_knew_is_merged(here: Clone) -> None:
    """It came into being since lorefs looked for documents."""
    here.titles()
    here.write("### Gotcha\n\n* **Eagles soar**: high.\n", REVIEW)
    here.write(LORE + "* **Dogs bark**: at night.\n")
    assert here.titles() == ["Ants", "Bees", "Dogs bark", "Eagles soar"]
    assert here.text() == LORE
    assert "Eagles" in here.text(REVIEW)
    assert "Dogs" in here.text(REVIEW)


def test_a_key_vouches_where_the_policy_names_one(here: Clone) -> None:
    import subprocess

    key = here.path / ".git" / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    shown = subprocess.run(
        ["ssh-keygen", "-lf", str(key)], check=True, capture_output=True, text=True
    ).stdout.split()[1]
    be(here.repo, ADA)
    here.repo.commit("keys", **{TEAM: LORE.replace(ADA, f"'{shown}'")})
    with here.open() as workspace:
        assert not workspace.may_approve()
    here.repo("config", "gpg.format", "ssh")
    for given in (str(key), "key::" + key.with_suffix(".pub").read_text().strip()):
        here.repo("config", "user.signingKey", given)
        with here.open() as workspace:
            assert workspace.may_approve()


def test_what_is_imported_waits_and_goes_with_one_undo(here: Clone) -> None:
    source = here.path / ".git" / "more.jsonl"
    lines = [{"title": title, "content": "x", "category": "Gotcha"} for title in ("Dogs", "Eels")]
    lines.append({"id": ident(1), "title": "Emmets", "content": "Something to know."})
    source.write_text("".join(f"{json.dumps(each)}\n" for each in lines))
    be(here.repo, ADA)  # also where an approver does it
    with here.open() as workspace:
        workspace.import_entries(workspace.preview_import(source))
        assert [each.title for each in workspace.held] == ["Dogs", "Eels"]
        assert workspace.get(ident(1)).entry.title == "Emmets"
        workspace.undo()
        assert workspace.proposals() == []
    be(here.repo, BOB)
    with here.open() as workspace:
        workspace.import_entries(workspace.preview_import(source))
        assert sorted(each.kind for each in workspace.held) == ["change", "new", "new"]
        assert workspace.get(ident(1)).entry.title == "Ants"


def test_proposals_about_one_entry_are_approved_on_top_of_each_other(here: Clone) -> None:
    be(here.repo, "cat@example.invalid")
    here.update(ident(2), content="Cat's.", confidence=0.5)
    be(here.repo, BOB)
    here.update(ident(2), title="Wasps")
    be(here.repo, ADA)
    both = waiting(here)
    with here.open() as workspace:
        (row,) = workspace.approve(both)
    assert (row.entry.title, row.entry.content, row.entry.confidence) == ("Wasps", "Cat's.", 0.5)
    assert row.entry.approved_hash == approval_hash(row.entry)


def test_proposals_that_contradict_each_other_are_not_approved_at_once(here: Clone) -> None:
    be(here.repo, "cat@example.invalid")
    here.update(ident(2), title="Hornets")
    be(here.repo, BOB)
    here.update(ident(2), title="Wasps")
    here.remove(ident(1))
    be(here.repo, "cat@example.invalid")
    here.update(ident(1), title="Emmets")
    be(here.repo, ADA)
    hornets, wasps, removal, emmets = waiting(here)
    with here.open() as workspace:
        with pytest.raises(ConflictError):
            workspace.approve([hornets, wasps])
        with pytest.raises(RefusedError, match="gone"):
            workspace.approve([removal, emmets])
    assert here.text() == LORE
    assert waiting(here) == [hornets, wasps, removal, emmets]
