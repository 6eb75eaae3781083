"""What entries were before: walks a log of changes back, value by value."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from lorefs.core.model import Entry


class Change(Protocol):
    """A line of the log, as far as it matters here; see `store.rows.Change`."""

    @property
    def batch(self) -> str:
        """What was done together."""

    @property
    def entry(self) -> str:
        """The id."""

    @property
    def op(self) -> str:
        """What was done."""

    @property
    def rev(self) -> int:
        """The revision that was replaced, or the first of a new row."""


class Version(NamedTuple):
    """An entry at some time, None where it was not there, up to and with a revision."""

    rev: int
    entry: Entry | None


def versions(
    now: Version, changes: Iterable[Change], before: Callable[[Entry | None, Change], Entry | None]
) -> list[Version]:
    """The versions of one entry, newest first; `changes` are its log, newest first.

    `before` gives what an entry was before one line.
    """
    found = [now]
    entry, batch = now.entry, ""
    for change in changes:
        if change.op not in {"ingest", "add", "edit", "delete"}:
            continue
        entry = before(entry, change)
        version = Version(change.rev if entry is not None else 0, entry)
        if change.batch == batch:
            found[-1] = version
        else:
            found.append(version)
        batch = change.batch
    return found


def pick(found: Sequence[Version], rev: int) -> Version | None:
    """The version with a revision; a negative number counts back from now, -1 the one before.

    A revision that no line names, because several were counted for one change, is the next
    one that does.
    """
    if rev < 0:
        return found[-rev] if -rev < len(found) else None
    there = [version for version in found if version.entry is not None]
    older = [version for version in there if version.rev >= rev]
    if not older or (older[-1] is there[-1] and older[-1].rev != rev):
        return None
    return older[-1]
