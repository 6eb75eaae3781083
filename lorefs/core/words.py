"""What changed between two texts, word by word."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

Kind = Literal["same", "gone", "new"]

# White space belongs to the word behind it: spaces alone are so many that to compare them
# takes long, and says nothing.
_WORDS: Final = r"\s*\S+|\s+"
# Past this many words the texts are shown one after the other; the comparison is quadratic.
WORD_LIMIT: Final = 2_000


class Stretch(NamedTuple):
    """Some words that both texts have, or only the older or the newer one."""

    kind: Kind
    text: str


def word_diff(before: str, after: str) -> list[Stretch]:
    """The stretches of two texts, those that are gone before those that are new.

    Without the new ones they join to `before`, without the gone ones to `after`.
    """
    old, new = re.findall(_WORDS, before), re.findall(_WORDS, after)
    if before == after or max(len(old), len(new)) > WORD_LIMIT:
        return list(_stretches(before, after))
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    return [
        stretch
        for _, start, end, new_start, new_end in matcher.get_opcodes()
        for stretch in _stretches("".join(old[start:end]), "".join(new[new_start:new_end]))
    ]


def _stretches(before: str, after: str) -> Iterator[Stretch]:
    """Two texts as what they have in common and what not; white space first."""
    space = re.match(r"\s*", before)
    lead = space[0] if space and after.startswith(space[0]) else ""
    if before == after:
        lead = before
    pieces = [
        Stretch("same", lead),
        Stretch("gone", before[len(lead) :]),
        Stretch("new", after[len(lead) :]),
    ]
    yield from (piece for piece in pieces if piece.text)
