"""Edits of a document: document in, document out, and no byte changes but what they name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lorefs.core.claim import line_end
from lorefs.core.document import (
    ENTRY,
    HEADING,
    UNCLAIMED,
    Block,
    Document,
    conflict_marker_line,
    parse,
    serialize,
)
from lorefs.core.metadata import field_source, with_items
from lorefs.core.model import METADATA_FIELDS, Entry
from lorefs.core.source import Parts, cut, is_heading_form, write_content, write_entry
from lorefs.errors import DocumentError, UnknownEntryError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CATEGORY_LEVEL: Final = 3


def replace_fields(document: Document, ident: str, changes: Mapping[str, object]) -> Document:
    """Set fields of an entry: those of `Entry`, and any other key as unknown metadata.

    Unknown keys take the source of their value, None to remove them. A new category moves
    the entry under its heading. Raises `UnknownEntryError`, and `DocumentError` for a value
    that would change the structure of the document.
    """
    index = find(document, ident)
    before = document.blocks[index]
    block = _with_fields(before, changes)
    if block.text != before.text:
        document = _with_block(document, index, block)
    category = str(changes.get("category", before.category))
    if category != before.category:
        document, block = take(document, ident)
        document = place(document, block, category)
    return _checked(document, ident)


def find(document: Document, ident: str) -> int:
    """The index of the first block with an id."""
    for index, block in enumerate(document.blocks):
        if block.id == ident:
            return index
    raise UnknownEntryError(f"no entry {ident} stands in the document", found=ident)


def _with_fields(block: Block, changes: Mapping[str, object]) -> Block:
    parts = cut(block)
    if "title" in changes:
        parts = parts._replace(title=_title(str(changes["title"]), parts))
    if "content" in changes:
        parts = write_content(parts, str(changes["content"]))
    sources = {
        field: field_source(field, changes[field]) for field in METADATA_FIELDS if field in changes
    }
    known = {*Entry._fields, "extra"}
    sources |= {key: _source(key, text) for key, text in changes.items() if key not in known}
    if sources:
        parts = _with_metadata(parts, with_items(parts.metadata, sources))
    return block._replace(text="".join(parts))


def _source(key: str, text: object) -> str | None:
    if text is not None and not isinstance(text, str):
        raise DocumentError(f"the metadata key {key} takes the source of a YAML value")
    return text


def _with_metadata(parts: Parts, metadata: str) -> Parts:
    """A comment is written right below the marker; without one the body stands there again."""
    if not parts.metadata and metadata:
        eol = "\r\n" if parts.marker.endswith("\r\n") else "\n"
        return parts._replace(metadata=metadata, gap=eol)
    return parts._replace(metadata=metadata, gap=parts.gap if metadata else "")


def _title(title: str, parts: Parts) -> str:
    """The title, if it is one line that reads back as itself."""
    title = title.strip()
    bold = parts.bullet.endswith("**")
    if not title or "\n" in title or "\r" in title:
        raise DocumentError("a title is one line of text", found=title)
    if bold and ("**" in title or title.endswith("*")):
        raise DocumentError(
            "a title stands in bold and cannot hold ** itself",
            found=title,
            hint="use _emphasis_ or `code` in the title instead",
        )
    if is_heading_form(parts) and title.endswith("#"):
        raise DocumentError("the title of a heading cannot end in #", found=title)
    return title


def insert(document: Document, entry: Entry) -> Document:
    """Add an entry in the list form, under its category, where its title sorts."""
    eol = line_end(document)
    parts = Parts("", "", "", "* **", "", "**", "")
    text = write_entry(entry._replace(title=_title(entry.title, parts)), eol=eol)
    block = Block(ENTRY, "", text, entry.id, entry.category)
    return _checked(place(document, block, entry.category), entry.id)


def remove(document: Document, ident: str) -> Document:
    """Take an entry out, with what separated it from the block before it."""
    return take(document, ident)[0]


def take(document: Document, ident: str) -> tuple[Document, Block]:
    """The document without an entry, and the entry's block."""
    index = find(document, ident)
    block = document.blocks[index]
    rest = list(document.blocks)
    del rest[index]
    if index == 0 and rest:
        rest[0] = rest[0]._replace(lead=block.lead)
    return document._replace(blocks=tuple(rest)), block


def place(document: Document, block: Block, category: str) -> Document:
    """Put an entry's block under a category's heading, which is made if it is missing.

    It stands before the first of its neighbours whose title sorts after its own; the order
    of the others never changes. The rule knows no locale.
    """
    eol = line_end(document)
    blocks = list(document.blocks)
    section = _section(blocks, category)
    new = [block._replace(lead=eol * 2, category=category)]
    if section is None:
        heading = Block(HEADING, eol * 2, f"### {category}", "", category, CATEGORY_LEVEL)
        index, new = len(blocks), [heading, *new]
    else:
        index = _index(blocks, section, block)
    if index == 0:
        new[0] = new[0]._replace(lead="")
        if blocks:
            blocks[0] = blocks[0]._replace(lead=eol * 2)
    elif index < len(blocks) and blocks[index].lead.count("\n") < 2:  # noqa: PLR2004
        blocks[index] = blocks[index]._replace(lead=eol * 2)
    blocks[index:index] = new
    tail = document.tail if document.blocks else eol
    return document._replace(blocks=tuple(blocks), tail=tail)


def _section(blocks: Sequence[Block], category: str) -> range | None:
    """The last run of blocks that stands under a category, without its heading."""
    if not category:
        stop = next((n for n, block in enumerate(blocks) if block.kind == HEADING), len(blocks))
        return range(stop)
    for start in range(len(blocks) - 1, -1, -1):
        block = blocks[start]
        if block.kind == HEADING and block.category == category and block.level > 1:
            after = range(start + 1, len(blocks))
            stop = next((n for n in after if blocks[n].kind == HEADING), len(blocks))
            return range(start + 1, stop)
    return None


def _index(blocks: Sequence[Block], section: range, block: Block) -> int:
    entries = [n for n in section if blocks[n].kind in {ENTRY, UNCLAIMED}]
    rank = _rank(block)
    before = next((n for n in entries if _rank(blocks[n]) > rank), None)
    if before is not None:
        return before
    return entries[-1] + 1 if entries else section.stop


def _rank(block: Block) -> tuple[str, str, str]:
    title = cut(block).title
    return title.casefold(), title, block.id


def _with_block(document: Document, index: int, block: Block) -> Document:
    blocks = document.blocks
    return document._replace(blocks=(*blocks[:index], block, *blocks[index + 1 :]))


def _checked(document: Document, ident: str) -> Document:
    """The document, if it reads back as the entries that were meant.

    A value can hold what is structure where it stands: a marker line in the content of an
    entry in the heading form, say.
    """
    found = parse(serialize(document))
    meant = [(block.kind, block.text) for block in document.blocks]
    if [(block.kind, block.text) for block in found.blocks] == meant:
        return document
    text = document.blocks[find(document, ident)].text
    raise DocumentError(
        "the new text would not read back as one entry",
        found=text,
        line=conflict_marker_line(text),
        hint="indent lines that look like markers, headings or fences by four spaces",
    )
