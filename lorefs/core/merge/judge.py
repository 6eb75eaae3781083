"""Settles clashes: by what history knows, by the strategy of the field, by the last write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from lorefs.core.merge.sides import OURS, THEIRS, Clash, Settings, Side, smaller
from lorefs.core.model import SENSITIVITIES

if TYPE_CHECKING:
    from lorefs.core.merge.sides import History

# Fields whose clash is a disagreement between people; in all others the last write is taken.
DISPUTED: Final = ("title", "content")

LAST_WRITE: Final = "last-write"
SUPERSEDED: Final = "superseded"
STRICTER: Final = "stricter"
DELETE_EDIT: Final = "delete-edit"
HELD: Final = "held"
UNITED: Final = "united"
APPROVED: Final = "approved"

REASON: Final = "rejected_because"  # the key of why a proposal was rejected


class Verdict(NamedTuple):
    """Which side stands, and why; "both" for a content of which nothing is given up."""

    side: Literal["base", "ours", "theirs", "both"]
    reason: str


class Judge(NamedTuple):
    """The settings of one merge and the history behind it."""

    settings: Settings
    history: History

    def settle(self, entry: str, field: str, clash: Clash[object]) -> Verdict | None:
        """What becomes of a clash; None where it is left to a person."""
        if field == "sensitivity":
            return Verdict(_stricter(clash), STRICTER)
        newer = self.newer(entry, field, clash)
        if newer is not None:
            return Verdict(newer, SUPERSEDED)
        on_clash = self.settings.on_clash
        strategy = self.settings.strategies.get(field, "merge")
        disputed = field in DISPUTED
        match strategy:
            case "hold" if on_clash == "last-write":
                return Verdict("base", HELD)
            case "hold" | "conflict":
                disputed = True
            case "union" if field == "content":
                return Verdict("both", UNITED)
            case "lww" | "union":
                disputed = False
            case "merge":
                pass
        if disputed and on_clash == "markers":
            return None
        if on_clash == "theirs":
            return Verdict(THEIRS, LAST_WRITE)
        return Verdict(self.last_write(entry, field, clash), LAST_WRITE)

    def newer(self, entry: str, field: str, clash: Clash[object]) -> Side | None:
        """The side whose value descends from the other's, if exactly one does."""
        _, ours, theirs = clash.sides
        ours_newer = self.history.supersedes(entry, field, ours, theirs)
        theirs_newer = self.history.supersedes(entry, field, theirs, ours)
        if ours_newer == theirs_newer:
            return None
        return OURS if ours_newer else THEIRS

    def last_write(self, entry: str, field: str, clash: Clash[object]) -> Side:
        """The side that wrote its value later; with equal or unknown times the bytes decide."""
        ours_at = self.history.written_at(OURS, entry, field)
        theirs_at = self.history.written_at(THEIRS, entry, field)
        if ours_at is None or theirs_at is None or ours_at == theirs_at:
            _, ours, theirs = clash.sides
            return OURS if smaller(ours, theirs) == ours else THEIRS
        return OURS if ours_at > theirs_at else THEIRS


def _stricter(clash: Clash[object]) -> Side:
    """The stricter sensitivity; a word that lorefs does not know is taken as the strictest."""
    _, ours, theirs = (
        SENSITIVITIES.index(str(word)) if word in SENSITIVITIES else len(SENSITIVITIES)
        for word in clash.sides
    )
    return OURS if ours >= theirs else THEIRS
