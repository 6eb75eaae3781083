"""Rules about ids: each entry has one, each marker an entry, and no two entries the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lorefs.check.finding import Hit
from lorefs.core.document import ENTRY, UNCLAIMED
from lorefs.core.ids import is_uuid
from lorefs.core.lines import marker_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lorefs.check.corpus import Copy, Corpus
    from lorefs.check.source import Source

COMMENT: Final = "<!--"


def two_texts(source: Source, corpus: Corpus) -> Iterator[Hit]:
    """An id that another entry has, too."""
    for copy, kept in copies(source, corpus):
        if not _equal(copy, kept):
            yield _hit(copy, kept, "another entry has this id")


def exact_copy(source: Source, corpus: Corpus) -> Iterator[Hit]:
    """An entry that stands somewhere else, word for word."""
    for copy, kept in copies(source, corpus):
        if _equal(copy, kept):
            yield _hit(copy, kept, "the same entry stands")


def _equal(copy: Copy, kept: Copy) -> bool:
    """Whether two entries are the same but for their line ends."""
    texts = [each.placed.block.text.replace("\r\n", "\n") for each in (copy, kept)]
    return texts[0] == texts[1]


def _hit(copy: Copy, kept: Copy, words: str) -> Hit:
    line = kept.source.line_and_column(kept.placed.offset)[0]
    where = f"{kept.source.path}:{line}" if kept.source is not copy.source else f"line {line}"
    ident = copy.placed.block.id
    return Hit(copy.placed.offset, f"{words}: see {where} ({ident})", entry=ident)


def copies(source: Source, corpus: Corpus) -> Iterator[tuple[Copy, Copy]]:
    """The entries of a document whose id belongs to another one, with that one."""
    seen: set[str] = set()
    known = corpus.personal if source.is_personal else corpus.shared
    for placed in source.blocks:
        ident = placed.block.id
        group = known[ident] if placed.block.kind == ENTRY else ()
        if len(group) < 2 or ident in seen:  # noqa: PLR2004
            continue
        seen.add(ident)
        kept = keeper(group, corpus)
        for copy in group:
            if copy is not kept and copy.source is source:
                yield copy, kept


def keeper(group: list[Copy] | tuple[Copy, ...], corpus: Corpus) -> Copy:
    """The entry that keeps an id: that of the document that had it in HEAD, else the first."""
    if len({copy.source.path for copy in group}) > 1:
        ident = group[0].placed.block.id
        for copy in group:
            if f"lore:{ident}" in corpus.base.get(copy.source.path, ""):
                return copy
    return group[0]


def malformed(source: Source, _: Corpus) -> Iterator[Hit]:
    """A marker whose id is no UUID."""
    for offset, block in source.blocks:
        if block.kind == ENTRY and not is_uuid(block.id):
            yield Hit(offset, f"the id is no UUID: {block.id}", entry=block.id)
    for offset, line in source.prose_lines(COMMENT):
        if line[len(COMMENT) :].lstrip().startswith("lore:") and not marker_id(line):
            yield Hit(
                offset,
                f"the marker cannot be read: {line[:80]}",
                "write it as <!-- lore:UUID --> on a line of its own",
            )


def orphan(source: Source, _: Corpus) -> Iterator[Hit]:
    """A marker with no entry below it."""
    for offset, line in source.prose_lines(COMMENT):
        ident = marker_id(line)
        if ident:
            yield Hit(offset, f"no entry stands below this marker ({ident})", entry=ident)


def missing(source: Source, _: Corpus) -> Iterator[Hit]:
    """An entry written by hand that has no marker yet."""
    for offset, block in source.blocks:
        if block.kind == UNCLAIMED:
            yield Hit(offset, "the entry has no marker; its id depends on its title")
