"""Ids for entries that people write by hand, without a marker.

The same hand-written line gets the same id on every machine: a UUIDv8 of the document's path,
the title, and an ordinal where a title repeats. So that a retitled line keeps its id, it is
first matched against the base: the same title or the same text is the same entry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lorefs.core.document import ENTRY, UNCLAIMED, Block, Document, line_end
from lorefs.core.ids import derived_id
from lorefs.core.source import cut, read_content

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable


def identify(document: Document, path: str, base: Document | None = None) -> Document:
    """The document with an id in each unclaimed block; no byte of it changes.

    `path` is that of the document in the repository. `base` is where retitled entries are
    looked up, among those whose id does not stand in the document.
    """
    unnamed = {
        n: _facts(block)
        for n, block in enumerate(document.blocks)
        if block.kind == UNCLAIMED and not block.id
    }
    if not unnamed:
        return document
    taken = {block.id for block in document.blocks if block.id}
    free = identify(base, path).blocks if base else ()
    found = _matched(unnamed, {b.id: _facts(b) for b in free if b.id and b.id not in taken})
    taken.update(found.values())
    ordinals: dict[str, int] = {}
    for n, facts in unnamed.items():
        if n not in found:
            found[n] = _derived(path, facts.title, ordinals, taken)
    blocks = [
        block._replace(id=found[n]) if n in found else block
        for n, block in enumerate(document.blocks)
    ]
    return document._replace(blocks=tuple(blocks))


def claim(document: Document, path: str, base: Document | None = None) -> Document:
    """The document with a marker line written above each unclaimed entry."""
    return with_markers(identify(document, path, base), lambda _: True)


def with_markers(document: Document, wanted: Callable[[Block], bool]) -> Document:
    """Writes the marker of those identified entries that are wanted."""
    eol = line_end(document)
    blocks = tuple(
        marked(block, eol) if block.kind == UNCLAIMED and block.id and wanted(block) else block
        for block in document.blocks
    )
    return document._replace(blocks=blocks)


def marked(block: Block, eol: str) -> Block:
    """An identified unclaimed entry with its marker line."""
    return block._replace(kind=ENTRY, text=f"<!-- lore:{block.id} -->{eol}{block.text}")


class _Facts(NamedTuple):
    """What an entry is recognised by."""

    title: str
    content: str
    category: str


def _facts(block: Block) -> _Facts:
    parts = cut(block)
    return _Facts(" ".join(parts.title.split()), read_content(parts), block.category)


# From the surest sign on; an entry without content is not known by it.
_SIGNS: tuple[Callable[[_Facts], Hashable], ...] = (
    lambda facts: (facts.title, facts.content),
    lambda facts: (facts.title, facts.category),
    lambda facts: facts.title,
    lambda facts: facts.content or None,
)


def _matched(unnamed: dict[int, _Facts], free: dict[str, _Facts]) -> dict[int, str]:
    """The ids of those unnamed entries that stand in the base, each given once."""
    found: dict[int, str] = {}
    for sign in _SIGNS:
        known: dict[Hashable, list[str]] = {}
        for ident, facts in reversed(free.items()):
            known.setdefault(sign(facts), []).append(ident)
        known.pop(None, None)
        for n, facts in unnamed.items():
            candidates = known.get(sign(facts)) if n not in found else None
            if candidates:
                found[n] = candidates.pop()
                del free[found[n]]
    return found


def _derived(path: str, title: str, ordinals: dict[str, int], taken: set[str]) -> str:
    """The next derived id of a title that no other entry of the document has."""
    while True:
        ordinal = ordinals.get(title, 0)
        ordinals[title] = ordinal + 1
        ident = derived_id(path, title, ordinal)
        if ident not in taken:
            return ident
