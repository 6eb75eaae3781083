"""The rule about entries that say nearly the same.

Candidates share a hash of their sketches; each is confirmed by comparing all words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from lorefs.check.finding import RepositoryHit
from lorefs.core.proposal import PROPOSES, key_of
from lorefs.core.similarity import CROWD, similarity, sketch, words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lorefs.check.corpus import Corpus
    from lorefs.check.source import Source

FEWEST: Final = 8  # words of an entry that is compared


class _Compared(NamedTuple):
    """An entry as it is compared."""

    source: Source
    offset: int
    id: str
    text: str
    words: frozenset[str]
    about: frozenset[str]  # ids of the entry, and of the one that it proposes to change


def near_duplicates(corpus: Corpus) -> Iterator[RepositoryHit]:
    """Entries of the focus whose words are those of another entry; of several, the likest."""
    focus = {source.path for source in corpus.focus}
    entries = list(_compared(corpus))
    likest: dict[int, tuple[float, int]] = {}
    for kept, other in set(_candidates(entries)):
        if entries[other].source.path not in focus:
            kept, other = other, kept  # noqa: PLW2901
        if entries[other].source.path in focus:
            share = _share(entries[kept], entries[other], corpus.limits.similarity)
            if share:
                likest[other] = max(likest.get(other, (0.0, 0)), (share, -kept))
    for other, (share, kept) in sorted(likest.items()):
        yield _hit(entries[-kept], entries[other], share)


def _share(kept: _Compared, other: _Compared, least: float) -> float:
    """How alike two entries are, 0 if less than `least` or if both are about the same entry."""
    sizes = sorted((len(kept.words), len(other.words)))
    if sizes[0] < least * sizes[1] or kept.about & other.about:
        return 0.0
    share = similarity(kept.words, other.words)
    return share if share >= least else 0.0


def _hit(kept: _Compared, other: _Compared, share: float) -> RepositoryHit:
    line = kept.source.line_and_column(kept.offset)[0]
    words = f"{share:.0%} of the words are those of the entry in {kept.source.path}:{line}"
    place = other.source.line_and_column(other.offset)[0]
    return RepositoryHit(other.source.path, words, place, entry=other.id)


def _compared(corpus: Corpus) -> Iterator[_Compared]:
    for source in corpus.sources:
        for offset, entry in source.entries:
            text = f"{entry.title} {entry.content}"
            found = words(text)
            if len(found) >= FEWEST:
                about = frozenset({entry.id, key_of(entry, PROPOSES)}) - {""}
                yield _Compared(source, offset, entry.id, text, found, about)


def _candidates(entries: Sequence[_Compared]) -> Iterator[tuple[int, int]]:
    """Pairs of entries that share a hash, by their numbers."""
    known: dict[int, list[int]] = {}
    for number, entry in enumerate(entries):
        for each in sketch(entry.text):
            others = known.setdefault(each, [])
            yield from ((other, number) for other in others)
            if len(others) < CROWD:
                others.append(number)
