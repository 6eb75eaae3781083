"""Filters that are changed while work goes on: rows follow, and nobody loses anything."""

from __future__ import annotations

import pytest

from tests.clones import DOCUMENT, Clone, converge
from tests.convergence.replicas import blocks
from tests.lore import document, entry, ident


def set_filter(clone: Clone, text: str) -> None:
    """Edit the team's settings by hand, in this clone."""
    clone.repo.write(".lorefs.toml", f"[filter]\n{text}\n" if text else "")


@pytest.fixture
def shared(ada: Clone, bob: Clone) -> dict[str, str]:
    """Three entries that both have, tagged and not."""
    red, blue, plain = ada.add("Red"), ada.add("Blue"), ada.add("Plain")
    ada.update(red, tags_add=("red",))
    ada.update(blue, tags_add=("blue",))
    converge(ada, bob)
    return {"red": red, "blue": blue, "plain": plain}


def test_what_a_new_filter_lets_in_comes_with_the_next_command(
    ada: Clone, bob: Clone, shared: dict[str, str]
) -> None:
    set_filter(bob, 'tags = ["red"]')
    assert bob.titles() == ["Red"]
    assert "Blue" not in bob.text()
    set_filter(bob, 'tags = ["red", "blue"]')
    assert bob.titles() == ["Blue", "Red"]
    set_filter(bob, "")
    assert bob.entries() == ada.entries()
    assert set(ada.entries()) == set(shared.values())
    before = ada.tip
    for clone in (bob, ada, bob):
        assert not clone.sync().committed
    assert ada.tip == bob.tip == before, "a filter is nobody's edit"
    assert bob.text() == ada.text()


def test_a_cycle_follows_the_filter_too(bob: Clone, shared: dict[str, str]) -> None:
    set_filter(bob, 'tags = ["red"]')
    with bob.open() as workspace:
        arrived = workspace.sync(rescan=False).arrived
        assert set(arrived.deleted) == {shared["blue"], shared["plain"]}
        assert {row.entry.title for row in workspace.store.entries.rows()} == {"Red"}


def test_edits_that_were_not_sent_go_to_the_team_before_they_are_hidden(
    ada: Clone, bob: Clone, shared: dict[str, str]
) -> None:
    bob.edit("**Plain**", "**Plainer**")
    set_filter(bob, 'tags = ["red"]')
    assert bob.titles() == ["Red"]
    bob.sync()
    ada.sync()
    assert ada.entries()[shared["plain"]].title == "Plainer"


def test_a_deletion_that_was_not_sent_is_sent(
    ada: Clone, bob: Clone, shared: dict[str, str]
) -> None:
    bob.write(bob.text().replace(blocks(bob.text())[shared["plain"]], ""))
    set_filter(bob, 'tags = ["red"]')
    bob.sync()
    ada.sync()
    assert ada.titles() == ["Blue", "Red"]


def test_what_only_stands_here_stays_whatever_the_filter_says(
    ada: Clone, bob: Clone, shared: dict[str, str]
) -> None:
    set_filter(bob, 'tags = ["red"]')
    mine = bob.add("Only mine")
    set_filter(bob, 'tags = ["blue"]')
    assert bob.titles() == ["Blue", "Only mine"]
    converge_filtered(bob, ada)
    assert mine not in ada.entries()
    set_filter(bob, "")
    converge(bob, ada)
    assert mine in ada.entries()
    assert set(shared.values()) < ada.entries().keys()


def test_what_is_new_must_pass_the_new_filter(ada: Clone, bob: Clone) -> None:
    ada.add("One")
    converge(ada, bob)
    bob.write(f"{bob.text()}\n* **Not for all**: text.\n")
    set_filter(bob, 'tags = ["red"]')
    bob.sync()
    assert "Not for all" not in "".join(bob.tree().values())
    assert bob.titles() == ["Not for all"]


def test_an_edit_that_the_filter_hides_afterwards_is_sent(
    ada: Clone, bob: Clone, shared: dict[str, str]
) -> None:
    set_filter(bob, 'tags = ["red"]')
    bob.update(shared["red"], tags_remove=("red",), title="Not red")
    assert bob.titles() == []
    bob.sync()
    ada.sync()
    assert ada.entries()[shared["red"]].title == "Not red"
    assert set(ada.entries()) == set(shared.values())


def test_a_move_out_of_the_filter_is_a_move(ada: Clone, bob: Clone) -> None:
    for clone in (ada, bob):
        (clone.path / "in").mkdir()
        (clone.path / "out").mkdir()
    set_filter(bob, 'paths = ["in"]')
    moved, kept = ada.add("Moved", path="in"), ada.add("Kept", path="in")
    ada.sync()
    bob.sync()
    with bob.open() as workspace:
        workspace.move(moved, "out")
    bob.sync()
    ada.sync()
    assert ada.entries()[moved].path == "out"
    assert set(bob.entries()) == {kept}


