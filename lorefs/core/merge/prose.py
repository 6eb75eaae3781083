"""Merges what is no entry: prose that both sides rewrote, and the front matter."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from lorefs.core.ledger import Discard
from lorefs.core.merge.sides import Clash, Clean, Disagreement, Sides, smaller, three_way
from lorefs.core.merge.skeleton import PROSE

if TYPE_CHECKING:
    from lorefs.core.merge.judge import Judge
    from lorefs.core.merge.skeleton import Item

# Prose belongs to no entry; in the ledger the entry of its records is empty.
NO_ENTRY: Final = ""

# A top-level key of block YAML with all that is indented or commented below it.
_KEY = r"^([^\s#:][^:\n]*):"


class Proofreader:
    """Settles prose and front matter, and gathers what is discarded on the way."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.discards: list[Discard] = []
        self.conflicts: list[Disagreement] = []

    def merge_prose(self, sides: Sides[str]) -> str:
        """Prose that both sides rewrote: by line and word, else as a clash."""
        from lorefs.core.merge.text import merge_text

        merged = merge_text(sides)
        readings = merged.readings()
        return readings.ours if merged.clean else self._settle("prose", sides, readings)

    def merge_front_matter(self, sides: Sides[str]) -> str:
        """The front matter, by top-level key; "" where there is none."""
        found = three_way(sides)
        if isinstance(found, Clean):
            unchanged: str = found.value
            return unchanged
        keyed = Sides(*map(_by_key, sides))
        fence = smaller(sides.ours, sides.theirs) or sides.base
        opening, closing = fence.partition("\n")[0], fence.rpartition("\n")[2]
        pieces = [opening + "\n"]
        for key in dict.fromkeys([*smaller(keyed.ours, keyed.theirs), *keyed.ours, *keyed.theirs]):
            values = Sides(*(side.get(key, "") for side in keyed))
            piece = three_way(values)
            if isinstance(piece, Clean):
                pieces.append(piece.value)
            else:
                pieces.append(self._settle(f"front_matter.{key}", values, values))
        return "".join(pieces) + closing

    def note_deletion(self, path: str, texts: Sides[str | None]) -> None:
        """Records prose that was edited on one side and deleted with its document on the other."""
        if not {texts.ours, texts.theirs} <= {texts.base, None}:
            self.discards.append(Discard(NO_ENTRY, path, *texts, None, "delete-edit"))

    def so_far(self) -> tuple[int, int]:
        """How much was gathered, for `forget_since`."""
        return len(self.discards), len(self.conflicts)

    def forget_since(self, before: tuple[int, int]) -> None:
        """Forget what was gathered for a text that is not used after all."""
        del self.discards[before[0] :], self.conflicts[before[1] :]

    def note_prose(self, skeletons: Sides[list[Item]]) -> None:
        """Records the prose of two sides that could not stand in one document."""
        prose = Sides(
            *("\n\n".join(item.text for item in side if item.kind == PROSE) for side in skeletons)
        )
        self.discards.append(Discard(NO_ENTRY, "prose", *prose, prose.base, "last-write"))

    def _settle(self, field: str, sides: Sides[str], takes: Sides[str]) -> str:
        verdict = self.judge.settle(NO_ENTRY, field, Clash(sides))
        if verdict is None or (field == "prose" and self.judge.settings.on_clash == "markers"):
            self.conflicts.append(Disagreement(NO_ENTRY, field, *sides))
            from lorefs.core.merge.conflict import with_markers

            return with_markers(takes, self.judge.settings)
        chosen: str = getattr(takes, verdict.side)
        self.discards.append(Discard(NO_ENTRY, field, *sides, chosen, verdict.reason))
        return chosen


def _by_key(front_matter: str) -> dict[str, str]:
    """The lines of each top-level key, between the fences; what stands before any under ""."""
    inner = front_matter.partition("\n")[2].rpartition("\n")
    body = inner[0] + inner[1]
    matches = list(re.finditer(_KEY, body, re.MULTILINE))
    ends = [*(match.start() for match in matches), len(body)]
    found = {"": body[: ends[0]]} if ends[0] else {}
    for n, match in enumerate(matches):
        found[match[1]] = found.get(match[1], "") + body[match.start() : ends[n + 1]]
    return found
