"""Rules about what entries say: too much, or what another one says already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lorefs.check.corpus import fold
from lorefs.check.finding import Hit
from lorefs.core.document import ENTRY, UNCLAIMED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lorefs.check.corpus import Corpus
    from lorefs.check.source import Source

ENTRIES: Final = frozenset({ENTRY, UNCLAIMED})


def over_long(source: Source, corpus: Corpus) -> Iterator[Hit]:
    """An entry of more characters than anybody reads, or a context holds."""
    limit = corpus.limits.entry_length
    for offset, block in source.blocks:
        if block.kind in ENTRIES and len(block.text) > limit:
            words = f"the entry has {len(block.text):,} characters; {limit:,} are the limit"
            yield Hit(offset, words, entry=block.id)


def same_title(source: Source, _: Corpus) -> Iterator[Hit]:
    """An entry with the title of another one of the document, under another id."""
    seen: dict[tuple[str, str], tuple[int, str]] = {}
    for (offset, entry), placed in zip(
        source.entries, [each for each in source.blocks if each.block.kind in ENTRIES], strict=True
    ):
        key = fold(entry.title), entry.category
        first = seen.setdefault(key, (offset, entry.id))
        if key[0] and first[0] != offset and (not entry.id or first[1] != entry.id):
            line = source.line_and_column(first[0])[0]
            yield Hit(offset, f"the entry on line {line} has the same title", entry=placed.block.id)
