"""An id that stands in a personal and a team document: promoted on two machines, or copied."""

from __future__ import annotations

import os

import pytest

from lorefs.api import Workspace
from lorefs.errors import RefusedError
from tests.cli.terminal import Lorefs
from tests.clones import Clone, Team
from tests.lore import document, entry, ident

PERSONAL = ".lore.local.md"
X = ident(1)
MINE = document(entry(1, "Shared idea", "The first text."), entry(2, "Only mine"))


@pytest.fixture
def pair(team: Team) -> tuple[Clone, Clone]:
    """Two machines of one person: the personal file was copied from one to the other."""
    clones = team.clone("ada"), team.clone("bob")
    for clone in clones:
        clone.write(MINE, PERSONAL)
        clone.reconcile(discover=True)
    return clones


def promote(clone: Clone, *idents: str) -> None:
    with clone.open() as workspace:
        workspace.promote(idents)


def drafts(clone: Clone) -> dict[str, str]:
    with clone.open() as workspace:
        return {draft.entry: draft.document for draft in workspace.status().drafts}


def scopes(clone: Clone) -> dict[str, str]:
    return {each: entry.scope for each, entry in clone.entries().items()}


def assert_one_row_each(clone: Clone) -> None:
    """Rows are what the files say, and a rebuilt database says the same."""
    before = clone.entries()
    with clone.open() as workspace:
        kept = workspace.store.copies.all()
    Workspace.rebuild(clone.path, env=os.environ, clock=clone.tick)
    assert clone.entries() == before
    with clone.open() as workspace:
        assert workspace.store.copies.all() == kept


def test_both_promote_and_nothing_is_left_over(pair: tuple[Clone, Clone]) -> None:
    for clone in pair:
        promote(clone, X)
    converge_team(*pair)
    for clone in pair:
        assert scopes(clone) == {X: "team", ident(2): "personal"}
        assert "Shared idea" not in clone.text(PERSONAL)
        assert clone.text().count(f"lore:{X}") == 1
        assert drafts(clone) == {}
        assert_one_row_each(clone)


def test_one_promotes_and_the_equal_copy_of_the_other_goes(pair: tuple[Clone, Clone]) -> None:
    ada, bob = pair
    promote(ada, X)
    converge_team(ada, bob)
    assert scopes(bob) == {X: "team", ident(2): "personal"}
    assert bob.text(PERSONAL) == document(entry(2, "Only mine"))
    assert f"lore:{X}" in bob.text()
    assert drafts(bob) == {}
    with bob.open() as workspace:
        assert {change.field for change in workspace.log(X) if change.op == "edit"} == {"scope"}


def test_a_differing_copy_stays_as_a_draft(pair: tuple[Clone, Clone]) -> None:
    ada, bob = pair
    bob.edit("The first text.", "A better text.", PERSONAL)
    promote(ada, X)
    converge_team(ada, bob)
    assert bob.entries()[X].content == "The first text."
    assert scopes(bob)[X] == "team"
    assert "A better text." in bob.text(PERSONAL)
    assert drafts(bob) == {X: PERSONAL}
    assert drafts(ada) == {}
    assert_one_row_each(bob)
    bob.edit("A better text.", "The best text.", PERSONAL)  # a draft goes on to be one
    assert bob.entries()[X].content == "The first text."
    assert drafts(bob) == {X: PERSONAL}
    ada.update(X, tags=("mine",))  # and so does the entry
    converge_team(ada, bob)
    assert bob.entries()[X].tags == ("mine",)
    assert "The best text." in bob.text(PERSONAL)


def test_a_draft_that_becomes_equal_goes(pair: tuple[Clone, Clone]) -> None:
    ada, bob = pair
    bob.edit("The first text.", "A better text.", PERSONAL)
    promote(ada, X)
    converge_team(ada, bob)
    ada.update(X, content="A better text.")
    converge_team(ada, bob)
    assert drafts(bob) == {}
    assert "better" not in bob.text(PERSONAL)
    assert scopes(bob) == {X: "team", ident(2): "personal"}


def test_a_draft_may_be_deleted(pair: tuple[Clone, Clone]) -> None:
    ada, bob = pair
    bob.edit("The first text.", "A better text.", PERSONAL)
    promote(ada, X)
    converge_team(ada, bob)
    bob.write(document(entry(2, "Only mine")), PERSONAL)
    assert bob.entries()[X].content == "The first text."
    assert drafts(bob) == {}
    converge_team(ada, bob)
    assert X in ada.entries()


