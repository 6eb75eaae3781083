"""Rules about metadata: comments that are understood, where they belong, approved by who may."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lorefs.check.finding import Hit, RepositoryHit
from lorefs.core.document import ENTRY
from lorefs.core.lines import is_metadata
from lorefs.core.model import TEAM
from lorefs.core.source import cut, metadata_problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lorefs.check.corpus import Corpus, Unentitled
    from lorefs.check.source import Source

COMMENT: Final = "<!--"


def invalid(source: Source, _: Corpus) -> Iterator[Hit]:
    """Metadata that cannot be read, or a value that its field cannot have."""
    for offset, block in source.blocks:
        if block.kind != ENTRY or block.text.count(COMMENT) < 2:  # noqa: PLR2004
            continue
        problem = metadata_problem(block)
        if problem:
            found = f": {problem.found[:80]}" if problem.found else ""
            place = offset + len(cut(block).marker)
            yield Hit(place, f"{problem.message}{found}", problem.hint or "", block.id)


def stray(source: Source, _: Corpus) -> Iterator[Hit]:
    """A metadata comment that belongs to no entry."""
    for offset, line in source.prose_lines(COMMENT):
        if is_metadata(line):
            yield Hit(offset, "no marker stands above this metadata, so it belongs to no entry")


def approval(corpus: Corpus) -> Iterator[RepositoryHit]:
    """What somebody put, approved or took away whom the policy of the commit before does not name.

    Where that has no policy, anybody may set the first.
    """
    for each in corpus.facts.unentitled():
        path, line = _place(each, corpus)
        words = f"{each.words} ({each.who} may)"
        yield RepositoryHit(path, words, line, each.remedy, each.entry)


def _place(change: Unentitled, corpus: Corpus) -> tuple[str, int]:
    """Where an entry stands, in what is checked if it does; a policy stands at the top."""
    for source in sorted(corpus.focus, key=lambda source: source.path != change.document):
        if change.entry and source.scope == TEAM:
            for offset, block in source.blocks:
                if block.id == change.entry:
                    return source.path, source.line_and_column(offset)[0]
    return change.document, 1
