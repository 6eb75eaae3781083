r"""Finds the blocks of a document: offsets into its text, with nothing copied but names.

Markdown libraries give no source positions, and of Markdown only little matters here: where
an entry starts, where its list item ends, and what is code or HTML and therefore no entry.
A line ends at "\n", and a "\r" before it belongs to the line end. `docs/format.md` names the
rules, and where they part from CommonMark.

The work is linear for every text: patterns match white space possessively, and what was once
searched for in vain is not searched for again. The merge driver imports this module, so a
pattern that most documents do not need is compiled where it is used.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from lorefs.core.lines import (
    SPACE,
    bold_title,
    fence_length,
    heading,
    interrupts_item,
    is_bullet,
    is_metadata,
    is_rule,
    marker_id,
)

FRONT_MATTER: Final = "front_matter"
HEADING: Final = "heading"
ENTRY: Final = "entry"
UNCLAIMED: Final = "unclaimed"
PROSE: Final = "prose"

_SPACES: Final = frozenset(SPACE)
_ENDS_ITEM: Final = frozenset({"\n\n<", "\n\n#"})

BODY_LEVEL: Final = 4  # the first heading level that can be the body of an entry

# How nearly every entry starts, up to its bold title. It only saves time: without it the result
# is the same.
_USUAL: Final = re.compile(
    r"<!-- lore:([0-9a-f-]+) -->\r?\n(?:\r?\n)?(?:<!-- \{[^\n>]*\} -->\r?\n(?:\r?\n)?)?"
    r"[*+-] \*\*[^\s*]"
)
_BLANK_LINES: Final = re.compile(r"(?:[ \t\r]*+\n)*+")
# The lines behind the first one of a list item, and of a paragraph, up to one that may end it.
_ITEM: Final = re.compile(
    r"(?:\n(?:(?:[ \t\r]*+\n)*+(?= {2}| ?\t)[ \t\r]*+(?!\Z)"
    r"|(?![ \t\r\n<>|=#*+\-_`~1]|\Z))[^\n]*+)*+"
)
_PARAGRAPH: Final = re.compile(r"(?:\n(?![ \t\r\n<#*+\-`~]|\Z)[^\n]*+)*+")

_FRONT_MATTER_END: Final = r"\n---(?=[ \t\r]*+(?:\n|\Z))"
_SECTION_STOP: Final = r"\n(?=(#{1,6})(?:[ \t\r\n]|\Z)|[<`~])"
_CLOSING_FENCE: Final = r"\n(`{3,}+|~{3,}+)(?=[ \t\r]*+(?:\n|\Z))"
_TAG: Final = r"</?([a-zA-Z][a-zA-Z0-9-]*+)(?=[\s/>]|\Z)"
_RAW_TAG: Final = r"<(?:pre|script|style|textarea)(?=[\s>]|\Z)"
_RAW_END: Final = r"</(?:pre|script|style|textarea)>"
_LINES: Final = r"(?:\n(?![ \t\r]*+(?:\n|\Z))[^\n]*+)*+"


class Span(NamedTuple):
    """A block, `text[start:end]`, without its last line end.

    `name` is the id of an entry as its marker says it, or the title of a heading; `level` is
    that of a heading.
    """

    kind: str
    start: int
    end: int
    name: str = ""
    level: int = 0


def scan(text: str, start: int = 0) -> list[Span]:
    """The blocks of `text` from the offset `start` on, where front matter may stand.

    UNCLAIMED spans are candidates: whether they stand under a category heading is for the
    document to say.
    """
    return _Scanner(text).spans(start)


class _Scanner:
    """One pass over a text, and what it has found out about what lies ahead."""

    __slots__ = ("comment_end", "fence_ends", "raw_end", "size", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.size = len(text)
        # The nearest ends of a comment and of a raw HTML block behind the place that was
        # looked at last; beyond the text if there is none.
        self.comment_end = 0
        self.raw_end = 0
        self.fence_ends: _FenceEnds | None = None

    def spans(self, start: int) -> list[Span]:
        """All blocks from `start` on."""
        found: list[Span] = []
        end = self._front_matter_end(start)
        if end > start:
            found.append(Span(FRONT_MATTER, start, end))
        ahead: Span | None = None  # what made a paragraph end
        at = self._skip_blank_lines(end)
        while at < self.size:
            usual = _USUAL.match(self.text, at)
            if usual:
                end = self.text.find("\n", usual.end())
                if self.text[end : end + 3] in _ENDS_ITEM and self.text[end - 1] != "\r":
                    found.append(Span(ENTRY, at, end, usual[1]))
                    at, ahead = end + 2, None
                    continue
            span = ahead or self._block(at)
            ahead = None
            if span is None:
                span, ahead = self._paragraph(at)
            found.append(span)
            at = self._skip_blank_lines(span.end)
        return found

    def _skip_blank_lines(self, at: int) -> int:
        """The start of the next line with text, or the end of the text.

        `at` is the start of a line, or the end of the text of one.
        """
        found = _BLANK_LINES.match(self.text, at)
        at = found.end() if found else at
        if self.text[at : at + 1] in _SPACES and not self._line(at).strip(SPACE):
            return self.size
        return at

    def _next_line(self, line_end: int) -> int:
        """The start of the line behind one that ends at `line_end`, 0 if no text is on it."""
        place = line_end + 1
        return place if self._skip_blank_lines(line_end) == place < self.size else 0

    def _line_end(self, at: int) -> int:
        """Where the line ends that `at` lies in: at its line feed, or with the text."""
        end = self.text.find("\n", at)
        return self.size if end < 0 else end

    def _without_return(self, line_end: int) -> int:
        """The end of a line's text, where a carriage return belongs to the line end."""
        if line_end < self.size and self.text[line_end - 1] == "\r":
            return line_end - 1
        return line_end

    def _text_end(self, at: int) -> int:
        """The end of the text of the line that `at` lies in."""
        return self._without_return(self._line_end(at))

    def _line(self, at: int) -> str:
        """The text of the line that starts at `at`."""
        return self.text[at : self._text_end(at)]

    def _front_matter_end(self, start: int) -> int:
        """The end of the closing `---`, `start` without front matter.

        A document that merely begins with a thematic break has none: it is not closed, or
        entries stand in between.
        """
        if not self.text.startswith("---", start) or self._line(start).rstrip(" \t") != "---":
            return start
        opening = self._line_end(start)
        closing = re.compile(_FRONT_MATTER_END).search(self.text, opening)
        if closing is None:
            return start
        marker = opening
        while (marker := self.text.find("\n<!--", marker, closing.start())) >= 0:
            marker += 1
            if marker_id(self._line(marker)):
                return start
        return self._text_end(closing.end())

    def _block(self, at: int) -> Span | None:
        """The block that begins with the line at `at`, None if that is a paragraph."""
        first = self.text[at]
        if first == "<":
            return self._entry(at) or self._opaque(at)
        if first == "#":
            return self._heading(at)
        if first in "*+-":
            return self._unclaimed(at)
        if first in "`~":
            return self._opaque(at)
        return None

    def _entry(self, at: int) -> Span | None:
        """The entry whose marker stands at `at`, None if it is no marker or has no body."""
        text = self.text
        usual = _USUAL.match(text, at)
        if usual:
            return Span(ENTRY, at, self._item_end(usual.end()), usual[1])
        line_end = self._line_end(at)
        ident = marker_id(text[at:line_end])
        if not ident:
            return None
        body = self._skip_blank_lines(line_end)
        if text.startswith("<!--", body):
            line_end = self._line_end(body)
            if not is_metadata(text[body:line_end]):
                return None
            body = self._skip_blank_lines(line_end)
        line = self._line(body)
        if is_bullet(line) and not is_rule(line):
            return Span(ENTRY, at, self._item_end(body), ident)
        level = heading(line)[0]
        if level >= BODY_LEVEL:
            return Span(ENTRY, at, self._section_end(body, level), ident)
        return None

    def _unclaimed(self, at: int) -> Span | None:
        """The list item with a bold title and a colon at `at`."""
        line = self._line(at)
        if is_bullet(line) and bold_title(line[1:].lstrip(SPACE)):
            return Span(UNCLAIMED, at, self._item_end(at))
        return None

    def _heading(self, at: int) -> Span | None:
        end = self._text_end(at)
        level, title = heading(self.text[at:end])
        return Span(HEADING, at, end, title, level) if 0 < level < BODY_LEVEL else None

    def _item_end(self, at: int) -> int:
        """The end of the list item whose bullet stands at `at`."""
        end = self._line_end(at)
        while True:
            rest = _ITEM.match(self.text, end)
            end = rest.end() if rest else end
            place = self._next_line(end)
            if not place or interrupts_item(self._line(place)):
                return self._without_return(end)
            end = self._line_end(place)

    def _section_end(self, at: int, level: int) -> int:
        """The end of what belongs to the heading at `at`: before a marker or a peer of it."""
        text = self.text
        stop = self.size
        place = self._line_end(at)
        search = re.compile(_SECTION_STOP).search
        while found := search(text, place):
            line = found.end()
            if found[1]:
                ends, opaque = len(found[1]) <= level, None
            else:
                ends, opaque = bool(marker_id(self._line(line))), self._opaque(line)
            if ends:
                stop = found.start()
                break
            place = opaque.end if opaque else line
        last = len(text[at:stop].rstrip(" \t\r\n"))
        return min(self._text_end(at + last), stop)

    def _paragraph(self, at: int) -> tuple[Span, Span | None]:
        """A run of lines up to a blank one, or to a block, which comes with it."""
        end = self._line_end(at)
        while True:
            rest = _PARAGRAPH.match(self.text, end)
            end = rest.end() if rest else end
            place = self._next_line(end)
            block = self._block(place) if place else None
            if not place or block:
                return Span(PROSE, at, self._without_return(end)), block
            end = self._line_end(place)

    def _opaque(self, at: int) -> Span | None:
        """Fenced code or HTML of several lines, in which no entry stands; None if it is open."""
        end = self._fence_end(at) if self.text[at] in "`~" else self._html_end(at)
        return None if end < 0 else Span(PROSE, at, self._text_end(end))

    def _fence_end(self, at: int) -> int:
        """Some place in the closing line of the fence at `at`, -1 if there is none."""
        length = fence_length(self._line(at))
        if not length:
            return -1
        if self.fence_ends is None:
            self.fence_ends = _FenceEnds(self.text)
        return self.fence_ends.find(self.text[at], length, at)

    def _html_end(self, at: int) -> int:
        """Some place in the last line of the HTML block at `at`, -1 if that is a paragraph."""
        text = self.text
        if text.startswith("<!--", at):
            return self._comment_end(at)
        tag = re.compile(_TAG).match(text, at)
        if tag is None:
            return -1
        if re.compile(_RAW_TAG, re.IGNORECASE).match(text, at):
            if self.raw_end < tag.end():
                closing = re.compile(_RAW_END, re.IGNORECASE).search(text, tag.end())
                self.raw_end = closing.end() if closing else self.size + 1
            if self.raw_end <= self.size:
                return self.raw_end
        lines = re.compile(_LINES).match(text, self._line_end(at))
        return lines.end() if lines else -1

    def _comment_end(self, at: int) -> int:
        """Where the comment of several lines at `at` closes, -1 if it does not.

        A line that begins with another comment shows that it does not: the `-->` of the next
        marker would end a half-typed comment, and the entry would seem deleted.
        """
        if self.comment_end < at + 2:
            close = self.text.find("-->", at + 2)
            self.comment_end = self.size + 1 if close < 0 else close
        close = self.comment_end
        if close > self.size or close < self._line_end(at):
            return -1
        return -1 if self.text.find("\n<!--", at, close) >= 0 else close


class _FenceEnds:
    """All lines of a text that can close a fence, so that unclosed ones cost no search."""

    __slots__ = ("lines", "longest", "place")

    def __init__(self, text: str) -> None:
        self.lines: dict[str, list[tuple[int, int]]] = {"`": [], "~": []}
        for line in re.compile(_CLOSING_FENCE).finditer(text):
            self.lines[line[1][0]].append((line.start(1), len(line[1])))
        # the longest of the lines from each of them on
        self.longest: dict[str, list[int]] = {}
        for character, lines in self.lines.items():
            longest = 0
            ahead = [longest := max(longest, length) for _, length in reversed(lines)]
            self.longest[character] = ahead[::-1]
        self.place = {"`": 0, "~": 0}

    def find(self, character: str, length: int, at: int) -> int:
        """The line that closes a fence of that length opened at `at`, -1 if none does.

        To be asked in the order of the text.
        """
        lines = self.lines[character]
        place = self.place[character]
        while place < len(lines) and lines[place][0] <= at:
            place += 1
        self.place[character] = place
        if place == len(lines) or self.longest[character][place] < length:
            return -1
        while lines[place][1] < length:
            place += 1
        return lines[place][0]
