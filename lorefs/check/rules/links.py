"""Rules about what entries point to: other entries, by id or by title."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from lorefs.check.corpus import fold
from lorefs.check.finding import Hit
from lorefs.core.document import ENTRY, UNCLAIMED
from lorefs.core.ids import normal_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lorefs.check.corpus import Corpus
    from lorefs.check.source import Source

# `[[id]]` or `[[Title]]`; tools that escape Markdown write `\[\[id]]`. Not `[[a]](b)`, a link of
# Markdown, and not `x[[0, 1]]` or `[[ -f file ]]`, which are code.
_LINK: Final = re.compile(
    r"(?<![\w\]\\])(?:\[\[|\\\[\\\[)([^\[\]\n\\ ][^\[\]\n\\]{0,200})\\?\]\\?\](?!\()"
)
# Tools that escape Markdown escape backquotes, too, and mean code. The bound keeps lone ones cheap.
_CODE: Final = re.compile(r"(`+)(?!`).{1,4000}?(?<!`)\1(?!`)", re.DOTALL)


def dangling_relation(source: Source, corpus: Corpus) -> Iterator[Hit]:
    """A relation to an entry that is not there."""
    for offset, entry in source.entries:
        for kind, ident in entry.relations:
            if not _known(ident, source, corpus):
                yield Hit(offset, f"{kind} names no entry: {ident}", entry=entry.id)


def dangling_link(source: Source, corpus: Corpus) -> Iterator[Hit]:
    """A `[[link]]` to an id or a title that no entry has."""
    for offset, block in source.blocks:
        if block.kind not in {ENTRY, UNCLAIMED} or "[[" not in block.text.replace("\\", ""):
            continue
        for place, target in links(block.text):
            if not _known(target, source, corpus) and fold(target) not in corpus.titles:
                yield Hit(
                    offset + place, f"no entry has this id or title: {target}", entry=block.id
                )


def links(text: str) -> Iterator[tuple[int, str]]:
    """The targets of the links in a text, with their places; what stands in code is none."""
    code = [span.span() for span in _CODE.finditer(text)]
    for link in _LINK.finditer(text):
        if not any(start <= link.start() < end for start, end in code):
            yield link.start(), link[1].partition("|")[0].strip()


def _known(target: str, source: Source, corpus: Corpus) -> bool:
    """Whether an entry has this id; shared documents know no personal entries."""
    ident = normal_id(target)
    return ident in corpus.shared or (source.is_personal and ident in corpus.personal)
