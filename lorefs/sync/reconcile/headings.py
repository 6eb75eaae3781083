"""Takes headings away that lorefs made for entries, with the last entry that it takes away itself.

Which headings it made is known from the moment it made them: by document, in the database of this
worktree. What is not known there, because another machine or a person wrote it or the database was
made anew, stays.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from lorefs.core.headings import (
    emptied,
    is_plain,
    left_over,
    made_for_entries,
    proposed_alone,
    without_empty,
    without_end,
)
from lorefs.core.model import REVIEW, scope_of
from lorefs.errors import DocumentError
from lorefs.sync.corpus import EMPTY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lorefs.core.document import Document
    from lorefs.store import Store
    from lorefs.sync.corpus import Corpus

KEY: Final = "headings:"  # of a document; whether lorefs took the last entry away, by category


def tidy_headings(corpus: Corpus, before: Mapping[str, Document]) -> None:
    """Clear up after a change that lorefs made itself; `before` are documents as it found them."""
    for path, document in list(corpus.after.items()):
        old = before.get(path) or corpus.before.get(path, EMPTY)
        if document is old:
            continue
        with suppress(DocumentError):  # what is left would be read as something else
            if scope_of(path) == REVIEW:
                corpus.after[path] = _without_done(old, document)
            else:
                _tidy(corpus, path, old)


def _without_done(old: Document, new: Document) -> Document:
    """A review document without headings of categories whose last proposal is settled.

    Who made them does not matter there: proposals bring their own, and nobody else needs any.
    """
    done = left_over(new, emptied(old, new) & proposed_alone(old))
    return without_empty(new, lambda block: is_plain(block) and block.category in done)


def _tidy(corpus: Corpus, path: str, old: Document) -> None:
    new = corpus.after[path]
    known = _known(corpus.store, path)
    known |= dict.fromkeys(made_for_entries(old, new), False)
    if not known:
        return
    gone = emptied(old, new)
    known = {category: left or category in gone for category, left in known.items()}
    left = left_over(new, (category for category, is_left in known.items() if is_left))
    _note(corpus.store, path, known)
    if gone & left:
        corpus.after[path] = without_end(new, left)


def note_headings(store: Store, path: str, document: Document) -> None:
    """Forget of the headings made in a document those that are gone from it, or in use again."""
    known = _known(store, path)
    if known:
        there = {block.category for block in document.blocks if is_plain(block)}
        left = left_over(document, known)
        _note(store, path, {c: known[c] and c in left for c in known if c in there})


def _known(store: Store, path: str) -> dict[str, bool]:
    found: dict[str, bool] = json.loads(store.state(KEY + path) or "{}")
    return found


def _note(store: Store, path: str, known: Mapping[str, bool]) -> None:
    if known:
        store.set_state(KEY + path, json.dumps(known))
    else:
        store.drop_state(KEY + path)
