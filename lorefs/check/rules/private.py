"""Rules about what must not leave the machine: personal documents and their entries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lorefs.check.corpus import fold
from lorefs.check.finding import Hit, RepositoryHit
from lorefs.core.model import PERSONAL, scope_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lorefs.check.corpus import Corpus
    from lorefs.check.source import Source
    from lorefs.core.model import Entry


def tracked(corpus: Corpus) -> Iterator[RepositoryHit]:
    """A personal document that git tracks, or that would be committed."""
    for path in corpus.facts.tracked_personal:
        yield RepositoryHit(
            path,
            "a personal document would be shared with everybody",
            remedy=f"git rm --cached -- '{path}'",
        )


def personal_entry(source: Source, corpus: Corpus) -> Iterator[Hit]:
    """An entry of a shared document that stands in a personal one, too, by id or by text.

    What HEAD has under that id was shared before: the personal one is a local draft of it.
    """
    if source.is_personal:
        return
    texts = {
        _text(entry): (other, offset)
        for other in corpus.sources
        if other.is_personal
        for offset, entry in other.entries
    }
    for offset, entry in source.entries:
        same = corpus.personal.get(entry.id) if entry.id else None
        if same and not _is_shared(entry.id, corpus):
            where = same[0].source, same[0].placed.offset
        elif _text(entry) in texts:
            where = texts[_text(entry)]
        else:
            continue
        other, place = where
        line = other.line_and_column(place)[0]
        yield Hit(offset, f"a personal entry: it stands in {other.path}:{line}", entry=entry.id)


def _is_shared(ident: str, corpus: Corpus) -> bool:
    shared = (text for path, text in corpus.base.items() if scope_of(path) != PERSONAL)
    return any(f"lore:{ident}" in text for text in shared)


def _text(entry: Entry) -> tuple[str, str]:
    return fold(entry.title), fold(entry.content)
