"""Records of what an automatic resolution discarded."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable


class Discard(NamedTuple):
    """One clash that was settled without asking anybody.

    `entry` is an id, "" for prose and front matter. The values are texts, None for an entry
    or a value that is not there; for the field "existence" they are the entry's source.
    `reason` is "last-write", "superseded", "delete-edit", "stricter", "held", "approved",
    "overwritten", "duplicate", "refused" or "unentitled".
    """

    entry: str
    field: str
    base: str | None
    ours: str | None
    theirs: str | None
    chosen: str | None
    reason: str

    @property
    def closed(self) -> bool:
        """Whether nobody has to look at it: an older version gave way to a newer one."""
        return self.reason == "superseded"


def record_id(discard: Discard) -> str:
    """The id of a record, 32 hex digits: the same clash is one record on every machine.

    A hash of entry, field, base and both values; which of them is "ours" does not matter.
    """
    from hashlib import sha256  # a clean merge gets along without it

    values = sorted(map(_framed, (discard.ours, discard.theirs)))
    name = "".join((_framed(discard.entry), _framed(discard.field), _framed(discard.base), *values))
    return sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:32]


def _framed(text: str | None) -> str:
    """A text with its length before it, so that no two lists of texts look alike."""
    return "-;" if text is None else f"{len(text)};{text}"


def once_each(discards: Iterable[Discard]) -> list[Discard]:
    """The records without repetitions, in their order."""
    return list({record_id(discard): discard for discard in discards}.values())
