"""Merges two tips of the sync branch.

A merge commit is a function of its two parents alone: whoever merges the same pair makes the
same commit, so that nothing goes to and fro between several machines or remotes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from lorefs.core.document import decode, encode
from lorefs.core.ledger import once_each
from lorefs.core.merge import Settings, Sides, merge_corpus
from lorefs.core.message import FORMAT, FORMAT_VERSION, MERGE_SUBJECT, message, settled
from lorefs.core.model import TEAM_NAME
from lorefs.core.precedence import without_removed
from lorefs.repo.objects import Signature
from lorefs.sync.branch.branch import realms
from lorefs.sync.commits.history import TreeHistories, merge_bases, merge_settings

if TYPE_CHECKING:
    from lorefs.core.ledger import Discard
    from lorefs.repo import Git
    from lorefs.repo.objects import Objects
    from lorefs.sync.branch.branch import Branch

NAME: Final = "lorefs"
EMAIL: Final = "merge@lorefs.invalid"
MERGE_PARENTS: Final = 2

_Trees = Sides[str | None]  # oids


class MergedTips(NamedTuple):
    """The merge commit, and what it discarded."""

    oid: str
    discards: tuple[Discard, ...]


class _Tips(NamedTuple):
    """The commits behind a merge of trees, for the questions that only history answers."""

    ours: str
    theirs: str
    bases: tuple[str, ...]


def merge_tips(branch: Branch, one: str, other: str) -> MergedTips:
    """The merge of two commits, made and not yet on any ref. The order does not matter."""
    git, objects = branch.git, branch.objects
    ours, theirs = sorted((one, other))
    bases = merge_bases(git, ours, theirs)
    first, second = objects.commit(ours), objects.commit(theirs)
    trees = Sides(_base_tree(git, objects, bases), first.tree, second.tree)
    tips = _Tips(ours, theirs, tuple(bases))
    tree, discards = merge_trees(git, objects, trees, tips)
    who = Signature(NAME, EMAIL, max(first.committer.time, second.committer.time))
    losers = (theirs if discard.chosen == discard.ours else ours for discard in discards)
    text = message(
        MERGE_SUBJECT,
        [(FORMAT, str(FORMAT_VERSION)), *map(settled, discards, losers)],
    )
    return MergedTips(objects.write_commit(tree, (ours, theirs), text, who, who), discards)


def _base_tree(git: Git, objects: Objects, bases: list[str]) -> str | None:
    """The tree of the merge base; several are merged with each other first, never to a clash."""
    if not bases:
        return None
    merged, so_far = objects.commit(bases[0]).tree, bases[0]
    for other in bases[1:]:
        older = merge_bases(git, so_far, other)
        base = objects.commit(older[0]).tree if older else None
        merged, _ = merge_trees(git, objects, Sides(base, merged, objects.commit(other).tree))
        so_far = other
    return merged


def merge_trees(
    git: Git, objects: Objects, trees: _Trees, tips: _Tips | None = None
) -> tuple[str, tuple[Discard, ...]]:
    """The merged tree; each realm is merged by its own settings."""
    changes: dict[str, bytes | str | None] = {}
    discards: list[Discard] = []
    for prefix, paths in realms(_changed(objects, trees)).items():
        grafted = _one_sided(objects, trees, paths)
        if grafted is not None:
            changes |= grafted
            continue
        sides = Sides(*(_texts(objects, tree, prefix, paths) for tree in trees))
        root = _texts(objects, trees.base, prefix, [prefix + TEAM_NAME]).get(TEAM_NAME, "")
        settings = merge_settings(root, Settings(on_clash="last-write"))
        if tips is None:
            merged = merge_corpus(sides, settings=settings)
        else:
            history = TreeHistories(
                git, sides, tips.ours, tips.theirs, since=tips.bases, prefix=prefix
            )
            if not tips.bases:
                sides = _meet(git, sides, tips, prefix)
            merged = merge_corpus(sides, settings=settings, history=history)
        discards += merged.discards
        for path in paths:
            text = merged.documents.get(path.removeprefix(prefix))
            changes[path] = encode(text) if text else None
    return objects.write_tree(trees.ours, changes), tuple(once_each(discards))


def _one_sided(objects: Objects, trees: _Trees, paths: list[str]) -> dict[str, str | None] | None:
    """What a realm becomes that one side alone has changed, by oids; None if both have.

    Its documents are not read: they may be of a realm that is not here.
    """
    if trees.base is None:
        return None
    base, ours, theirs = (objects.leaves_at(tree, paths) if tree else {} for tree in trees)
    if theirs == base:
        return {}
    if ours != base:
        return None
    return {path: theirs[path].oid if path in theirs else None for path in paths}


def _meet(
    git: Git, sides: Sides[dict[str, str]], tips: _Tips, prefix: str
) -> Sides[dict[str, str]]:
    """Two histories that meet first: what one of them deleted does not come back by the other."""
    base, ours, theirs = sides
    histories = [
        TreeHistories(git, sides, tip, "", prefix=prefix) for tip in (tips.ours, tips.theirs)
    ]
    return Sides(
        base,
        without_removed(ours, theirs, histories[1]),
        without_removed(theirs, ours, histories[0]),
    )


def _changed(objects: Objects, trees: _Trees) -> list[str]:
    """The paths at which a side differs from the base."""
    base, *sides = trees
    found: dict[str, object] = {}
    for side in sides:
        assert side is not None, "a side is a commit"  # noqa: S101
        found |= objects.leaves(side, base)
        found |= objects.leaves(base, side) if base is not None else {}
    return sorted(found)


def _texts(objects: Objects, tree: str | None, prefix: str, paths: list[str]) -> dict[str, str]:
    """The texts at some paths of a tree, by their paths without the prefix."""
    if tree is None:
        return {}
    wanted = {path: leaf.oid for path, leaf in objects.leaves_at(tree, paths).items()}
    blobs = objects.blobs(set(wanted.values()))
    return {path.removeprefix(prefix): decode(blobs[oid]) for path, oid in wanted.items()}


def again(branch: Branch, commit: str) -> tuple[Discard, ...]:
    """What a merge commit discarded, found out by merging its parents again."""
    one, other = branch.objects.commit(commit).parents
    return merge_tips(branch, one, other).discards
