"""A document as a sequence of blocks that keeps every byte.

`serialize(parse(text)) == text` for every text: a block is a slice of it, with what stands
before it as its lead.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from lorefs.core.ids import normal_id
from lorefs.core.lines import is_conflict_marker
from lorefs.core.scan import ENTRY, FRONT_MATTER, HEADING, PROSE, UNCLAIMED, scan

__all__ = [
    "ENTRY",
    "FRONT_MATTER",
    "HEADING",
    "PROSE",
    "UNCLAIMED",
    "Block",
    "Document",
    "conflict_marker_line",
    "decode",
    "encode",
    "line_end",
    "line_of",
    "parse",
    "serialize",
]

BOM: Final = "\ufeff"
_MARKER: Final = r"\n(?=([<>|=])\1{6})"
SECTION_LEVEL: Final = 2
CATEGORY_LEVEL: Final = 3


class Block(NamedTuple):
    """One block of a document, of one of the five kinds.

    `lead` is what stands between the last character of the block before and the first of
    this one: line ends and blank lines. `text` is the source without its last line end. `id`
    is that of an entry's marker, in lower case if it is a UUID; an unclaimed entry gets one
    from `claim.identify`. `category` is the title of the nearest level-3, else level-2
    heading above; of a heading, its own title. `level` is that of a heading, 1 to 3.
    """

    kind: str
    lead: str
    text: str
    id: str = ""
    category: str = ""
    level: int = 0


class Document(NamedTuple):
    """Blocks that tile a text. `tail` stands behind the last: a line end as a rule."""

    bom: str
    blocks: tuple[Block, ...]
    tail: str


def parse(text: str, *, lore: bool = True) -> Document:
    """Cut a text into blocks; never fails.

    `lore` says that the document is one by name. Elsewhere (a section in a hand-written
    file) a heading names a category only if a marked entry stands under it.
    """
    bom = BOM if text.startswith(BOM) else ""
    blocks: list[Block] = []
    end = len(bom)
    heading = section = category = ""
    for kind, start, stop, name, level in scan(text, end):
        lead, source, end = text[end:start], text[start:stop], stop
        if kind is ENTRY:
            block = Block(ENTRY, lead, source, normal_id(name), category)
        elif kind is HEADING:
            if level == CATEGORY_LEVEL:
                heading = name
            else:
                heading, section = "", name if level == SECTION_LEVEL else ""
            category = heading or section
            block = Block(HEADING, lead, source, "", name, level)
        elif kind is UNCLAIMED and category:
            block = Block(UNCLAIMED, lead, source, "", category)
        else:
            block = Block(PROSE if kind is UNCLAIMED else kind, lead, source)
        blocks.append(block)
    document = Document(bom, tuple(blocks), text[end:])
    return document if lore else _without_strangers(document)


def _without_strangers(document: Document) -> Document:
    """Unclaimed entries become prose in sections in which no marked entry stands."""
    marked: set[int] = set()
    sections: list[int] = []
    section = 0
    for block in document.blocks:
        section += block.kind == HEADING
        sections.append(section)
        if block.kind == ENTRY:
            marked.add(section)
    blocks = (
        block._replace(kind=PROSE, category="")
        if block.kind == UNCLAIMED and section not in marked
        else block
        for block, section in zip(document.blocks, sections, strict=True)
    )
    return document._replace(blocks=tuple(blocks))


def serialize(document: Document) -> str:
    """The text that was parsed, to the byte."""
    parts = [document.bom]
    for block in document.blocks:
        parts += (block.lead, block.text)
    parts.append(document.tail)
    return "".join(parts)


def decode(data: bytes) -> str:
    """Bytes as text; what is not UTF-8 survives as lone surrogates."""
    return data.decode("utf-8", "surrogateescape")


def encode(text: str) -> bytes:
    """The bytes that `decode` made the text from."""
    return text.encode("utf-8", "surrogateescape")


def line_end(document: Document) -> str:
    r"""The line end that new lines get: "\r\n" if the document's first line ends so."""
    for block in document.blocks:
        for text in (block.lead, block.text):
            end = text.find("\n")
            if end >= 0:
                return "\r\n" if text[end - 1 : end] == "\r" else "\n"
    return "\r\n" if document.tail.startswith("\r\n") else "\n"


def line_of(document: Document, index: int) -> int:
    """The line on which the block with that index starts, counted from 1."""
    before = document.blocks[:index]
    lines = sum(block.lead.count("\n") + block.text.count("\n") for block in before)
    return 1 + lines + document.blocks[index].lead.count("\n")


def conflict_marker_line(text: str) -> int | None:
    """The first line that starts with a conflict marker of git, counted from 1.

    `=======` counts only below a blank line or at the start, for below a line of text it
    underlines a heading; in a conflict as git writes it another marker stands before it.
    """
    places = [len(BOM) if text.startswith(BOM) else 0]
    places += [found.end() for found in re.finditer(_MARKER, text)]
    for place in places:
        end = text.find("\n", place)
        line = text[place : None if end < 0 else end]
        if is_conflict_marker(line) and (line[0] != "=" or _below_blank(text, place)):
            return text.count("\n", 0, place) + 1
    return None


def _below_blank(text: str, place: int) -> bool:
    before = text[text.rfind("\n", 0, max(place - 1, 0)) + 1 : place]
    return not before.strip(" \t\r\n" + BOM)
