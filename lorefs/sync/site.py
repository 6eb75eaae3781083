"""What a reconcile works on, why it runs, and whether it has anything to do.

Commands that only read come here first, so this module imports little.
"""

from __future__ import annotations

import json
import os
import sys
from stat import S_ISREG
from typing import TYPE_CHECKING, Final, NamedTuple

from lorefs.config import Filters
from lorefs.core.model import SCOPES
from lorefs.errors import DocumentError
from lorefs.repo import Seen, head_signature
from lorefs.worktree import Found, read

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from lorefs.config import Config
    from lorefs.repo import Git
    from lorefs.store import DocumentState, Origin, Store
    from lorefs.sync.corpus import Corpus
    from lorefs.sync.known import Known
    from lorefs.sync.reconcile.approval import Kept
    from lorefs.sync.reconcile.observe import Observation


# The commit of the sync branch that the rows follow.
APPLIED: Final = "sync.applied"
# The commit whose standing the rows show: who was entitled to what they say.
JUDGED: Final = "sync.judged"
# The filter that the rows follow.
FILTER: Final = "sync.filter"
# Documents whose directory is not here: their files wait for it.
HOMELESS: Final = "homeless"
LAST_FAILURE: Final = "last_failure"  # what the user's command was told last, "" once it is over
LAST_SYNC_FAILURE: Final = "last_failure.sync"  # the same of exchanges with the team


class Site(NamedTuple):
    """A worktree with its database: what a reconcile works on. `tell`: see `progress`."""

    git: Git
    store: Store
    config: Config
    known: Known
    seen: Seen
    step: Callable[[str], None] = lambda _: None  # crash tests stop a process here
    tell: Callable[[str, int, int], None] = lambda *_: None

    @property
    def lock(self) -> Path:
        """The lock of who replaces files in this worktree."""
        return self.git.paths.lorefs_dir / "files.lock"


class Request(NamedTuple):
    """Why a reconcile runs. `change` edits the current texts, which are what the rows say.

    With `arrives` it brings what others did, which reaches files of git's only through
    `publish`: that gives the text of such a file, by its path and the bytes it has now, or None
    to leave it as it is. `finish` is called in the same transaction once all rows are written.
    `paths` are documents to look at besides those that are known, and `named` the only ones
    whose files may have changed, where somebody watches them all. With `approve` an approver
    says that what the change adds need not wait. With `first` all of it is seen for the first
    time: of what is added, the log notes no values. `keep` keeps out what the team's policy does
    not let through of what was here before others were met. `by` names those who made what arrives,
    "" where that is the actor of `origin`.
    """

    origin: Origin
    change: Callable[[Corpus], None] | None = None
    restore: bool = False
    accept_deletions: bool = False
    discover: bool = False
    arrives: bool = False
    publish: Callable[[str, bytes], bytes | None] | None = None
    paths: tuple[str, ...] = ()
    finish: Callable[[], None] | None = None
    named: frozenset[str] | None = None
    approve: bool = False
    first: bool = False
    keep: Callable[[Observation, Corpus], Kept] | None = None
    by: str = ""


def filter_text(site: Site) -> str:
    """The filter of the settings, as `FILTER` notes it."""
    return json.dumps(site.config.filter)


def is_filter_news(site: Site) -> bool:
    """Whether the rows follow another filter than the settings name, or none was noted yet."""
    return site.store.state(FILTER) != filter_text(site)


def is_filter_changed(site: Site) -> bool:
    """Whether the rows follow another filter than the settings name."""
    known = site.store.state(FILTER)
    return known is not None and known != filter_text(site)


def is_filtered(site: Site) -> bool:
    """Whether something may have to be hidden or shown."""
    return is_filter_news(site) or site.config.filter != Filters()


def _was_killed(site: Site) -> bool:
    """Whether the process that held the lock last was killed over it."""
    try:
        holder = site.lock.read_bytes().strip()
    except OSError:
        return False
    if not holder.isdigit():
        return bool(holder)
    try:
        os.kill(int(holder), 0)  # sends nothing, and tells whether there is such a process
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        pass  # there is one, of another user
    return False


def anything_new(site: Site, documents: Collection[str] | None = None) -> bool:
    """Whether a file, a row or HEAD differs from what was last seen. Looks at bytes only.

    With `documents` only the files of those are looked at.
    """
    if anything_waits(site):
        return True
    known = site.store.documents
    if documents is None:
        states = known.states()
        if unknown_at_top(site, {state.path for state in states}):
            return True
    else:
        states = [state for path in documents if (state := known.state(path)) is not None]
        if len(states) < len(documents):  # nobody knows the others
            return True
    return known.any_pending() or any(
        _differs(site, state) for state in _newest_first(site, states)
    )


def unknown_at_top(site: Site, known: Collection[str]) -> set[str]:
    """Documents at the top of the worktree that nobody has taken in yet.

    People begin there with an editor, and the next command must not say that there is nothing.
    """
    root = site.git.paths.worktree
    return {name for name in SCOPES if name not in known and _is_file(root / name)}


def _is_file(path: Path) -> bool:
    try:
        return S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def _newest_first(site: Site, states: list[DocumentState]) -> list[DocumentState]:
    """Documents in an order in which one that was saved comes early; it decides nothing."""

    def saved_at(state: DocumentState) -> int:
        try:
            return os.stat(f"{root}/{state.path}", follow_symlinks=False).st_mtime_ns  # noqa: PTH116  # for each document
        except OSError:
            return sys.maxsize

    root = site.git.paths.worktree
    return sorted(states, key=saved_at, reverse=True)


def anything_waits(site: Site) -> bool:
    """Whether there is a reason to look at all documents that no file of a document tells."""
    store = site.store
    if store.outbox or store.state("head") != head_signature(site.git.paths):
        return True
    if _was_killed(site):
        return True
    root = site.git.paths.worktree
    homeless = (store.state(HOMELESS) or "").split("\n")
    if any(path and root.joinpath(path).parent.is_dir() for path in homeless):
        return True
    return bool(store.state(LAST_FAILURE))  # it may be over


def has_spool(site: Site) -> bool:
    """Whether the merge driver has left something."""
    folder = site.git.paths.lorefs_dir / "spool"
    return folder.is_dir() and any(folder.glob("*.json"))


def _differs(site: Site, state: DocumentState) -> bool:
    """Whether a file is not what was last seen of it."""
    try:
        found = read(site.git.paths.worktree, state.path, site.config.limits.document_size)
    except DocumentError:
        return True
    return (found.hash if isinstance(found, Found) else None) != state.worktree_hash
