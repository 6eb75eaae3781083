"""Merges the lore of commits without touching anything, and checks merges made elsewhere.

Forges never run merge drivers, so a merge made there may have dropped or doubled entries.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lorefs.core.merge import MergedCorpus, Settings, Sides, merge_corpus
from lorefs.core.model import TEAM_NAME
from lorefs.errors import UsageError
from lorefs.sync.commits.diff import EntryDiff, diff
from lorefs.sync.commits.history import TreeHistories, merge_bases, merge_settings
from lorefs.sync.commits.trees import commit_oid, texts_of

if TYPE_CHECKING:
    from lorefs.repo import Git

PARENTS = 2  # of a merge that can be checked


@dataclass(frozen=True, slots=True)
class Check:
    """How a merge commit differs from the merge of its parents; nothing if it is right."""

    commit: str
    differences: tuple[EntryDiff, ...]
    conflicts: int


def merge_trees(git: Git, base: str, ours: str, theirs: str) -> MergedCorpus:
    """The merge of three commits' documents, with the settings of the base; in the background."""
    sides = Sides(*(texts_of(git, commit_oid(git, name)) for name in (base, ours, theirs)))
    return _merge(git, sides, ours, theirs)


def _merge(git: Git, sides: Sides[dict[str, str]], ours: str, theirs: str) -> MergedCorpus:
    settings = merge_settings(sides.base.get(TEAM_NAME, ""), Settings(on_clash="last-write"))
    history = TreeHistories(git, sides, ours, theirs)
    return merge_corpus(sides, settings=settings, history=history)


def check_merge(git: Git, revision: str) -> Check:
    """Merge the parents of a merge commit again, and compare entry by entry.

    Raises `UsageError` for a commit that is no merge of two parents.
    """
    commit = commit_oid(git, revision)
    parents = git.text("rev-list", "--parents", "--max-count=1", commit).split()[1:]
    if len(parents) != PARENTS:
        raise UsageError(
            f"{revision} has {len(parents)} parents; only a merge of two can be checked",
            found=revision,
        )
    ours, theirs = parents
    bases = merge_bases(git, ours, theirs)
    base = _base(git, bases)
    merged = _merge(git, Sides(base, texts_of(git, ours), texts_of(git, theirs)), ours, theirs)
    found = diff(merged.documents, texts_of(git, commit))
    return Check(commit, tuple(found), len(merged.discards))


def _base(git: Git, bases: list[str]) -> dict[str, str]:
    """The documents in the merge base; several are merged with each other first."""
    if not bases:
        return {}
    merged = texts_of(git, bases[0])
    so_far = bases[0]
    for other in bases[1:]:
        older = merge_bases(git, so_far, other)
        base = texts_of(git, older[0]) if older else {}
        merged = merge_corpus(Sides(base, merged, texts_of(git, other))).documents
        so_far = other
    return merged
