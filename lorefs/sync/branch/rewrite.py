"""Follows a remote whose branch was rewritten, once somebody said that this was meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lorefs.core.merge import Sides
from lorefs.sync.branch.branch import BACKUPS
from lorefs.sync.branch.merge import merge_trees

if TYPE_CHECKING:
    from lorefs.sync.branch.branch import Branch


def replayed(branch: Branch, seen: str, onto: str) -> str:
    """The remote's new tip with our own commits since the one last seen, one after the other.

    They stand there as single-parent commits: what was purged from the remote is behind none of
    them, and does not come back. The result is on no ref yet.
    """
    objects = branch.objects
    tip = onto
    ours = branch.tip()
    hidden = [seen] if objects.has(seen) else []
    for commit in objects.between(hidden, [ours]) if ours else ():
        if len(commit.parents) != 1:
            continue  # a merge brought nothing of ours
        before = objects.commit(commit.parents[0]).tree
        sides: Sides[str | None] = Sides(before, objects.commit(tip).tree, commit.tree)
        tree, _ = merge_trees(branch.git, objects, sides)
        if tree != objects.commit(tip).tree:
            tip = branch.write(tree, (tip,), commit.message, commit.author, commit.committer)
    return tip


def keep_aside(branch: Branch, at: int) -> str | None:
    """Put a backup ref where the branch is now; returns its name, None without a branch."""
    tip = branch.tip()
    if tip is None:
        return None
    ref = f"{BACKUPS}/{at}"
    if branch.look_up(ref) is None:
        branch.objects.move(ref, tip, None, "lorefs: kept aside")
    return ref
