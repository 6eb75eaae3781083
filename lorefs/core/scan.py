r"""Finds the blocks of a document: offsets into its text, with nothing copied but names.

A line ends at "\n", and a "\r" before it belongs to the line end. A blank line holds spaces,
tabs and "\r" only. All patterns are linear: white space is matched possessively, and what was
once searched for in vain is never searched for again.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

FRONT_MATTER: Final = "front_matter"
HEADING: Final = "heading"
ENTRY: Final = "entry"
UNCLAIMED: Final = "unclaimed"
PROSE: Final = "prose"

MAX_HEADING_LEVEL: Final = 3  # deeper headings are prose, or the body of an entry

# What patterns are put together from; all but the first stand at the start of a line.
REST: Final = r"[ \t\r]*+(?:\n|\Z)"
BLANK_LINES: Final = r"(?:[ \t\r]*+\n)*+"
MARKER: Final = rf"<!--[ \t]*+lore:[ \t]*+([^\s>]+?)[ \t]*+-->{REST}"
METADATA: Final = r"<!--[ \t]*+\{[^\n]*\}[ \t]*+-->"
BULLET: Final = r"[*+-][ \t]"
TITLED: Final = rf"{BULLET}++\*\*[ \t]*+[^\n]+?\*\*:(?:[ \t]|\r*+\n|\Z)"
ATX: Final = r"(?:[ \t\r\n]|\Z)"  # what follows the number signs of a heading
RULE: Final = rf"(?P<rule>[-*_])[ \t]*+(?:(?P=rule)[ \t]*+){{2,}}+{REST}"
CONFLICT: Final = rf"(?:<{{7,}}+|>{{7,}}+|\|{{7,}}+)(?:[ \r\n]|\Z)|={{7,}}+{REST}"
# What ends a list item though no blank line stands before it. As in CommonMark only an
# ordered list that begins with 1 does: wrapped text may well begin a line with "2026. ".
INTERRUPTION: Final = (
    rf"<!--|\#{{1,6}}{ATX}|{BULLET}|1[.)][ \t]|`{{3}}|~{{3}}|{CONFLICT}|{RULE}"
)

_BLANK_LINES = re.compile(BLANK_LINES)
_ENTRY_HEAD = re.compile(
    rf"{MARKER}{BLANK_LINES}(?:{METADATA}{REST}{BLANK_LINES})?(?=({BULLET})|(\#{{4,6}})[ \t])(?!{RULE})"
)
_ITEM_REST = re.compile(
    rf"(?:\n(?:{BLANK_LINES}(?= {{2}}| ?\t)[ \t\r]*+(?!\Z)|(?!{REST}|{INTERRUPTION}))[^\n]*+)*+"
)
_TITLED = re.compile(TITLED)
# Lines that certainly begin no block of their own; the first that may do so ends the match.
_PROSE_REST = re.compile(
    rf"(?:\n(?!{REST}|\#{{1,3}}{ATX}|<[!/A-Za-z]|`{{3}}|~{{3}}|{BULLET}++\*\*)[^\n]*+)*+"
)


class Span(NamedTuple):
    """A block: `text[start:end]`, without its last line end.

    `name` is the id of an entry as written, or the title of a heading; `level` is that of a
    heading.
    """

    kind: str
    start: int
    end: int
    name: str = ""
    level: int = 0


def scan(text: str, start: int = 0) -> list[Span]:
    """The blocks of `text` from the offset `start` on, where front matter may stand.

    A list item that looks like a hand-written entry is UNCLAIMED wherever it stands.
    """
    return _Scanner(text).spans(start)


class _Scanner:
    """One pass over a text; it remembers what was searched for, so that none is quadratic."""

    __slots__ = ("comment_end", "fences", "raw_end", "size", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.size = len(text)
        self.fences: _FenceEnds | None = None
        # where the next of them ends, from the offset that was searched last
        self.comment_end = 0
        self.raw_end = 0

    def spans(self, start: int) -> list[Span]:
        text, size = self.text, self.size
        found: list[Span] = []
        front = self._front_matter(start)
        if front is not None:
            found.append(front)
            start = front.end
        skip = _BLANK_LINES.match
        ahead: Span | None = None  # found while looking for the end of prose
        while True:
            start = skip(text, start).end()  # type: ignore[union-attr]
            if start == size or (size - start < 64 and not text[start:].strip(" \t\r")):
                return found
            span = ahead or self._block(start)
            if span is None:
                span, ahead = self._prose(start)
            else:
                ahead = None
            found.append(span)
            start = span.end

    def _block(self, at: int) -> Span | None:
        """The block that begins with the line at `at`, None if that is a paragraph's."""
        first = self.text[at]
        if first == "<":
            return self._entry(at) or self._opaque(at)
        if first == "#":
            return self._heading(at)
        if first in "*+-":
            if _TITLED.match(self.text, at):
                return Span(UNCLAIMED, at, self._item_end(at))
        elif first in "`~":
            return self._opaque(at)
        return None