def test_a_draft_is_the_entry_once_the_team_has_none(pair: tuple[Clone, Clone]) -> None:
    ada, bob = pair
    bob.edit("The first text.", "A better text.", PERSONAL)
    promote(ada, X)
    converge_team(ada, bob)
    ada.remove(X)
    converge_team(ada, bob)
    assert X not in ada.entries()
    found = bob.entries()[X]
    assert (found.scope, found.content) == ("personal", "A better text.")
    assert drafts(bob) == {}
    assert f"lore:{X}" not in bob.text()


def test_promote_makes_a_draft_the_text_of_the_team(pair: tuple[Clone, Clone]) -> None:
    ada, bob = pair
    bob.edit("The first text.", "A better text.", PERSONAL)
    promote(ada, X)
    converge_team(ada, bob)
    with bob.open() as workspace, pytest.raises(RefusedError):
        workspace.demote([X])
    promote(bob, X, ident(2))
    assert drafts(bob) == {}
    assert "Shared" not in bob.text(PERSONAL)
    converge_team(ada, bob)
    assert ada.entries()[X].content == "A better text."
    assert scopes(ada)[ident(2)] == "team"  # which removes the equal copy there, too
    assert "lore:" not in ada.text(PERSONAL)


def test_both_promote_differing_texts(pair: tuple[Clone, Clone]) -> None:
    ada, bob = pair
    bob.edit("The first text.", "A better text.", PERSONAL)
    for clone in pair:
        promote(clone, X)
    converge_team(*pair)
    for clone in pair:
        assert scopes(clone)[X] == "team"
        assert drafts(clone) == {}
    (found,) = {clone.entries()[X].content for clone in pair}
    losers = {record.discard.ours for record in ada.ledger()} | {
        record.discard.theirs for record in ada.ledger()
    }
    assert {"The first text.", "A better text."} <= losers | {found}


def test_a_pull_of_the_code_branch_does_the_same(team: Team) -> None:
    bob = team.clone("bob", ignored=False, sync=False)
    bob.write(document(entry(9, "Old")))
    bob.write(document(entry(1, "Shared idea"), entry(2, "Mine", "Not quite.")), PERSONAL)
    bob.reconcile(discover=True)
    bob.write(document(entry(9, "Old"), entry(1, "Shared idea"), entry(2, "Mine")))
    bob.reconcile()
    assert scopes(bob) == {ident(9): "team", X: "team", ident(2): "team"}
    assert f"lore:{X}" not in bob.text(PERSONAL)
    assert drafts(bob) == {ident(2): PERSONAL}
    assert_one_row_each(bob)


def test_drafts_are_shown(pair: tuple[Clone, Clone]) -> None:
    ada, bob = pair
    bob.edit("The first text.", "A better text.", PERSONAL)
    promote(ada, X)
    ada.sync()
    lorefs = Lorefs(bob.path)
    lorefs("sync")
    (listed,) = (each for each in lorefs("list", "--json").json if each["id"] == X)
    assert (listed["scope"], listed["draft"]) == ("team", PERSONAL)
    assert "local draft" in lorefs.on_terminal("list").out
    assert "local draft" in lorefs.on_terminal("search", "idea").out
    shown = lorefs("show", X).out
    assert "local draft in .lore.local.md" in shown
    assert "-The first text." in shown
    assert "+A better text." in shown
    assert lorefs("show", X, "--json").json["draft"]["content"] == "A better text."
    assert lorefs("show", ident(2), "--json").json["draft"] is None
    status = lorefs("status", "--json").json
    assert status["drafts"] == [{"document": PERSONAL, "id": X}]
    assert lorefs("status").out.count("local draft: ") == 1


def converge_team(*clones: Clone) -> None:
    """Sync until nothing moves; the team's rows are the same then, personal ones need not be."""
    for _ in range(4):
        for clone in clones:
            clone.sync()
    rows = [{i: e for i, e in clone.entries().items() if e.scope != "personal"} for clone in clones]
    assert all(each == rows[0] for each in rows), "the rows differ"
    assert len({clone.tip for clone in clones}) == 1


@pytest.fixture
def drafted(pair: tuple[Clone, Clone]) -> tuple[Clone, Clone]:
    """Two machines, of which the second one has a draft of what the first promoted."""
    ada, bob = pair
    bob.edit("The first text.", "A better text.", PERSONAL)
    promote(ada, X)
    converge_team(ada, bob)
    return pair


def undo(clone: Clone) -> None:
    with clone.open() as workspace:
        workspace.undo()


