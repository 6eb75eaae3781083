"""Who was entitled to what stands on the sync branch.

A branch on which nobody has ever set a policy costs a look at the root document of each new
commit, and nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lorefs.core.policy import OPEN
from lorefs.errors import GitError, RefusedError
from lorefs.sync.branch.merge import merge_tips
from lorefs.sync.branch.news import mentions_policy
from lorefs.sync.judging import kept
from lorefs.sync.judging.lore import Lore
from lorefs.sync.judging.standings import Standings
from lorefs.sync.site import APPLIED, JUDGED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lorefs.core.judgement import Standing
    from lorefs.store import Store
    from lorefs.sync.branch.branch import Branch
    from lorefs.sync.judging.standings import Step
    from lorefs.sync.site import Site


class Judged(NamedTuple):
    """A commit, and the standings that were found out about it and what it builds on."""

    oid: str
    found: Mapping[str, Standing]


def standings(branch: Branch, known: Mapping[str, Standing] | None = None) -> Standings:
    """Reads the standings of commits of a sync branch."""

    def merged(step: Step) -> str | None:
        """The tree of the merge that lorefs makes of a commit's parents."""
        try:
            again = merge_tips(branch, *step.parents).oid
        except (GitError, RefusedError):  # what both build on is not here
            return None
        return branch.objects.commit(again).tree

    return Standings(branch.git, Lore(branch.objects, branch.prefix), merged, known=known)


def judged(store: Store, branch: Branch, oid: str) -> Judged:
    """Find out the standing of a commit; writes nothing."""
    before = store.state(JUDGED)
    known = kept.known(store) if before else {}
    if not known and not _any_policy(branch, before, oid):
        return Judged(oid, {})
    found = standings(branch, known)
    found.of(oid)
    return Judged(oid, {each: found.known[each] for each in found.known if each not in known})


def _any_policy(branch: Branch, before: str | None, oid: str) -> bool:
    """Whether a commit that is new declares a policy; those before it did not."""
    if not mentions_policy(branch, before, oid):
        return False
    hidden = [before] if before and branch.objects.has(before) else []
    lore = standings(branch).lore
    trees = {commit.tree for commit in branch.objects.between(hidden, [oid])}
    return any(lore.policy(tree) != OPEN for tree in trees)


def note(store: Store, judgement: Judged) -> None:
    """Make database and rows say what was found. Must run inside `Store.write`."""
    kept.keep(store, judgement.oid, judgement.found)


def catch_up(site: Site, branch: Branch) -> None:
    """Judge the commit that the rows follow, if that was not done yet."""
    store = site.store
    applied = store.state(APPLIED)
    if applied is None or store.state(JUDGED) == applied:
        return
    judgement = judged(store, branch, applied)
    with store.write():
        if store.state(APPLIED) == applied:
            note(store, judgement)
