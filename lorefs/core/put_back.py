"""Puts back into a document what another version of it says: an entry, or the front matter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lorefs.core import edit
from lorefs.core.document import ENTRY, FRONT_MATTER, HEADING, SECTION_LEVEL, UNCLAIMED, line_end
from lorefs.core.headings import without_empty
from lorefs.core.versions import by_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lorefs.core.document import Block, Document


def put_back(document: Document, base: Document, ident: str) -> Document:
    """The document with an entry as it stands in `base`: the same bytes at the same place.

    Where what stood before it is gone, too, it goes where `edit.place` puts new entries. A
    document without anything becomes `base` as a whole.
    """
    if not document.blocks:
        return base
    block = base.blocks[edit.find(base, ident)]
    there = by_id(document).get(ident)
    if there is not None and there.category == block.category:
        return replace_block(document, block)
    if there is not None:
        document = edit.remove(document, ident)
        if not document.blocks:
            return base
    index = _place(document, base, ident)
    if index is None:
        return edit.place(document, block._replace(lead=""), block.category)
    return _inserted(document, base, ident, index)


def replace_block(document: Document, block: Block) -> Document:
    """The document with another source of an entry, which keeps its place."""
    index = edit.find(document, block.id)
    blocks = document.blocks
    new = block._replace(lead=blocks[index].lead)
    replaced = document._replace(blocks=(*blocks[:index], new, *blocks[index + 1 :]))
    return edit.checked(replaced, index, index + 1)


def without_left_headings(document: Document, base: Document, after: Document) -> Document:
    """The document without headings that came for entries which are not in it any more.

    Those are headings that `base` does not have, with an entry below in `after`, and with
    nothing at all below now.
    """
    new = _headings_of_entries(after) - {b.text for b in base.blocks if b.kind == HEADING}
    return without_empty(document, lambda block: block.text in new)


def _headings_of_entries(document: Document) -> set[str]:
    """The sources of headings that have an entry somewhere below."""
    found: set[str] = set()
    above: list[Block] = []
    for block in document.blocks:
        if block.kind == HEADING:
            above = [*(each for each in above if each.level < block.level), block]
        elif block.kind in {ENTRY, UNCLAIMED}:
            found.update(each.text for each in above)
    return found


def _place(document: Document, base: Document, ident: str) -> int | None:
    """Behind the nearest block that stood before the entry under its heading, if one is there."""
    at = edit.find(base, ident)
    category = base.blocks[at].category
    places = {_key(block): n for n, block in enumerate(document.blocks, 1)}
    for block in reversed(base.blocks[:at]):
        index = places.get(_key(block))
        if index is not None and _category_at(document.blocks, index) == category:
            return index
        if block.kind == HEADING:
            return None
    return 0 if at == 0 else None


def _key(block: Block) -> tuple[str, ...]:
    return (block.id,) if block.id else (block.kind, block.text)


def _category_at(blocks: Sequence[Block], index: int) -> str:
    """The category of what stands right behind so many blocks."""
    for block in reversed(blocks[:index]):
        if block.kind == HEADING:
            return block.category if block.level >= SECTION_LEVEL else ""
        if block.id:
            return block.category
    return ""


def _inserted(document: Document, base: Document, ident: str, index: int) -> Document:
    """The document with the base's block at an index, as far from its neighbours as there."""
    at = edit.find(base, ident)
    eol = line_end(document)
    blocks = list(document.blocks)
    new = base.blocks[at]
    behind = base.blocks[at + 1 : at + 2]
    blocks.insert(index, new._replace(lead=(new.lead or eol * 2) if index else ""))
    if index + 1 < len(blocks):
        following = blocks[index + 1]
        lead = following.lead
        if behind and _key(behind[0]) == _key(following):
            lead = behind[0].lead
        if lead.count("\n") < 2:  # noqa: PLR2004
            lead = lead if behind and lead == behind[0].lead and lead else eol * 2
        blocks[index + 1] = following._replace(lead=lead)
    return edit.checked(document._replace(blocks=tuple(blocks)), index, index + 1)


def with_front_matter_of(document: Document, base: Document) -> Document:
    """The document with the front matter of another one, or without one where that has none."""
    rest = list(document.blocks)
    had = front_matter(document) is not None
    if had:
        rest.pop(0)
    wanted = front_matter(base)
    if wanted is None:
        if rest:
            rest[0] = rest[0]._replace(lead="")
        return edit.checked(document._replace(blocks=tuple(rest)), 0, 1)
    if rest and not had:
        behind = base.blocks[1:2]
        rest[0] = rest[0]._replace(lead=behind[0].lead if behind else line_end(base) * 2)
    tail = document.tail or base.tail
    return edit.checked(document._replace(blocks=(wanted, *rest), tail=tail), 0, 1)


def front_matter(document: Document) -> Block | None:
    """The block of a document's front matter, None where it has none."""
    first = document.blocks[:1]
    return first[0] if first and first[0].kind == FRONT_MATTER else None
