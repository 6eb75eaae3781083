"""Headings that were made for entries, and that go with the last of them.

A new entry gets the heading of its category if that is missing, at the end of the document. Where
the entry is taken away again, what came for it may go, too, so that the document is what it was.
Headings that people wrote look the same, so whoever calls this has to know which ones are meant.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from lorefs.core import edit
from lorefs.core.document import CATEGORY_LEVEL, ENTRY, HEADING, SECTION_LEVEL, UNCLAIMED
from lorefs.core.source import read_entry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lorefs.core.document import Block, Document


def made_for_entries(before: Document, after: Document) -> frozenset[str]:
    """The categories whose heading a change made for an entry that it put right below.

    Nothing of it was there before: neither a heading of that name nor the entry.
    """
    old = {block.category for block in _headings(before)}
    if all(block.category in old for block in _headings(after)):
        return frozenset()  # as a rule, also in a document of 10,000 entries
    known = {block.id for block in before.blocks}
    pairs = zip(after.blocks, after.blocks[1:], strict=False)
    return frozenset(
        heading.category
        for heading, below in pairs
        if is_plain(heading)
        and heading.category not in old
        and below.kind == ENTRY
        and below.id not in known
    )


def is_plain(block: Block) -> bool:
    """Whether a block is a heading as entries get it, to the byte."""
    is_category = block.kind == HEADING and block.level == CATEGORY_LEVEL
    return is_category and block.text == f"### {block.category}"


def left_over(document: Document, categories: Iterable[str]) -> frozenset[str]:
    """Those categories that have one heading, a plain one, and no entry."""
    headings = _headings(document)
    count = Counter(block.category for block in headings)
    alone = {block.category for block in headings if is_plain(block) and count[block.category] == 1}
    return frozenset((frozenset(categories) & alone) - _used(document))


def emptied(before: Document, after: Document) -> frozenset[str]:
    """The categories that had entries and have none any more."""
    return frozenset(_used(before) - _used(after))


def proposed_alone(document: Document) -> frozenset[str]:
    """The categories all of whose entries are proposals, and name who made them."""
    by_hand = {
        block.category for block in _entries(document) if not read_entry(block, path="").proposed_by
    }
    return frozenset(_used(document) - by_hand)


def without_end(document: Document, categories: Iterable[str]) -> Document:
    """The document without plain headings of some categories with which it ends.

    A heading that something follows stays: made again, it would stand elsewhere.
    """
    wanted = frozenset(categories)
    end = len(document.blocks)
    while end and _is_of(document.blocks[end - 1], wanted):
        end -= 1
    if end == len(document.blocks):
        return document
    if not end:
        return document._replace(blocks=(), tail="")
    return edit.checked(document._replace(blocks=document.blocks[:end]), end, end)


def without_empty(document: Document, is_meant: Callable[[Block], bool]) -> Document:
    """The document without headings that are meant and have nothing at all below."""
    kept: list[Block] = []  # from the end to the start
    for block in reversed(document.blocks):
        below = kept[-1] if kept else None
        is_empty = below is None or (below.kind == HEADING and below.level <= block.level)
        if block.kind != HEADING or not is_empty or not is_meant(block):
            kept.append(block)
        elif below is not None:
            lead = max(below.lead, block.lead, key=lambda lead: lead.count("\n"))
            kept[-1] = below._replace(lead=lead)
    if len(kept) == len(document.blocks):
        return document
    if not kept:
        return document._replace(blocks=(), tail="")
    if not document.blocks[0].lead:  # nor has what comes first now
        kept[-1] = kept[-1]._replace(lead="")
    return edit.checked(document._replace(blocks=tuple(kept[::-1])), 0, len(kept))


def _is_of(block: Block, categories: frozenset[str]) -> bool:
    return block.category in categories and is_plain(block)


def _headings(document: Document) -> list[Block]:
    """Those that may name a category."""
    return [block for block in document.blocks if block.level >= SECTION_LEVEL]


def _entries(document: Document) -> list[Block]:
    return [block for block in document.blocks if block.kind in {ENTRY, UNCLAIMED}]


def _used(document: Document) -> set[str]:
    return {block.category for block in _entries(document)}
