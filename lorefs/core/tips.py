"""What one cycle of the sync branch does next, from where the tips stand: a pure decision."""

from __future__ import annotations

from typing import NamedTuple


class Tips(NamedTuple):
    """Where the sync branch stands here and on the remote.

    A tip is an oid, None for a branch that is not there. `seen` is the remote's tip when it was
    last looked at. The flags say which commits stand behind which.
    """

    ours: str | None
    theirs: str | None
    seen: str | None = None
    ours_has_theirs: bool = False
    theirs_has_ours: bool = False
    theirs_has_seen: bool = True


class Nothing(NamedTuple):
    """Both say the same."""


class Push(NamedTuple):
    """The remote lacks commits."""

    oid: str


class FastForward(NamedTuple):
    """Only the remote has new commits: adopt its tip."""

    oid: str


class Merge(NamedTuple):
    """Both have commits that the other lacks."""

    ours: str
    theirs: str


class Stop(NamedTuple):
    """The remote no longer holds what it once held: somebody rewrote or deleted the branch."""

    seen: str
    theirs: str | None


Action = Nothing | Push | FastForward | Merge | Stop


def plan(tips: Tips) -> Action:
    """The next step of a cycle."""
    ours, theirs = tips.ours, tips.theirs
    if tips.seen is not None and (theirs is None or not tips.theirs_has_seen):
        return Stop(tips.seen, theirs)
    if ours == theirs:
        return Nothing()
    if ours is None:
        return FastForward(theirs) if theirs else Nothing()
    if theirs is None or tips.ours_has_theirs:
        return Push(ours)
    if tips.theirs_has_ours:
        return FastForward(theirs)
    return Merge(ours, theirs)
