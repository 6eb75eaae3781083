"""Rules about the repository around the documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lorefs.check.finding import RepositoryHit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lorefs.check.corpus import Corpus


def driver(corpus: Corpus) -> Iterator[RepositoryHit]:
    """Attributes that name the merge driver, in a clone that does not have it."""
    if corpus.facts.attributes_line and not corpus.facts.driver_configured():
        yield RepositoryHit(
            ".gitattributes",
            "lore is to be merged by entry, but this clone has no merge driver",
            corpus.facts.attributes_line,
        )


def settings(corpus: Corpus) -> Iterable[RepositoryHit]:
    """Settings that are not understood."""
    return corpus.facts.mistakes
