"""How alike two texts are, by the words they share."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

_WORD: Final = re.compile(r"\w{2,}")


def words(text: str) -> frozenset[str]:
    """The words of a text, folded to one case."""
    return frozenset(_WORD.findall(text.casefold()))


def similarity(a: AbstractSet[str], b: AbstractSet[str]) -> float:
    """The Jaccard index of two sets of words: 1 for equal ones, 0 where none is shared."""
    return len(a & b) / len(a | b) if a and b else 0.0
