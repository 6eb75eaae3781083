"""Rules about characters that people do not see and machines obey.

Sources: Unicode Technical Report 36 (what is invisible or reorders text), Unicode Technical
Standard 51 (where emoji need joiners, selectors and tags).
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from lorefs.check.finding import Hit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lorefs.check.corpus import Corpus
    from lorefs.check.source import Source

# Embeddings, overrides and isolates. The marks LRM, RLM and ALM reorder no letters of their
# neighbours, and right-to-left text needs them; they are invisible among others.
BIDI: Final = "[\u202a-\u202e\u2066-\u2069]+"
# Tags spell text that nobody sees; the flag of an emoji is the one place for them.
_FLAG: Final = "\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f"
# What has no width, joiners and variation selectors apart: soft hyphen, grapheme joiner, marks
# of direction, fillers, separators, zero-width space, word joiner, invisible operators, byte
# order marks, annotations, tags.
_NO_WIDTH: Final = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u2028\u2029"
    "\u2060-\u2065\u206a-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U000e0fff"
)
_JOINERS: Final = "\u200c\u200d"
_SELECTORS: Final = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
INVISIBLE: Final = f"{_FLAG}|[{_NO_WIDTH}]+|[{_JOINERS}{_SELECTORS}]+"
_RIGHT_TO_LEFT: Final = frozenset({"R", "AL"})
_NEAR: Final = 40  # characters on either side among which right-to-left letters count
_MARKS: Final = frozenset("\u061c\u200e\u200f")

# Terminals obey these; a carriage return is part of a line end only before a line feed.
CONTROL: Final = "(?:[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]|\r(?!\n|\\Z))+"


def bidi(source: Source, _: Corpus) -> Iterator[Hit]:
    """Characters that make text look other than it reads."""
    yield from _hits(source, BIDI, "changes the order in which text is shown")


def invisible(source: Source, _: Corpus) -> Iterator[Hit]:
    """Characters that nobody sees, where no script or emoji needs them."""
    for start, end in invisible_runs(source.text):
        run = source.text[start:end]
        yield Hit(start, f"{_named(run)} cannot be seen{_spelled(run)}")


def control(source: Source, _: Corpus) -> Iterator[Hit]:
    """Characters that a terminal obeys."""
    yield from _hits(source, CONTROL, "is obeyed by terminals")


def invisible_runs(text: str) -> Iterator[tuple[int, int]]:
    """Where invisible characters stand that nothing around them needs."""
    if text.isascii():
        return
    for run in re.finditer(INVISIBLE, text):
        start, end = run.span()
        if start == 0 and run[0][0] == "\ufeff":  # a byte order mark, in its place
            start = 1
        if start < end and not _is_needed(text, start, end):
            yield start, end


def _is_needed(text: str, start: int, end: int) -> bool:
    """Whether a script or an emoji needs these characters here."""
    run = text[start:end]
    before, after = text[start - 1 : start], text[end : end + 1]
    if run[0] == "\U0001f3f4":
        return True
    if set(run) <= _MARKS:
        near = text[max(start - _NEAR, 0) : start] + text[end : end + _NEAR]
        return any(unicodedata.bidirectional(char) in _RIGHT_TO_LEFT for char in near)
    if not re.fullmatch(f"[{_SELECTORS}]?[{_JOINERS}]?", run) or before.isascii():
        # digits and signs get an emoji's form by one selector: `1\ufe0f\u20e3`
        return run == "\ufe0f" and before in "0123456789#*" and after == "\u20e3"
    return run[-1] not in _JOINERS or (after != "" and not after.isascii())


def _hits(source: Source, pattern: str, words: str) -> Iterator[Hit]:
    for run in re.finditer(pattern, source.text):
        yield Hit(run.start(), f"{_named(run[0])} {words}")


def _named(run: str) -> str:
    """The characters as code points, the first with its name."""
    name = unicodedata.name(run[0], "")
    first = f"U+{ord(run[0]):04X}" + (f" ({name.lower()})" if name else "")
    return first if len(run) == 1 else f"{first} and {len(run) - 1} more"


def _spelled(run: str) -> str:
    """What tags spell: hidden words are worth showing."""
    words = "".join(chr(ord(char) - 0xE0000) for char in run if 0xE0020 <= ord(char) <= 0xE007E)  # noqa: PLR2004
    return f"; it spells {words[:60]!r}" if words else ""
