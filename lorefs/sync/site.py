"""What a reconcile works on, why it runs, and whether it has anything to do.

Commands that only read come here first, so this module imports little.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from lorefs.errors import DocumentError
from lorefs.repo import Seen, head_signature
from lorefs.worktree import Found, read

if TYPE_CHECKING:
    from collections.abc import Callable

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
    """A worktree with its database: what a reconcile works on."""

    git: Git
    store: Store
    config: Config
    step: Callable[[str], None] = lambda _: None  # crash tests stop a process here
    known: Known = field(default_factory=dict)
    seen: Seen = field(default_factory=Seen)


class SavedMeanwhileError(Exception):
    """Files or rows changed right before a change: they have to be taken in apart from it."""


@dataclass(frozen=True, slots=True)
class Request:
    """Why a reconcile runs. `change` edits the current texts, which are what the rows say.

    With `arrives` it brings what others did, which reaches files of git's only through
    `publish`: that gives the text of such a file, by its path and the bytes it has now, or None
    to leave it as it is. `paths` are documents to look at besides those that are known.
    """

    origin: Origin
    change: Callable[[Corpus], None] | None = None
    restore: bool = False
    accept_deletions: bool = False
    discover: bool = False
    arrives: bool = False
    publish: Callable[[str, bytes], bytes | None] | None = None
    paths: tuple[str, ...] = ()


def anything_new(site: Site) -> bool:
    """Whether a file, a row or HEAD differs from what was last seen. Looks at bytes only."""
    store = site.store
    if store.outbox or store.state("head") != head_signature(site.git.paths):
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
            found = read(root, state.path)
        except DocumentError:
            return True
        if (found.hash if isinstance(found, Found) else None) != state.worktree_hash:
            return True
    return False
