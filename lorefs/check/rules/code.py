"""The rule about entries that name code which is gone.

A name is stale if the code knew it when the line was written, and HEAD does not know it any more.
So names of other projects, and examples, are left alone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from lorefs.check.corpus import Reference
from lorefs.check.finding import RepositoryHit
from lorefs.core.document import ENTRY, UNCLAIMED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lorefs.check.corpus import Corpus
    from lorefs.check.source import Source

# Between backquotes, which some tools escape.
_SPAN: Final = re.compile(r"\\?`([^`\n]{3,200}?)\\?`")
_ESCAPE: Final = re.compile(r"\\([^\w\s]|_)")
_PLACE: Final = re.compile(
    r"(?::\d[\d:,\u2013-]*|\(\))$"
)  # behind a path its lines, behind a name `()`
_NAME: Final = re.compile(r"[\w@.-]+(?:/[\w@.-]+)*")
# What only code calls so: a path, a file, two words in one, a call.
_TELLING: Final = re.compile(r"[/_.]|[a-z][A-Z]")


def gone(corpus: Corpus) -> Iterator[RepositoryHit]:
    """Paths and symbols of entries that the code has lost since."""
    references = [each for source in corpus.focus for each in references_of(source)]
    if not references:
        return
    for reference, commit in corpus.facts.gone(references).items():
        words = f"`{reference.name}` is not in the code any more; it was in {commit[:12]}"
        yield RepositoryHit(reference.document, words, reference.line)


def references_of(source: Source) -> Iterator[Reference]:
    """The names of code in the entries of a document, each once a line."""
    seen: set[Reference] = set()
    for offset, block in source.blocks:
        if block.kind not in {ENTRY, UNCLAIMED} or "`" not in block.text:
            continue
        for span in _SPAN.finditer(block.text):
            name = _name(span[1])
            if name:
                line = source.line_and_column(offset + span.start())[0]
                reference = Reference(source.path, line, name)
                if reference not in seen:
                    seen.add(reference)
                    yield reference


def names_in(text: str) -> Iterator[str]:
    """The names of code in a piece of Markdown, each once."""
    found = (_name(span[1]) for span in _SPAN.finditer(text)) if "`" in text else iter(())
    yield from dict.fromkeys(filter(None, found))


def _name(code: str) -> str:
    """The path or the symbol that a piece of code is, "" if it is neither."""
    code = _ESCAPE.sub(r"\1", code)
    called = code.endswith("()")
    name = _PLACE.sub("", code).removeprefix("./")
    if not _NAME.fullmatch(name) or not name.strip(".-/@"):
        return ""
    return name if called or _TELLING.search(name) else ""
