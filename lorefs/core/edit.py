"""Edits of a document: document in, document out, and no byte changes but what they name.

Every edit is read back. One whose result would not be the entries that were meant (a marker
line in the content of an entry in the heading form, say) is refused with a `DocumentError`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lorefs.core.claim import marked
from lorefs.core.document import (
    CATEGORY_LEVEL,
    ENTRY,
    HEADING,
    PROSE,
    SECTION_LEVEL,
    UNCLAIMED,
    Block,
    Document,
    line_end,
    serialize,
)
from lorefs.core.lines import heading
from lorefs.core.metadata import field_source, split, with_items
from lorefs.core.model import METADATA_FIELDS, Entry
from lorefs.core.scan import scan
from lorefs.core.source import (
    Parts,
    cut,
    write_content,
    write_entry,
    write_title,
)
from lorefs.errors import DocumentError, UnknownEntryError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

# Fields that say where an entry stands; a move between documents is `take` and `place`.
_PLACE: Final = frozenset({"id", "path", "scope"})
# How many blocks on either side of a change it can become one with: a marker without a body,
# its metadata, and the body that it would find.
_REACH: Final = 3


def find(document: Document, ident: str) -> int:
    """The index of the first block with an id; raises `UnknownEntryError`."""
    for index, block in enumerate(document.blocks):
        if block.id == ident:
            return index
    raise UnknownEntryError("no entry of the document has this id", found=ident)


def replace_fields(document: Document, ident: str, changes: Mapping[str, object]) -> Document:
    """Set fields of an entry by their names in `Entry`; a new category moves the entry.

    Any other name is a key of its metadata, with the YAML source of its value, or None to
    remove it; `extra` sets all of these at once. An unclaimed entry gets its marker. Raises
    `UnknownEntryError`, `DocumentError` for a value that cannot stand in the document, and
    `MetadataError` for one that the field cannot have.
    """
    misplaced = sorted(_PLACE & changes.keys())
    if misplaced:
        raise ValueError(f"no edit within a document changes {', '.join(misplaced)}")
    index = find(document, ident)
    before = document.blocks[index]
    block = with_fields(before, changes, line_end(document))
    if block.text != before.text:
        if block.kind == UNCLAIMED:
            block = marked(block, line_end(document))
        blocks = (*document.blocks[:index], block, *document.blocks[index + 1 :])
        document = checked(document._replace(blocks=blocks), index, index + 1)
    category = str(changes.get("category", before.category))
    if category != before.category:
        document, block = take(document, ident)
        if block.kind == UNCLAIMED:
            block = marked(block, line_end(document))
        document = place(document, block, category)
    return document


def replace_metadata(document: Document, ident: str, source: str) -> Document:
    """Set the whole metadata comment of a marked entry, "" to remove it."""
    index = find(document, ident)
    block = document.blocks[index]
    text = "".join(_with_metadata(cut(block), source, line_end(document)))
    blocks = (*document.blocks[:index], block._replace(text=text), *document.blocks[index + 1 :])
    return checked(document._replace(blocks=blocks), index, index + 1)


def with_fields(block: Block, changes: Mapping[str, object], eol: str) -> Block:
    """An entry's block with fields set as `replace_fields` sets them, but for its category.

    `eol` is the line end of its document. Nobody looks how the block reads among others.
    """
    parts = cut(block)
    if "content" in changes:
        parts = write_content(parts, str(changes["content"]), eol=eol)
    if "title" in changes and changes["title"] != parts.title.strip():
        parts = write_title(parts, str(changes["title"]))
    sources = _sources(parts, changes)
    if sources:
        parts = _with_metadata(parts, with_items(parts.metadata, sources), eol)
    return block._replace(text="".join(parts))


def _sources(parts: Parts, changes: Mapping[str, object]) -> dict[str, str | None]:
    """The metadata keys to be set or removed, with the source of their values."""
    sources: dict[str, str | None] = {
        field: field_source(field, changes[field]) for field in METADATA_FIELDS if field in changes
    }
    if "extra" in changes:
        extra = Entry("", "", extra=changes["extra"]).extra  # type: ignore[arg-type]
        known = [key for key, _ in split(parts.metadata)] if parts.metadata else []
        sources |= {key: None for key in known if key not in METADATA_FIELDS}
        sources |= dict(extra)
    for key, text in changes.items():
        if key not in Entry._fields:
            sources[key] = None if text is None else str(text)
    return sources


def _with_metadata(parts: Parts, metadata: str, eol: str) -> Parts:
    """The parts with a comment right below the marker, or with none."""
    if not parts.metadata and metadata:
        return parts._replace(metadata=metadata, gap="\r\n" if "\r\n" in parts.marker else eol)
    return parts._replace(metadata=metadata, gap=parts.gap if metadata else "")


def insert(document: Document, entry: Entry) -> Document:
    """Add an entry in the list form, under its category, where its title sorts.

    Raises `DocumentError` if an entry with the id stands there, or if the entry cannot be
    written: its id is no word, its title or category not one line.
    """
    if any(block.id == entry.id for block in document.blocks):
        raise DocumentError("an entry with this id stands in the document", found=entry.id)
    text = write_entry(entry, eol=line_end(document))
    return place(document, Block(ENTRY, "", text, entry.id, entry.category), entry.category)


def insert_all(document: Document, entries: Sequence[Entry]) -> Document:
    """Add many entries, each where `insert` would put it, in time that grows with their number.

    Raises what `insert` raises, and then says less of which entry it was.
    """
    eol = line_end(document)
    blocks = [Block(ENTRY, "", write_entry(e, eol=eol), e.id, e.category) for e in entries]
    return place_all(document, blocks)


def place_all(document: Document, blocks: Sequence[Block]) -> Document:
    """Put many entries' blocks where `place` would put each, under their own categories.

    Raises `DocumentError` if an entry with one of the ids stands there.
    """
    eol = line_end(document)
    taken = {block.id for block in document.blocks}
    by_category: dict[str, list[Block]] = {}
    for block in blocks:
        if block.id in taken:
            raise DocumentError("an entry with this id stands in the document", found=block.id)
        taken.add(block.id)
        by_category.setdefault(block.category, []).append(block)
    for category, members in sorted(by_category.items()):
        document = _place_all(document, sorted(members, key=_rank), category, eol)
    return checked(document, 0, len(document.blocks)) if blocks else document


def _place_all(document: Document, new: list[Block], category: str, eol: str) -> Document:
    """Put blocks of one category, in their order, among their neighbours."""
    if _index(document.blocks, new[0], category) is None:
        document = place(document, new.pop(0), category)
    blocks = document.blocks
    at = {
        n: _rank(block)
        for n, block in enumerate(blocks)
        if block.category == category and block.kind in {ENTRY, UNCLAIMED}
    }
    end = (at and max(at) + 1) or (_index(blocks, new[0], category) if new else 0) or 0
    placed: list[Block] = []
    waiting = new[::-1]
    for n, block in enumerate((*blocks, None)):
        first = len(placed)
        while waiting and (n == end or (n in at and at[n] > _rank(waiting[-1]))):
            placed.append(waiting.pop()._replace(lead=eol * 2 if placed else ""))
        if block is not None:
            apart = first == len(placed) or block.lead.count("\n") >= 2  # noqa: PLR2004
            placed.append(block if apart else block._replace(lead=eol * 2))
    return document._replace(blocks=tuple(placed), tail=document.tail if blocks else eol)


def remove(document: Document, ident: str) -> Document:
    """The document without an entry."""
    return take(document, ident)[0]


def remove_all(document: Document, idents: AbstractSet[str]) -> Document:
    """The document without some entries; ids that do not stand in it are no error."""
    kept: list[Block] = []
    before: str | None = None  # what stood before an entry that is gone
    for block in document.blocks:
        lead = block.lead
        if before is not None:
            lead = max(lead, before, key=lambda lead: lead.count("\n")) if kept else before
        gone = block.id in idents and block.kind in {ENTRY, UNCLAIMED}
        before = lead if gone else None
        if not gone:
            kept.append(block if lead is block.lead else block._replace(lead=lead))
    if len(kept) == len(document.blocks):
        return document
    return checked(document._replace(blocks=tuple(kept)), 0, len(kept))


def take(document: Document, ident: str) -> tuple[Document, Block]:
    """The document without an entry, and the entry's block.

    What stood around the entry is then as far apart as the farther of both was from it.
    """
    index = find(document, ident)
    block, *rest = document.blocks[index:]
    if rest:
        leads = (rest[0].lead, block.lead)
        lead = max(leads, key=lambda lead: lead.count("\n")) if index else block.lead
        rest[0] = rest[0]._replace(lead=lead)
    remaining = document._replace(blocks=(*document.blocks[:index], *rest))
    return checked(remaining, index, index), block


def place(document: Document, block: Block, category: str) -> Document:
    """Put an entry's block under a category's heading, which is made if it is missing.

    It stands before the first of its neighbours whose title sorts after its own: by title
    folded to one case, then title, then id, so by no locale. The order of the others never
    changes.
    """
    eol = line_end(document)
    blocks = list(document.blocks)
    new = [block._replace(category=category)]
    index = _index(blocks, block, category)
    if index is None:
        index = len(blocks)
        new.insert(0, _new_heading(category))
    spaced = [*new, *blocks[index : index + 1]]
    for n, neighbour in enumerate(spaced):
        if index + n == 0:
            spaced[n] = neighbour._replace(lead="")
        elif n < len(new) or neighbour.lead.count("\n") < 2:  # noqa: PLR2004
            spaced[n] = neighbour._replace(lead=eol * 2)
    blocks[index : index + 1] = spaced
    tail = document.tail if document.blocks else eol
    placed = document._replace(blocks=tuple(blocks), tail=tail)
    return checked(placed, index, index + len(new))


def _new_heading(category: str) -> Block:
    text = f"### {category}"
    if "\n" in category or heading(text) != (CATEGORY_LEVEL, category):
        raise DocumentError("a category is one line that can be a heading", found=category)
    return Block(HEADING, "", text, "", category, CATEGORY_LEVEL)


def _index(blocks: Sequence[Block], block: Block, category: str) -> int | None:
    """Where a block belongs under its category; None if that has no heading."""
    neighbours = [
        n
        for n, other in enumerate(blocks)
        if other.category == category and other.kind in {ENTRY, UNCLAIMED}
    ]
    rank = _rank(block)
    for n in neighbours:
        if _rank(blocks[n]) > rank:
            return n
    if neighbours:
        return neighbours[-1] + 1
    headings = [n for n, other in enumerate(blocks) if other.kind == HEADING]
    names = [n for n in headings if blocks[n].level >= SECTION_LEVEL]
    if not category:
        return names[0] if names else len(blocks)
    start = next((n for n in names if blocks[n].category == category), None)
    if start is None:
        return None
    return next((n for n in headings if n > start), len(blocks))


def _rank(block: Block) -> tuple[str, str, str]:
    title = cut(block).title.strip()
    return title.casefold(), title, block.id


def checked(document: Document, start: int, stop: int) -> Document:
    """The document, if it reads back as its blocks; those in [start, stop) are new.

    Else raises `DocumentError`.

    Only their surroundings are read, which is what counts in a document of 10,000 entries,
    unless something there can reach farther: what looks like the start of a comment, of raw
    HTML or of front matter, or the content of an entry in the heading form.
    """
    blocks = document.blocks
    first, last = max(start - _REACH, 0), min(stop + _REACH, len(blocks))
    if any(map(_reaches_far, blocks)):
        first, last = 0, len(blocks)
    part = blocks[first:last]
    text = serialize(Document("", part, ""))
    spans = scan(text if first == 0 else f"\n{text}")
    shift = int(first > 0)
    found = [(span.kind == ENTRY, text[span.start - shift : span.end - shift]) for span in spans]
    if found == [(block.kind == ENTRY, block.text) for block in part]:
        return document
    raise DocumentError(
        "the document would not be read back as these entries",
        found="".join(block.text for block in blocks[start:stop]),
        hint="indent lines that look like markers, headings or fences by four spaces",
    )


def _reaches_far(block: Block) -> bool:
    text = block.text
    if block.kind != PROSE:
        return block.kind == ENTRY and "\n####" in text
    is_open = text.rfind("<!--") > text.rfind("-->")
    return is_open or text.startswith("---") or (text[0] == "<" and text[1:2] != "!")
