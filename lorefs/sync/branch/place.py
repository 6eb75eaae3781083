"""Keeps what the rows follow in step with where it is: the branch and its directory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lorefs.sync.branch.news import TAKEN
from lorefs.sync.site import APPLIED

if TYPE_CHECKING:
    from lorefs.sync.branch.branch import Branch
    from lorefs.sync.site import Site

PLACE: Final = "sync.place"  # the branch and prefix that the last commit applied here is of


def place_of(branch: Branch) -> str:
    """What names a branch and its prefix; no branch has a colon in its name."""
    return f"{branch.name}:{branch.prefix}"


def follows(site: Site, branch: Branch) -> bool:
    """Whether the rows follow a commit of this branch and prefix."""
    return site.store.state(APPLIED) is not None and not is_elsewhere(site, branch)


def is_elsewhere(site: Site, branch: Branch) -> bool:
    """Whether the rows follow another branch, or another directory, than the settings name."""
    known = site.store.state(PLACE)
    return known not in {None, place_of(branch)} and site.store.state(APPLIED) is not None


def settle(site: Site, branch: Branch) -> None:
    """Start anew on a branch or prefix that is another by now, and from one that was deleted.

    What the rows follow says nothing of another branch: it would be taken for what changed there,
    and what stands here would not be sent. A branch that somebody deleted goes on from where it
    was, because what waited there is nowhere else.
    """
    if site.store.state(PLACE) != place_of(branch):
        _start_anew(site, branch)
    applied = site.store.state(APPLIED)
    if applied is not None and branch.tip() is None and branch.objects.has(applied):
        branch.objects.move(branch.ref, applied, None, "lorefs: the branch was deleted")


def _start_anew(site: Site, branch: Branch) -> None:
    store = site.store
    with store.write():
        if is_elsewhere(site, branch):
            store.documents.forget_synced()
            for key in (APPLIED, TAKEN):
                store.drop_state(key)
        store.set_state(PLACE, place_of(branch))
