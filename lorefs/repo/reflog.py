"""Reads what HEAD's reflog gained since a place, and finds the place again when it was rewritten.

A reflog is appended to line by line, but `git reflog expire`, which `git gc` runs, takes old
lines away, and it may be switched off, deleted, or passed by (`git symbolic-ref` and `git
checkout --orphan` leave no line). So a place is known by the line before it, and where the
lines do not join, the step between them is made up: a move without a message.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple

from lorefs.core.moves import Step

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# before, after, name, <email>, time, zone, and the message if there is one (gitformat-reflog)
_LINE: Final = re.compile(rb"([0-9a-f]{40,64}) ([0-9a-f]{40,64}) [^\t\n]*(?:\t([^\n]*))?\n")
_DIGEST_LENGTH: Final = 16
_NONE: Final = "-"


class Sight(NamedTuple):
    """An operation that was seen under way when the log had so many lines behind a place."""

    lines: int
    operation: str


class Place(NamedTuple):
    """Where reading a reflog ended.

    `offset` is in bytes, `last` a digest of the line before it ("" if there was none), `oid`
    the commit that HEAD was at ("" on an unborn branch). `sights` are the operations that were
    seen under way since.
    """

    offset: int
    last: str
    oid: str
    sights: tuple[Sight, ...] = ()

    def __str__(self) -> str:
        sights = ",".join(f"{lines}:{operation}" for lines, operation in self.sights)
        return f"{self.offset} {self.last or _NONE} {self.oid or _NONE} {sights or _NONE}"

    def with_sight(self, log: bytes, operation: str) -> Place:
        """This place, with what is under way while the log is this long."""
        sight = Sight(len(_steps_behind(log, self) or ()), operation)
        return self if sight in self.sights else self._replace(sights=(*self.sights, sight))


UNKNOWN: Final = Place(0, "unknown", "")  # is in no log


def parse_place(text: str) -> Place | None:
    """The place that a text stands for, None for one that says nothing to this version."""
    fields = ["" if field == _NONE else field for field in text.split(" ")]
    try:
        offset, last, oid, sights = fields
        seen = (sight.partition(":") for sight in sights.split(",") if sight)
        return Place(int(offset), last, oid, tuple(Sight(int(n), name) for n, _, name in seen))
    except ValueError:
        return None


def end_of(log: bytes, oid: str) -> Place:
    """The place behind the last whole line of a log, where HEAD is at a commit."""
    end = log.rfind(b"\n") + 1
    return Place(end, _digest(log[:end]), oid)


def steps_since(log: bytes, place: Place, oid: str) -> tuple[Step, ...]:
    """The steps of HEAD from a place to the commit `oid` that it is at now, each joining the last.

    From a place that the log does not know any more it is one step, of which nothing is known.
    """
    steps = _steps_behind(log, place) or []
    for lines, operation in place.sights:
        if lines < len(steps):
            steps[lines] = steps[lines]._replace(ended=operation)
    return tuple(_joined(place.oid, steps, oid))


def commits_of(log: bytes) -> tuple[str, ...]:
    """The commits that the lines of a log led to, the oldest first."""
    return tuple(_step(line).after for line in _LINE.finditer(log))


def _steps_behind(log: bytes, place: Place) -> list[Step] | None:
    """The steps of the lines behind a place, None if the log no longer has the line before it."""
    start = _find(log, place)
    return None if start is None else [_step(line) for line in _LINE.finditer(log, start)]


def _find(log: bytes, place: Place) -> int | None:
    """Where a place is now; its line has come nearer to the start where older ones expired."""
    if not place.last:
        return 0  # there was no log yet
    if _digest(log[: place.offset]) == place.last:
        return place.offset
    end = log.rfind(b"\n") + 1
    while end:
        if _digest(log[:end]) == place.last:
            return end
        end = log.rfind(b"\n", 0, end - 1) + 1
    return None


def _digest(log: bytes) -> str:
    """A digest of the last line of a log, "" for one that does not end with a whole line."""
    if not log.endswith(b"\n"):
        return ""
    line = log[log.rfind(b"\n", 0, -1) + 1 :]
    return sha256(line).hexdigest()[:_DIGEST_LENGTH]


def _step(line: re.Match[bytes]) -> Step:
    before, after, message = line.groups(b"")
    return Step(_oid(before), _oid(after), message.decode("utf-8", "surrogateescape"))


def _oid(digits: bytes) -> str:
    return digits.decode("ascii") if digits.strip(b"0") else ""


def _joined(start: str, steps: Sequence[Step], end: str) -> Iterator[Step]:
    """The steps, and what must have happened between those that do not join."""
    at = start
    for step in steps:
        if step.before != at:
            yield Step(at, step.before, "")
        yield step
        at = step.after
    if at != end:
        yield Step(at, end, "")
