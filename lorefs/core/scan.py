"""Finds the structure of a document: a line scanner that keeps every position.

Markdown libraries give no source positions, and of Markdown only little matters here: where
an entry starts, where its list item ends, and what is code or HTML and therefore no entry.
The scanner looks at the first character of a line, jumps from line end to line end with
`str.find`, and cuts one span for each block.

Where CommonMark would let a half-typed line swallow the rest of the document (a code fence or
a comment that is never closed) the scanner reads that one line as prose: every entry behind
it would look deleted otherwise.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

FRONT_MATTER: Final = "front_matter"
HEADING: Final = "heading"
ENTRY: Final = "entry"
UNCLAIMED: Final = "unclaimed"
PROSE: Final = "prose"

MARKER: Final = re.compile(r"<!--[ \t]*lore:([^\s>]+)[ \t]*-->[ \t]*(?=\r?\n|\Z)")
# What nearly every entry looks like: one line of text between blank lines. It saves a look at
# each line around it.
_USUAL: Final = re.compile(
    r"<!-- lore:([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}) -->\n"
    r"[*+-] \*\*[^\n]+(?<!\r)(?=\n\n[<#])"
)
_HEADING: Final = re.compile(r"(#{1,6})(?=[ \t\r\n]|\Z)")
_BULLET: Final = re.compile(r"[*+-][ \t]+(?=[^ \t\r\n])")
_UNCLAIMED: Final = re.compile(r"[*+-][ \t]+\*\*[^\s*]")
_FENCE: Final = re.compile(r"`{3,}(?=[^`\n]*(?:\n|\Z))|~{3,}")
_BREAK: Final = re.compile(r"([*_-])[ \t]*(?:\1[ \t]*){2,}(?=\r?\n|\Z)")
_CONFLICT: Final = re.compile(r"(?:<{7,}|>{7,}|\|{7,}|={7,})(?=[ \r\n]|\Z)")
_RAW_HTML: Final = re.compile(r"<(pre|script|style|textarea)(?=[\s>])", re.IGNORECASE)
_TAG: Final = re.compile(r"</?[A-Za-z]")
_METADATA: Final = re.compile(r"<!--[ \t]*\{")

BODY_LEVEL: Final = 4  # the first heading level that can be an entry's body


class Span(NamedTuple):
    """A block in the text: [start, end) without its last line end.

    `id` is that of an entry as its marker says it, `level` that of a heading.
    """

    kind: str
    start: int
    end: int
    id: str = ""
    level: int = 0


def scan(text: str, start: int) -> Iterator[Span]:
    """The blocks of a document from `start` on; blank lines between them are left out.

    UNCLAIMED spans are candidates: whether they stand under a category heading is for the
    document to say.
    """
    scanner = _Scanner(text)
    position = start
    if text.startswith("---", start):
        end = _front_matter_end(text, start)
        if end > start:
            yield Span(FRONT_MATTER, start, end)
            position = scanner.next_line(end)
    size = len(text)
    while position < size:
        first = text[position]
        if first == "\n":
            position += 1
            continue
        usual = _USUAL.match(text, position) if first == "<" else None
        if usual:
            end = usual.end()
            yield Span(ENTRY, position, end, usual[1])
            position = end + 2
            continue
        if first in " \t\r":
            end = scanner.line_end(position)
            if not text[position:end].strip(" \t\r"):
                position = end + 1
                continue
        span = scanner.block(position, first)
        yield span
        position = scanner.next_line(span.end)


def _front_matter_end(text: str, start: int) -> int:
    """The end of the closing `---` line, `start` if there is none."""
    line_end = text.find("\n", start)
    if line_end < 0 or text[start:line_end].rstrip(" \t\r") != "---":
        return start
    position = line_end + 1
    while (position := text.find("---", position)) >= 0:
        line_end = text.find("\n", position)
        line_end = len(text) if line_end < 0 else line_end
        if text[position - 1] == "\n" and not text[position + 3 : line_end].strip(" \t\r"):
            return position + 3
        position += 3
    return start


class _Scanner:
    """The text, and what is known never to be closed in it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.size = len(text)
        self.last_comment_end = text.rfind("-->")
        self.unclosed: dict[str, int] = {}  # fence character: shortest run that stays open

    def line_end(self, position: int) -> int:
        """Where the line at `position` ends: at its line feed, or at the end of the text."""
        end = self.text.find("\n", position)
        return self.size if end < 0 else end

    def text_end(self, line_end: int) -> int:
        """The end of a line's text, before a carriage return."""
        return line_end - 1 if line_end and self.text[line_end - 1] == "\r" else line_end

    def next_line(self, position: int) -> int:
        """The start of the line behind the one at `position`."""
        return self.line_end(position) + 1

    def block(self, position: int, first: str) -> Span:
        """The block that starts at the non-blank line at `position`."""
        text = self.text
        if first == "<":
            marker = MARKER.match(text, position)
            if marker:
                body = self._body_end(marker.end())
                if body:
                    return Span(ENTRY, position, body, marker[1])
                return Span(PROSE, position, marker.end())
            return Span(PROSE, position, self._html_end(position))
        if first == "#":
            heading = _HEADING.match(text, position)
            if heading and len(heading[1]) < BODY_LEVEL:
                end = self.text_end(self.line_end(position))
                return Span(HEADING, position, end, level=len(heading[1]))
        elif first in "*+-":
            if _UNCLAIMED.match(text, position):
                return Span(UNCLAIMED, position, self.item_end(position))
        elif first in "`~":
            end = self._fence_end(position)
            if end:
                return Span(PROSE, position, end)
        return Span(PROSE, position, self._paragraph_end(position))

    def _body_end(self, position: int) -> int:
        """The end of the body of a marker that ends at `position`, 0 if it has none."""
        start = self._skip_blank(position)
        if _METADATA.match(self.text, start):
            end = self.line_end(start)
            if self.text[start:end].rstrip(" \t\r").endswith("-->"):
                start = self._skip_blank(end)
        if start >= self.size:
            return 0
        if self.text[start] in "*+-":
            is_item = _BULLET.match(self.text, start) and not _BREAK.match(self.text, start)
            return self.item_end(start) if is_item else 0
        heading = _HEADING.match(self.text, start)
        if heading and len(heading[1]) >= BODY_LEVEL:
            return self._section_end(start, len(heading[1]))
        return 0

    def _skip_blank(self, position: int) -> int:
        """The start of the first non-blank line behind the one at `position`."""
        position = self.next_line(position)
        while position < self.size:
            end = self.line_end(position)
            if self.text[position:end].strip(" \t\r"):
                return position
            position = end + 1
        return self.size

    def item_end(self, position: int) -> int:
        """The end of the list item at `position`.

        Its first paragraph may go on without indentation; behind a blank line only what is
        indented by two columns or a tab belongs to it.
        """
        text, size = self.text, self.size
        line_end = end = self.line_end(position)
        blank = False
        while line_end + 1 < size:
            start = line_end + 1
            first = text[start]
            line_end = text.find("\n", start)
            if line_end < 0:
                line_end = size
            if first in "\r\n \t" and not text[start:line_end].strip(" \t\r"):
                blank = True
                continue
            indented = first == "\t" or text.startswith("  ", start)
            if not indented and (blank or self._starts_block(start, first)):
                break
            blank = False
            end = line_end
        return self.text_end(end)

    def _section_end(self, position: int, level: int) -> int:
        """The end of a heading and what follows it, up to a marker or an equal heading."""
        end = self.text_end(self.line_end(position))
        position = self._skip_blank(position)
        while position < self.size:
            first = self.text[position]
            line = self.text_end(self.line_end(position))
            if first == "<" and MARKER.match(self.text, position):
                break
            if first == "#":
                heading = _HEADING.match(self.text, position)
                if heading and len(heading[1]) <= level:
                    break
            end = (first in "`~" and self._fence_end(position)) or line
            if first == "<":
                end = max(end, self._comment_end(position))
            position = self._skip_blank(end)
        return end

    def _paragraph_end(self, position: int) -> int:
        """The end of a run of non-blank lines in which no other block starts."""
        end = self.line_end(position)
        while end + 1 < self.size:
            start = end + 1
            line_end = self.line_end(start)
            first = self.text[start]
            if first in "\r\n \t" and not self.text[start:line_end].strip(" \t\r"):
                break
            if first in "<#*+-`~" and self._interrupts(start, first):
                break
            end = line_end
        return self.text_end(end)

    def _interrupts(self, position: int, first: str) -> bool:
        """Whether a block that is no plain prose starts at `position`, within a paragraph."""
        match first:
            case "<":
                return self.text.startswith("<!--", position)
            case "#":
                heading = _HEADING.match(self.text, position)
                return heading is not None and len(heading[1]) < BODY_LEVEL
            case "`" | "~":
                return self._fence_end(position) > 0
            case _:
                return _UNCLAIMED.match(self.text, position) is not None

    def _starts_block(self, position: int, first: str) -> bool:
        """Whether the unindented line at `position` ends the list item before it."""
        text = self.text
        match first:
            case "<":
                return text.startswith("<!--", position) or bool(_CONFLICT.match(text, position))
            case "#":
                return _HEADING.match(text, position) is not None
            case "*" | "+" | "-" | "_":
                return bool(_BULLET.match(text, position) or _BREAK.match(text, position))
            case "`" | "~":
                return _FENCE.match(text, position) is not None
            case "=" | "|":
                return _CONFLICT.match(text, position) is not None
            case ">":
                return True
            case "1":  # other numbers cannot interrupt a paragraph in CommonMark either
                return text.startswith(("1. ", "1) "), position)
            case _:
                return False

    def _fence_end(self, position: int) -> int:
        """The end of the code fence that opens at `position`, 0 if it never closes."""
        opening = _FENCE.match(self.text, position)
        if not opening:
            return 0
        run = opening[0]
        if len(run) >= self.unclosed.get(run[0], self.size + 1):
            return 0
        closing = re.compile(rf"\n {{0,3}}{re.escape(run)}{re.escape(run[0])}*[ \t]*(?=\r?\n|\Z)")
        found = closing.search(self.text, opening.end())
        if found:
            return found.end()
        self.unclosed[run[0]] = len(run)
        return 0

    def _html_end(self, position: int) -> int:
        """The end of the HTML block, comment or conflict marker line at `position`."""
        text = self.text
        if text.startswith("<!--", position):
            return self._comment_end(position)
        raw = _RAW_HTML.match(text, position)
        if raw:
            closing = text.find(f"</{raw[1]}>", position)
            if closing >= 0:
                return self.text_end(self.line_end(closing))
        if not _TAG.match(text, position):
            return self._paragraph_end(position)
        end = self.line_end(position)
        while end + 1 < self.size:
            line_end = self.line_end(end + 1)
            if not text[end + 1 : line_end].strip(" \t\r"):
                break
            end = line_end
        return self.text_end(end)

    def _comment_end(self, position: int) -> int:
        """The end of the line with `-->`; of its first line for a comment never closed."""
        end = position
        if self.text.startswith("<!--", position) and position < self.last_comment_end:
            end = self.text.find("-->", position)
        return self.text_end(self.line_end(end))
