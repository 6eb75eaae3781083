"""What a reconcile works on, why it runs, and whether it has anything to do.

Commands that only read come here first, so this module imports little.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from lorefs.errors import DocumentError
from lorefs.repo import Seen, head_signature
from lorefs.worktree import Found, read

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lorefs.config import Config
    from lorefs.repo import Git
    from lorefs.store import Origin, Store
    from lorefs.sync.corpus import Corpus, Known


# The commit of the sync branch that the rows follow.
APPLIED: Final = "sync.applied"
# Documents whose directory is not here: their files wait for it.
HOMELESS: Final = "homeless"
LAST_FAILURE: Final = "last_failure"  # what the user's command was told last, "" once it is over


@dataclass(frozen=True, slots=True)
class Site:
    """A worktree with its database: what a reconcile works on. `tell`: see `progress`."""

    git: Git
    store: Store
    config: Config
    step: Callable[[str], None] = lambda _: None  # crash tests stop a process here
    known: Known = field(default_factory=dict)
    tell: Callable[[str, int, int], None] = lambda *_: None
    seen: Seen = field(default_factory=Seen)

    @property
    def lock(self) -> Path:
        """The lock of who replaces files in this worktree."""
        return self.git.paths.lorefs_dir / "files.lock"


@dataclass(frozen=True, slots=True)
class Request:
    """Why a reconcile runs. `change` edits the current texts, which are what the rows say.

    With `arrives` it brings what others did, which reaches files of git's only through
    `publish`: that gives the text of such a file, by its path and the bytes it has now, or None
    to leave it as it is. `paths` are documents to look at besides those that are known. With
    `first` all of it is seen for the first time: of what is added, the log notes no values.
    """

    origin: Origin
    change: Callable[[Corpus], None] | None = None
    restore: bool = False
    accept_deletions: bool = False
    discover: bool = False
    arrives: bool = False
    publish: Callable[[str, bytes], bytes | None] | None = None
    paths: tuple[str, ...] = ()
    first: bool = False


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


def anything_new(site: Site) -> bool:
    """Whether a file, a row or HEAD differs from what was last seen. Looks at bytes only."""
    store = site.store
    limit = site.config.limits.document_size
    if store.outbox or store.state("head") != head_signature(site.git.paths):
        return True
    if _was_killed(site):
        return True
    root = site.git.paths.worktree
    homeless = (store.state(HOMELESS) or "").split("\n")
    if any(path and root.joinpath(path).parent.is_dir() for path in homeless):
        return True
    if store.state(LAST_FAILURE):  # it may be over
        return True
    for state in store.documents.states():
        if state.pending_hash is not None:
            return True
        try:
            found = read(root, state.path, limit)
        except DocumentError:
            return True
        if (found.hash if isinstance(found, Found) else None) != state.worktree_hash:
            return True
    return False
