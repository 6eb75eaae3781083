"""What a cycle would do, told without doing it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from lorefs.core.model import PERSONAL
from lorefs.store.documents import digest
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

_EMPTY: Final = digest(b"")


class Preview(NamedTuple):
    """What a sync would do: documents to take in and to commit, commits to send, and news.

    `code` is the commit of the code branch whose lore differs from what was taken in last.
    `rewritten` are the remotes that stop a cycle, as far as that can be told without a fetch.
    """

    unsaved: tuple[str, ...]
    commit: tuple[str, ...]
    send: int
    remotes: tuple[tuple[str, bool], ...]
    code: str | None = None
    rewritten: tuple[str, ...] = ()


def preview(site: Site, branch: Branch, remotes: Sequence[Remote]) -> Preview:
    """What a cycle would do; asks the remotes, and writes nothing."""
    states = site.store.documents.states()
    found = {state.path: read(site.git.paths.worktree, state.path) for state in states}
    unsaved = tuple(s.path for s in states if _hash(found[s.path]) != s.worktree_hash)
    shared = [state.path for state in states if state.scope != PERSONAL]
    # on another branch all of it is new
    commit = shared if is_elsewhere(site, branch) else lacking(site, branch)
    tips = {remote: remote.poll() for remote in remotes}
    # a file that is missing or empty deletes nothing before that is confirmed
    comes = any(_hash(found[path]) not in {None, _EMPTY} for path in {*unsaved} & {*shared})
    return Preview(
        unsaved,
        tuple(commit),
        waiting(site, branch, remotes) + bool(commit or comes),
        tuple((r.name, tip is not None and not _has(branch, tip)) for r, tip in tips.items()),
        _code(site, branch),
        tuple(r.name for r, tip in tips.items() if _is_rewritten(site, branch, r, tip)),
    )


def _hash(found: object) -> str | None:
    return found.hash if isinstance(found, Found) else None


def _is_rewritten(site: Site, branch: Branch, remote: Remote, tip: str | None) -> bool:
    seen, objects = site.store.remotes.state(remote.slug).seen, branch.objects
    if seen in {None, tip}:
        return False
    return tip is None or (
        objects.has(tip) and not (objects.has(seen) and objects.is_ancestor(seen, tip))
    )


def _has(branch: Branch, oid: str) -> bool:
    tip, objects = branch.tip(), branch.objects
    return tip is not None and objects.has(oid) and objects.is_ancestor(oid, tip)


def _code(site: Site, branch: Branch) -> str | None:
    """The commit of the code branch that a cycle takes lore from."""
    code = untaken_code(site, branch)
    return code if code is not None and brings(site, branch, code) else None
