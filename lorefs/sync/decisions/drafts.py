"""Local drafts go away and come back: personal entries beside those of the team with their ids.

A draft has no row, so the log keeps the source of one that goes away.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from lorefs.core import edit
from lorefs.core.document import ENTRY, Block

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lorefs.store import Change, Origin
    from lorefs.sync.corpus import Corpus


def discard(corpus: Corpus, ident: str, path: str, origin: Origin) -> None:
    """Take the entries with an id out of a document, and note them in the log."""
    while any(block.id == ident for block in corpus.document(path).blocks):
        title = corpus.holding(ident, path).entry().title
        corpus.edit(path, ident, lambda document: document)
        corpus.after[path], block = edit.take(corpus.after[path], ident)
        values = {
            "title": title, "document": path, "category": block.category, "source": block.text,
        }  # fmt: skip
        text = json.dumps(values, ensure_ascii=False)
        corpus.store.log.note_discard(ident, text, origin)


def bring_back(corpus: Corpus, discards: Sequence[Change]) -> None:
    """Put drafts back where they stood, unless their documents hold entries with their ids."""
    taken: dict[str, frozenset[str]] = {}
    for change in discards:
        values = json.loads(change.before or "{}")
        path = str(values["document"])
        if path not in taken:
            taken[path] = frozenset(block.id for block in corpus.document(path).blocks)
        if change.entry in taken[path]:
            continue
        block = Block(ENTRY, "", values["source"], change.entry, values["category"])
        corpus.after[path] = edit.place(corpus.document(path), block, block.category)
