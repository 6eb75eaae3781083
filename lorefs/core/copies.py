"""Which of several entries with one id counts, and when another one only repeats it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lorefs.core.model import PERSONAL, TEAM, scope_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lorefs.core.model import Entry


def keeper(owner: str | None, holders: Sequence[str]) -> str | None:
    """The document whose entry counts, of those that hold one with an id; None for none.

    What the team has comes before what waits for approval, and that before what is personal; then
    `owner`, the one that held it so far, then the smaller path.
    """
    team = [path for path in holders if scope_of(path) == TEAM]
    shared = team or [path for path in holders if scope_of(path) != PERSONAL]
    pool = shared or holders
    if owner in pool:
        return owner
    return min(pool, default=None)


def says_the_same(copy: Entry, entry: Entry) -> bool:
    """Whether a copy says nothing that the entry does not.

    Where they stand, and what a proposal and its approval say of them, is no difference.
    """
    return _neutral(copy) == _neutral(entry)


def _neutral(entry: Entry) -> Entry:
    status = "active" if entry.status == "pending" else entry.status
    return entry._replace(
        path="", scope=TEAM, status=status, proposed_by="", approved_by="", approved_hash=""
    )
