"""Rules about a document as a file: whether it is text, whole, and there once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from lorefs.check.finding import Hit
from lorefs.core.document import ENTRY, HEADING, SECTION_LEVEL, conflict_marker_line
from lorefs.core.front_matter import FrontMatterError, read_front_matter
from lorefs.core.lines import is_conflict_marker

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lorefs.check.corpus import Corpus
    from lorefs.check.source import Source

FORMAT_VERSION: Final = 1
_OPENING: Final = r"^<{7,}[^\n]*"
_NOT_UTF8: Final = r"[\udc80-\udcff]+"
_HEADER: Final = r"\b(?:managed|maintained)\b.{0,100}\blore\b"
_HEADER_LENGTH: Final = 200  # characters of a comment in which its words are looked for


def conflict_markers(source: Source, _: Corpus) -> Iterator[Hit]:
    """Each conflict that git left, and any other marker that stands before the first."""
    text = source.text
    line = conflict_marker_line(text)
    if line is None:
        return
    found = {_offset_of(text, line)}
    found |= {
        opening.start()
        for opening in re.finditer(_OPENING, text, re.MULTILINE)
        if is_conflict_marker(opening[0].rstrip("\r"))
    }
    for offset in sorted(found):
        end = text.find("\n", offset)
        yield Hit(offset, f"a conflict is not resolved: {text[offset : min(end, offset + 40)]}")


def _offset_of(text: str, line: int) -> int:
    offset = 0
    for _ in range(line - 1):
        offset = text.index("\n", offset) + 1
    return offset


def not_utf8(source: Source, _: Corpus) -> Iterator[Hit]:
    """Bytes that are no UTF-8, as runs."""
    for run in re.finditer(_NOT_UTF8, source.text):
        data = run[0][:8].encode("utf-8", "surrogateescape")
        yield Hit(run.start(), f"these bytes are not UTF-8: {data.hex(' ')}")


def nul(source: Source, _: Corpus) -> Iterator[Hit]:
    """NUL bytes, by which git takes a file for binary."""
    for run in re.finditer("\0+", source.text):
        yield Hit(run.start(), "a NUL byte; git takes the file for binary and merges no line of it")


def unreadable(source: Source, _: Corpus) -> Iterator[Hit]:
    """A document that is no regular file, or larger than what is taken in."""
    if source.refused:
        yield Hit(0, source.refused)


def front_matter(source: Source, _: Corpus) -> Iterator[Hit]:
    """Front matter that cannot be read, or that a newer version of the format wrote."""
    try:
        found = read_front_matter(source.document)
    except FrontMatterError as error:
        yield Hit(len(source.document.bom), error.message, error.hint or "")
        return
    version = found.get("lorefs", FORMAT_VERSION)
    if version != FORMAT_VERSION:
        yield Hit(
            len(source.document.bom),
            f"the document is in version {version} of the format; this program knows "
            f"{FORMAT_VERSION}",
            "upgrade lorefs, or write `lorefs: 1`",
        )


def copied_section(source: Source, _: Corpus) -> Iterator[Hit]:
    """A section of lore that stands in the file more than once."""
    seen: dict[str, int] = {}
    for offset, name in _sections(source):
        if name in seen:
            line = source.line_and_column(seen[name])[0]
            what = f"the section {name!r}" if name else "the header of the managed section"
            yield Hit(offset, f"{what} stands in the file already, on line {line}")
        else:
            seen[name] = offset


def _sections(source: Source) -> Iterator[tuple[int, str]]:
    """Headers of managed sections (""), and level-2 headings with marked entries below."""
    for offset, line in source.prose_lines("<!--"):
        if re.search(_HEADER, line[:_HEADER_LENGTH], re.IGNORECASE):
            yield offset, ""
    heading: tuple[int, str] | None = None
    for offset, block in source.blocks:
        if block.kind == HEADING and block.level <= SECTION_LEVEL:
            heading = (offset, block.category) if block.level == SECTION_LEVEL else None
        elif block.kind == ENTRY and heading:
            yield heading
            heading = None
