"""What a document's file brings, against which base, and who owns the file: one decision.

Pure: facts in, actions out. `sync/reconcile/run.py` gathers the facts and carries the actions
out, one by one, in this order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from lorefs.core.model import PERSONAL

if TYPE_CHECKING:
    from collections.abc import Iterator

FileState = Literal["present", "missing", "unreadable", "busy"]


_EMPTIED: Final = (
    "its file is empty; `git restore` brings it back,"
    " `lorefs reconcile --accept-deletions` deletes its entries"
)


class Facts(NamedTuple):
    """What is known about one document. Hashes are those of whole files.

    `tracked` says whether HEAD holds the document, `was_tracked` whether it did when the file
    was last seen. `moved_to` is the commit that HEAD's newest move led to since then, None
    without one; `committed` that it only went on by the user's own commits. `busy` names what
    keeps git's files from being touched. `empty` says that the file is there and holds nothing.
    """

    document: str
    scope: str
    file: FileState
    file_hash: str | None
    worktree_hash: str | None
    pending_hash: str | None = None
    sync: bool = False
    tracked: bool = False
    was_tracked: bool = False
    ignored: bool = False
    moved_to: str | None = None
    committed: bool = False
    busy: str | None = None
    restore: bool = False
    accept_deletions: bool = False
    empty: bool = False


class Finish(NamedTuple):
    """The file was replaced as intended: note it as the worktree base."""


class Rewrite(NamedTuple):
    """The file was about to be replaced: do it now.

    A file of lorefs's own lags behind its rows in any case; what was published into one of git's
    is noted nowhere else.
    """


class Drop(NamedTuple):
    """The file became something else meanwhile: the intended text is void."""


class Ingest(NamedTuple):
    """Merge the file in. `base` is a commit, None for the bytes last seen in the worktree."""

    base: str | None


class Delete(NamedTuple):
    """The file is gone, and its entries with it."""


class Restore(NamedTuple):
    """Write the file again from the rows."""


class Wait(NamedTuple):
    """Neither take from the file nor write to it, for a reason."""

    reason: str


class Ask(NamedTuple):
    """The file is gone, but nobody said that its entries shall be: a person decides."""

    reason: str = "its file is gone"


Action = Finish | Rewrite | Drop | Ingest | Delete | Restore | Wait | Ask


def plan(facts: Facts) -> Iterator[Action]:
    """The actions for one document."""
    if facts.busy is not None:
        yield Wait(facts.busy)
        return
    if facts.file == "unreadable":
        yield Wait("it cannot be read; make it and its directory readable for this user")
        return
    if facts.file == "busy":
        yield Wait("another program has it open for writing")
        return
    if facts.pending_hash is not None:
        if facts.file_hash == facts.pending_hash:
            yield Finish()
            return
        if facts.file_hash == facts.worktree_hash and facts.moved_to is None:
            yield Rewrite()
            return
        yield Drop()
    if facts.file == "present":
        if facts.file_hash == facts.worktree_hash:
            return
        if _is_emptied(facts):
            yield from _missing(facts)
        else:
            known = facts.sync and facts.tracked and facts.worktree_hash is not None
            yield Ingest(facts.moved_to if known else None)
        return
    yield from _missing(facts)


def _is_emptied(facts: Facts) -> bool:
    """Whether a file lost all it held, and neither git nor the rules say that it may.

    With sync off the file of a team is the truth, whatever it says.
    """
    guarded = facts.sync or facts.scope == PERSONAL
    return guarded and facts.empty and facts.worktree_hash is not None and facts.moved_to is None


def _missing(facts: Facts) -> Iterator[Action]:
    """A file that is not there. It was never written, was taken away by git, or deleted."""
    if facts.worktree_hash is None or facts.restore:
        yield Restore()
    elif facts.accept_deletions:
        yield Delete()
    elif not facts.sync and facts.scope != PERSONAL:
        # the file is the truth: a deletion of what git holds can be taken back there
        yield Delete() if facts.tracked or facts.was_tracked else Ask()
    elif facts.sync and facts.ignored and not facts.tracked and facts.moved_to is not None:
        yield Restore()  # git took it away with a commit that untracks it
    elif facts.sync and (facts.tracked or facts.was_tracked):
        yield Wait(_EMPTIED if facts.empty else "its file is not in the worktree")
    else:
        yield Ask("its file is empty") if facts.empty else Ask()


def is_mass_deletion(before: int, gone: int, share: float, count: int) -> bool:
    """Whether so many of the entries of a batch vanish that somebody has to confirm it."""
    return gone >= count and gone > before * share


def owns_file(facts: Facts) -> bool:
    """Whether the file says what the rows say, whoever changed them; else it is git's."""
    if facts.scope == PERSONAL or not facts.sync:
        return True
    return facts.ignored and not facts.tracked