def test_others_may_move_entries_in_and_out_of_the_filter(
    ada: Clone, bob: Clone, shared: dict[str, str]
) -> None:
    set_filter(bob, 'tags = ["red"]')
    bob.sync()
    ada.update(shared["red"], tags_remove=("red",))
    ada.update(shared["plain"], tags_add=("red",))
    ada.sync()
    bob.sync()
    assert bob.titles() == ["Plain"]
    bob.update(shared["plain"], title="Plain and red")
    converge_filtered(bob, ada)
    assert ada.titles() == ["Blue", "Plain and red", "Red"]


def test_a_tracked_document_keeps_what_the_filter_hides(ada: Clone, bob: Clone) -> None:
    text = document(entry(1, "Red", "x", "tags: [red]"), entry(2, "Plain"))
    for clone in (ada, bob):
        exclude = clone.path / ".git" / "info" / "exclude"
        exclude.write_text("")
    ada.repo.commit("lore", **{DOCUMENT: text})
    ada.repo("push", "-q", "origin", "main")
    bob.repo("pull", "-q", "--rebase", "origin", "main")
    ada.reconcile(discover=True)
    bob.reconcile(discover=True)
    converge(ada, bob)
    set_filter(bob, 'tags = ["red"]')
    assert bob.titles() == ["Red"]
    assert bob.text() == text
    ada.update(ident(1), title="Redder")
    ada.update(ident(2), title="Plainer")
    ada.sync()
    bob.sync()
    with bob.open() as workspace:
        workspace.publish()
    assert "**Redder**" in bob.text()
    assert "**Plain" in bob.text(), "publishing deletes nothing that is hidden"
    converge_filtered(bob, ada)
    assert ada.titles() == ["Plainer", "Redder"]


def test_code_that_changes_what_is_hidden_reaches_the_team(ada: Clone, bob: Clone) -> None:
    text = document(entry(1, "Red", "x", "tags: [red]"), entry(2, "Plain"))
    for clone in (ada, bob):
        (clone.path / ".git" / "info" / "exclude").write_text("")
    ada.repo.commit("lore", **{DOCUMENT: text})
    ada.repo("push", "-q", "origin", "main")
    bob.repo("pull", "-q", "--rebase", "origin", "main")
    ada.reconcile(discover=True)
    converge(ada, bob)
    ada.update(ident(2), confidence=0.5)
    ada.sync()
    set_filter(bob, 'tags = ["red"]')
    bob.sync()
    bob.repo.commit("code", **{DOCUMENT: text.replace("**Plain**", "**Plain by code**")})
    bob.repo("push", "-q", "origin", "main")
    converge_filtered(bob, ada)
    found = ada.entries()[ident(2)]
    assert (found.title, found.confidence) == ("Plain by code", 0.5)
    assert bob.titles() == ["Red"]


def test_a_database_made_again_sends_nothing_of_what_is_hidden(
    ada: Clone, bob: Clone, shared: dict[str, str]
) -> None:
    set_filter(bob, 'tags = ["red"]')
    bob.sync()
    ada.update(shared["plain"], title="Plainer")
    ada.sync()
    (bob.path / ".git" / "lorefs" / "index.db").unlink()
    converge_filtered(bob, ada)
    assert bob.titles() == ["Red"]
    assert ada.titles() == ["Blue", "Plainer", "Red"]


def converge_filtered(*clones: Clone) -> None:
    """Sync until the tips are one; the rows differ by design."""
    for _ in range(3):
        for clone in clones:
            clone.sync()
    assert len({clone.sync().tip for clone in clones}) == 1


def test_a_filter_before_anything_was_shared(ada: Clone) -> None:
    ada.sync()
    set_filter(ada, 'tags = ["red"]')
    assert ada.titles() == []
    ada.write("### Gotcha\n\n* **By hand**: text.\n")
    ada.reconcile(discover=True)
    ada.sync()
    assert not ada.sync().committed
    assert ada.titles() == ["By hand"]
    assert "By hand" not in ada.tree()[DOCUMENT]
    set_filter(ada, "")
    ada.sync()
    assert "By hand" in ada.tree()[DOCUMENT]


def test_what_a_filter_hides_settles_nothing(
    ada: Clone, bob: Clone, shared: dict[str, str]
) -> None:
    ada.remove(shared["red"])
    bob.update(shared["red"], content="Edited meanwhile.")
    converge(ada, bob)
    (record,) = (each.id for each in bob.ledger() if each.resolved_at is None)
    set_filter(bob, 'tags = ["blue"]')
    bob.sync()
    assert bob.titles() == ["Blue"]
    ada.sync()
    set_filter(bob, "")
    bob.sync()
    for clone in (ada, bob):
        assert [each.id for each in clone.ledger() if each.resolved_at is None] == [record]
