"""The vocabulary of the merge: three sides, what becomes of a value, and whom to ask.

A merge decides first and settles afterwards. `three_way` says whether a value is `Clean` or
a `Clash`; a `Judge` (see `judge.py`) turns a clash into a `Verdict` by the settings and by
what history knows, or leaves it standing for a person.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Generic, Literal, NamedTuple, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

Side = Literal["ours", "theirs"]
OURS: Final[Side] = "ours"
THEIRS: Final[Side] = "theirs"

EXISTENCE: Final = "existence"

OnClash = Literal["markers", "last-write", "theirs"]
Strategy = Literal["merge", "lww", "union", "conflict", "hold"]
DeleteEdit = Literal["keep", "delete", "conflict"]


class Sides(NamedTuple, Generic[T_co]):
    """One thing in its three versions, in git's sense of the names."""

    base: T_co
    ours: T_co
    theirs: T_co


class Clean(NamedTuple, Generic[T_co]):
    """A value that nobody disputes."""

    value: T_co


class Clash(NamedTuple, Generic[T_co]):
    """A value that both sides changed, and not alike."""

    sides: Sides[T_co]


class Disagreement(NamedTuple):
    """A clash that is left to a person: values as text, None for an absent entry."""

    entry: str
    field: str
    base: str | None
    ours: str | None
    theirs: str | None


class History(Protocol):
    """What a merge may ask about the commits behind the two sides.

    Values are those of `model.Entry`; for the field "existence" they are whole entries, with
    None for an entry that is not there.
    """

    def supersedes(self, entry: str, field: str, newer: object, older: object) -> bool:
        """Whether a commit that holds `newer` descends from a commit that holds `older`."""
        ...

    def written_at(self, side: Side, entry: str, field: str) -> int | None:
        """Committer time (seconds) of the commit that gave a side the value it now has.

        The newest commit in that side's own history whose value differs from that of each
        of its parents; None where no commit holds it.
        """
        ...


class NoHistory:
    """For merges without commits: nothing supersedes anything, and bytes decide."""

    def supersedes(self, *_: object) -> bool:
        """Never."""
        return False

    def written_at(self, *_: object) -> int | None:
        """Nobody knows."""
        return None


class Settings(NamedTuple):
    """How clashes are settled.

    `on_clash` is "markers" where a person will see the result (the driver), "last-write" in
    the background, "theirs" in an ingest, where the file wins. `strategies` maps fields to
    what the root document's `merge:` says. `marker_size` is git's `conflict-marker-size`.
    """

    on_clash: OnClash = "last-write"
    delete_edit: DeleteEdit = "keep"
    strategies: Mapping[str, Strategy] = {}
    labels: Sides[str] = Sides("base", "ours", "theirs")
    marker_size: int = 7
    show_base: bool = False  # merge.conflictStyle = diff3


def three_way(sides: Sides[T], key: Callable[[T], object] | None = None) -> Clean[T] | Clash[T]:
    """The value that only one side changed, or that both changed alike; else the clash.

    `key` says what counts as equal. Where values are equal by their key but not to the byte,
    the bytes decide in the same way, and where both sides differ from the base the smaller
    ones stand, so that the answer does not depend on who is "ours".
    """
    base, ours, theirs = sides
    if ours == theirs or theirs == base:
        return Clean(ours)
    if ours == base:
        return Clean(theirs)
    if key is None:
        return Clash(sides)
    base_key, ours_key, theirs_key = key(base), key(ours), key(theirs)
    if ours_key == theirs_key:
        return Clean(min(ours, theirs, key=_ordered))
    if ours_key == base_key:
        return Clean(theirs)
    if theirs_key == base_key:
        return Clean(ours)
    return Clash(sides)


def formatting(sides: Sides[str]) -> str:
    """Source that carries no value: three-way, and where both changed the smaller stands."""
    found = three_way(sides)
    return found.value if isinstance(found, Clean) else smaller(sides.ours, sides.theirs)


def _ordered(value: object) -> tuple[bool, str]:
    """Sorts any value, an absent one first. Strings are compared by code point."""
    return value is not None, value if isinstance(value, str) else repr(value)


def smaller(ours: T, theirs: T) -> T:
    """The one of two values whose text is bytewise smaller: the same from both sides."""
    return min(ours, theirs, key=_ordered)