def test_a_draft_is_discarded_and_comes_back(drafted: tuple[Clone, Clone]) -> None:
    ada, bob = drafted
    with bob.open() as workspace:
        (found,) = workspace.discard_draft(X)
        (change,) = workspace.log(X, limit=1)
    assert (found.document, found.entry.content) == (PERSONAL, "A better text.")
    assert (change.op, change.entry) == ("discard", X)
    assert drafts(bob) == {}
    assert bob.text(PERSONAL) == document(entry(2, "Only mine"))
    assert bob.entries()[X].content == "The first text."
    assert_one_row_each(bob)
    converge_team(ada, bob)
    assert ada.entries()[X].content == "The first text."


def test_an_undo_brings_a_draft_back_as_it_stood(drafted: tuple[Clone, Clone]) -> None:
    _, bob = drafted
    odd = entry(1, "Shared idea", "A better text.", meta="mine:   1,  tags: [b, a]")
    bob.write(document(odd, entry(2, "Only mine")), PERSONAL)
    with bob.open() as workspace:
        workspace.discard_draft(X)
    assert odd not in bob.text(PERSONAL)
    undo(bob)
    assert odd in bob.text(PERSONAL)
    assert drafts(bob) == {X: PERSONAL}
    assert bob.entries()[X].content == "The first text."


def test_an_undo_leaves_a_newer_draft_alone(drafted: tuple[Clone, Clone]) -> None:
    _, bob = drafted
    with bob.open() as workspace:
        workspace.discard_draft(X)
    bob.write(document(entry(1, "Shared idea", "A third text.")), PERSONAL)
    bob.reconcile()
    with bob.open() as workspace:
        batches = workspace.undo(2)
    assert any(change.op == "discard" for change in batches)
    assert bob.text(PERSONAL).count(f"lore:{X}") == 1
    assert "A third text." in bob.text(PERSONAL)


def test_a_draft_comes_back_as_the_entry_where_the_team_has_none(
    drafted: tuple[Clone, Clone],
) -> None:
    ada, bob = drafted
    with bob.open() as workspace:
        workspace.discard_draft(X)
    ada.remove(X)
    converge_team(ada, bob)
    assert X not in bob.entries()
    undo(bob)
    found = bob.entries()[X]
    assert (found.scope, found.content) == ("personal", "A better text.")


def test_an_undo_of_a_promoted_draft_brings_both_texts_back(drafted: tuple[Clone, Clone]) -> None:
    _, bob = drafted
    promote(bob, X)
    assert bob.entries()[X].content == "A better text."
    undo(bob)
    assert bob.entries()[X].content == "The first text."
    assert drafts(bob) == {X: PERSONAL}
    assert "A better text." in bob.text(PERSONAL)


def test_drafts_in_several_documents_go_together(drafted: tuple[Clone, Clone]) -> None:
    _, bob = drafted
    (bob.path / "sub").mkdir()
    bob.write(document(entry(1, "Shared idea", "A third text.")), f"sub/{PERSONAL}")
    bob.reconcile(discover=True)
    with bob.open() as workspace:
        found = workspace.discard_draft(X)
    assert [each.entry.content for each in found] == ["A better text.", "A third text."]
    assert drafts(bob) == {}
    undo(bob)
    assert "A better text." in bob.text(PERSONAL)
    assert "A third text." in bob.text(f"sub/{PERSONAL}")


def test_the_command_discards_a_draft(drafted: tuple[Clone, Clone]) -> None:
    _, bob = drafted
    lorefs = Lorefs(bob.path)
    assert "`lorefs restore ID --team` discards it" in lorefs("status").out
    assert "--team" in lorefs("show", X).out
    done = lorefs("restore", X[-8:], "--team")
    assert "-A better text." in done.out
    assert "+The first text." in done.out
    assert done.lines[-1] == "discarded the local draft in .lore.local.md; .lore.md counts"
    assert lorefs("status", "--json").json["drafts"] == []
    assert "discard" in lorefs("log", X).out
    assert "Shared idea" in lorefs.on_terminal("undo").out
    assert "A better text." in bob.text(PERSONAL)
    found = lorefs("restore", X, "--team", "--json").json
    assert found["restored"] is True
    assert found["discarded"] == [PERSONAL]
    assert found["changes"][0]["before"]["content"] == "A better text."
    assert found["changes"][0]["after"]["content"] == "The first text."
    done = lorefs("restore", X, "--team", status=2)
    assert done.err.startswith("error: Shared idea has no local draft")
    done = lorefs("restore", ident(2), "--team", status=2)
    assert "is no entry of the team" in done.err
    assert "contradict" in lorefs("restore", X, "--team", "--rev", "-1", status=2).err
    lorefs("restore", "--team", status=2)
