"""What is saved between the look at a row and the transaction that changes it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest

from lorefs.api import Workspace
from lorefs.errors import ConflictError
from lorefs.store import Row
from tests.gitrepo import Repo
from tests.lore import entries, ident


class Others:
    """What others do as soon as the next transaction has begun."""

    def __init__(self) -> None:
        self.actions: list[Callable[[], None]] = []

    def __call__(self, step: str) -> None:
        if step == "observe" and self.actions:
            self.actions.pop()()


@pytest.fixture
def others() -> Others:
    return Others()


@pytest.fixture
def workspace(team: Repo, others: Others) -> Iterator[Workspace]:
    ticks = iter(range(1_700_000_000_000, 1_800_000_000_000))
    with Workspace.open(
        team.path, env=os.environ, clock=lambda: next(ticks), source="cli", step=others
    ) as found:
        found.reconcile()
        yield found


def saving(team: Repo, old: str, new: str) -> Callable[[], None]:
    """An editor's save."""

    def save() -> None:
        assert old in team.read(".lore.md")
        team.write(".lore.md", team.read(".lore.md").replace(old, new))

    return save


def test_where_head_moves_to_after_the_look_is_seen_by_the_next_one(
    workspace: Workspace, team: Repo
) -> None:
    def step(name: str) -> None:
        if name == "rows":
            team.commit("meanwhile", code="")

    site = workspace.site
    workspace.site = site._replace(step=step)
    workspace.add("One")
    workspace.site = site
    workspace.take_in()
    assert workspace.store.state("head_oid") == team("rev-parse", "HEAD")


@pytest.mark.parametrize("name", ["rev", "hash"])
def test_a_save_makes_a_revision_stale(
    workspace: Workspace, team: Repo, others: Others, name: str
) -> None:
    stale = getattr(workspace.get(ident(2)), name)
    others.actions.append(saving(team, "beta text", "beta words"))
    with pytest.raises(ConflictError) as caught:
        workspace.update(ident(2), {"content": "mine"}, if_rev=stale)
    current, row = caught.value.current, workspace.get(ident(2))
    assert isinstance(current, Row)
    assert (current.entry, current.rev, current.hash) == (row.entry, row.rev, row.hash)
    assert entries(team.read(".lore.md"))[ident(2)].content == "The beta words."


def test_a_save_of_another_entry_makes_none_stale(
    workspace: Workspace, team: Repo, others: Others
) -> None:
    read = workspace.get(ident(2))
    others.actions.append(saving(team, "alpha text", "alpha words"))
    workspace.update(ident(2), {"content": "mine"}, if_rev=read.rev)
    found = entries(team.read(".lore.md"))
    assert (found[ident(1)].content, found[ident(2)].content) == ("The alpha words.", "mine")


def test_undo_leaves_the_save_alone(workspace: Workspace, team: Repo, others: Others) -> None:
    others.actions.append(saving(team, "alpha text", "alpha words"))
    workspace.update(ident(2), {"content": "mine"})
    assert workspace.log(ident(1))[0].source == "editor"
    workspace.undo()
    found = entries(team.read(".lore.md"))
    assert found[ident(1)].content == "The alpha words."
    assert found[ident(2)].content == "The beta text."


def test_what_was_saved_before_a_deletion_is_in_the_log(
    workspace: Workspace, team: Repo, others: Others
) -> None:
    others.actions.append(saving(team, "beta text", "beta words"))
    workspace.remove([ident(2)])
    assert ident(2) not in team.read(".lore.md")
    assert "beta words" in str(workspace.log(ident(2))[0].before)


def test_saves_without_end_keep_no_change_away(
    workspace: Workspace, team: Repo, others: Others
) -> None:
    for n in range(99):
        others.actions.append(saving(team, "The alpha", f"{n} The alpha"))
    workspace.update(ident(2), {"content": "mine"})
    found = entries(team.read(".lore.md"))
    assert found[ident(2)].content == "mine"
    assert "98 The alpha" in found[ident(1)].content
