"""Takes the texts of files in: one-sided where only the file changed, else by the merge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lorefs.core.document import decode, parse
from lorefs.core.merge import Settings, Sides, merge_corpus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lorefs.core.document import Document
    from lorefs.core.ledger import Discard
    from lorefs.store import Store
    from lorefs.sync.corpus import Corpus

# In an ingest the file wins a clash; what gives way goes to the ledger.
SETTINGS = Settings(on_clash="theirs")


def ingest(
    store: Store, corpus: Corpus, texts: Mapping[str, str]
) -> tuple[dict[str, Document], tuple[Discard, ...]]:
    """The documents with the texts of their files merged in, and what gave way.

    The base is the bytes last seen in the worktree, ours what the rows say, theirs the file.
    """
    one_sided = all(_is_unchanged(store, corpus, path) for path in texts)
    if one_sided:
        return {path: parse(text) for path, text in texts.items()}, ()
    base = {path: decode(store.documents.worktree_base(path) or b"") for path in texts}
    ours = {path: corpus.text(path) for path in texts}
    merged = merge_corpus(Sides(base, ours, texts), settings=SETTINGS)
    documents = {path: parse(merged.documents.get(path, "")) for path in texts}
    return documents, merged.discards


def _is_unchanged(store: Store, corpus: Corpus, path: str) -> bool:
    """Whether the rows still say what the file last said."""
    state = store.documents.state(path)
    if state is None:
        return path not in corpus.after
    return path not in corpus.after and state.worktree_hash in {None, state.hash}
