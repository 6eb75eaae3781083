"""What a cycle would do, told without doing it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lorefs.core.model import PERSONAL
from lorefs.sync.branch.code import brings
from lorefs.sync.branch.commit import lacking
from lorefs.sync.branch.cycle import waiting
from lorefs.sync.branch.news import untaken_code
from lorefs.sync.branch.place import is_elsewhere
from lorefs.worktree import Found, read

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lorefs.remote import Remote
    from lorefs.sync.branch.branch import Branch
    from lorefs.sync.site import Site


class Preview(NamedTuple):
    """What a sync would do: documents to take in and to commit, commits to send, and news.

    `code` is the commit of the code branch whose lore differs from what was taken in last.
    """

    unsaved: tuple[str, ...]
    commit: tuple[str, ...]
    send: int
    remotes: tuple[tuple[str, bool], ...]
    code: str | None = None


def preview(site: Site, branch: Branch, remotes: Sequence[Remote]) -> Preview:
    """What a cycle would do; asks the remotes, and writes nothing."""
    states = site.store.documents.states()
    unsaved = []
    for state in states:
        found = read(site.git.paths.worktree, state.path)
        if (found.hash if isinstance(found, Found) else None) != state.worktree_hash:
            unsaved.append(state.path)
    shared = [state.path for state in states if state.scope != PERSONAL]
    # on another branch all of it is new
    commit = shared if is_elsewhere(site, branch) else lacking(site, branch)
    news = []
    for remote in remotes:
        tip = remote.poll()
        news.append((remote.name, tip is not None and not _has(branch, tip)))
    comes = bool(commit or set(unsaved).intersection(shared))
    send = waiting(site, branch, remotes) + comes
    return Preview(tuple(unsaved), tuple(commit), send, tuple(news), _code(site, branch))


def _has(branch: Branch, oid: str) -> bool:
    tip, objects = branch.tip(), branch.objects
    return tip is not None and objects.has(oid) and objects.is_ancestor(oid, tip)


def _code(site: Site, branch: Branch) -> str | None:
    """The commit of the code branch that a cycle takes lore from."""
    code = untaken_code(site, branch)
    return code if code is not None and brings(site, branch, code) else None
