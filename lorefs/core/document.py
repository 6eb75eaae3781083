"""A document as a sequence of blocks that keeps every byte.

`serialize(parse(text)) == text` for every text: a block is a slice of it, with what stands
before it as its lead.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from lorefs.core.scan import (
    ENTRY,
    FRONT_MATTER,
    HEADING,
    PROSE,
    UNCLAIMED,
    scan,
)

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
    "is_uuid",
    "line_of",
    "parse",
    "serialize",
]

BOM: Final = "\ufeff"
CATEGORY_LEVELS: Final = (2, 3)

_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")
_CONFLICT_LINE: Final = re.compile(r"^(?:<{7,}|>{7,}|\|{7,})(?: |\r?$)", re.MULTILINE)


class Block(NamedTuple):
    """One block of a document, of one of the five kinds.

    `lead` is what stands between the last character of the block before and the first of
    this one: line ends and blank lines. `text` is the source without its last line end. `id`
    is that of an entry's marker, in lower case if it is a UUID. `category` is that of the
    nearest level-3, else level-2 heading above; of a heading, its own title. `level` is that
    of a heading, 1 to 3.
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
    section = category = ""
    for kind, start, stop, found, level in scan(text, end):
        lead, source, end = text[end:start], text[start:stop], stop
        if kind is ENTRY:
            block = Block(ENTRY, lead, source, normal_id(found), category or section)
        elif kind is HEADING:
            title = heading_title(source)
            section, category = _under(level, title, section)
            block = Block(HEADING, lead, source, "", title, level)
        elif kind is UNCLAIMED and (category or section):
            block = Block(UNCLAIMED, lead, source, "", category or section)
        elif kind is UNCLAIMED:
            block = Block(PROSE, lead, source)
        else:
            block = Block(kind, lead, source)
        blocks.append(block)
    document = Document(bom, tuple(blocks), text[end:])
    return document if lore else _without_strangers(document)


def _under(level: int, title: str, section: str) -> tuple[str, str]:
    """Section (level 2) and category (level 3) below a heading."""
    lowest, deepest = CATEGORY_LEVELS
    if level == deepest:
        return section, title
    return (title if level == lowest else ""), ""


def _without_strangers(document: Document) -> Document:
    """Unclaimed entries become prose under headings that no marked entry stands under."""
    marked = {block.category for block in document.blocks if block.kind == ENTRY}
    blocks = (
        block._replace(kind=PROSE, category="")
        if block.kind == UNCLAIMED and block.category not in marked
        else block
        for block in document.blocks
    )
    return document._replace(blocks=tuple(blocks))


def normal_id(found: str) -> str:
    """An id as a marker has it: in lower case if it is a UUID, else as it is."""
    return found if found.islower() else found.lower() if is_uuid(found) else found


def is_uuid(text: str) -> bool:
    """Whether a text has the form of a UUID (RFC 9562), of whatever version."""
    return _UUID.match(text) is not None


def heading_title(source: str) -> str:
    """The title of an ATX heading, without its closing sequence of #s."""
    title = source.lstrip("#").strip(" \t\r")
    closed = title.rstrip("#")
    return closed.rstrip(" \t") if closed != title and closed[-1:] in {"", " ", "\t"} else title


def serialize(document: Document) -> str:
    """The text that was parsed, to the byte."""
    parts = [document.bom]
    for block in document.blocks:
        parts.append(block.lead)
        parts.append(block.text)
    parts.append(document.tail)
    return "".join(parts)


def decode(data: bytes) -> str:
    """Bytes as text; what is not UTF-8 survives as lone surrogates."""
    return data.decode("utf-8", "surrogateescape")


def encode(text: str) -> bytes:
    """The bytes that `decode` made the text from."""
    return text.encode("utf-8", "surrogateescape")


def line_of(document: Document, index: int) -> int:
    """The line on which the block with that index starts, counted from 1."""
    before = document.blocks[:index]
    lines = sum(block.lead.count("\n") + block.text.count("\n") for block in before)
    return 1 + lines + document.blocks[index].lead.count("\n")


def conflict_marker_line(text: str) -> int | None:
    """The first line that starts with a conflict marker of git, counted from 1."""
    found = _CONFLICT_LINE.search(text)
    return text.count("\n", 0, found.start()) + 1 if found else None
