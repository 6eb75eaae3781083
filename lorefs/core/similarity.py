"""How alike two texts are, by the words they share, and which of many are worth comparing.

Candidates share one of a few smallest hashes of their runs of words (a bottom sketch, the cheap kin
of MinHash: Broder, "On the resemblance and containment of documents", 1997). So the work grows with
the texts, not with their pairs.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from zlib import crc32

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

SKETCH: Final = 8  # hashes of a text
CROWD: Final = 20  # texts that share a hash and are still compared with each other
_WORD: Final = re.compile(r"\w{2,}")


def words(text: str) -> frozenset[str]:
    """The words of a text, folded to one case."""
    return frozenset(_WORD.findall(text.casefold()))


def similarity(a: AbstractSet[str], b: AbstractSet[str]) -> float:
    """The Jaccard index of two sets of words: 1 for equal ones, 0 where none is shared."""
    return len(a & b) / len(a | b) if a and b else 0.0


def sketch(text: str) -> list[int]:
    """The smallest hashes of the runs of four words of a text, folded to one case."""
    tokens = text.casefold().encode("utf-8", "surrogateescape").split()
    runs = zip(tokens, tokens[1:], tokens[2:], tokens[3:], strict=False)
    return sorted({crc32(b" ".join(run)) for run in runs})[:SKETCH]


class Likeness:
    """Texts by name, asked for one that another text is like: `least` (0 to 1) of all words."""

    def __init__(self, least: float) -> None:
        self.least = least
        self._words: dict[str, frozenset[str]] = {}
        self._by_hash: dict[int | frozenset[str], list[str]] = {}

    def add(self, name: str, text: str) -> None:
        """Know a text from now on."""
        self._words[name] = words(text)
        for key in self._keys(text):
            crowd = self._by_hash.setdefault(key, [])
            if len(crowd) < CROWD:
                crowd.append(name)

    def find(self, text: str) -> str:
        """The name of the likest text, the one known longest of several; "" for none."""
        found = words(text)
        names = dict.fromkeys(
            name for key in self._keys(text) for name in self._by_hash.get(key, ())
        )
        likest, best = "", 0.0
        for name in names:
            share = similarity(found, self._words[name])
            if share >= self.least and share > best:
                likest, best = name, share
        return likest

    @staticmethod
    def _keys(text: str) -> list[int | frozenset[str]]:
        """The hashes of a text, and its words, by which short texts are found."""
        return [*sketch(text), words(text)]
