"""Takes the texts of files in: one-sided where only the file changed, else by the merge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lorefs.core.document import decode, parse
from lorefs.core.ledger import Discard
from lorefs.core.merge import Settings, Sides, merge_corpus
from lorefs.sync.diff import diff

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lorefs.core.document import Document
    from lorefs.store import Store
    from lorefs.sync.corpus import Corpus

# In an ingest the file wins a clash; what gives way goes to the ledger.
SETTINGS = Settings(on_clash="theirs")


def ingest(
    store: Store, corpus: Corpus, texts: Mapping[str, str]
) -> tuple[bool, dict[str, Document], tuple[Discard, ...]]:
    """Whether only files changed, the documents with them merged in, and what gave way.

    The base is the bytes last seen in the worktree, ours what the rows say, theirs the file.
    """
    one_sided = all(_is_unchanged(store, corpus, path) for path in texts)
    if one_sided:
        return True, {path: parse(text) for path, text in texts.items()}, ()
    base = {path: decode(store.documents.worktree_base(path) or b"") for path in texts}
    ours = {path: corpus.text(path) for path in texts}
    merged = merge_corpus(Sides(base, ours, texts), settings=SETTINGS)
    documents = {path: parse(merged.documents.get(path, "")) for path in texts}
    return False, documents, merged.discards


def _is_unchanged(store: Store, corpus: Corpus, path: str) -> bool:
    """Whether the rows still say what the file last said."""
    state = store.documents.state(path)
    if state is None:
        return path not in corpus.after
    return path not in corpus.after and state.worktree_hash in {None, state.hash}


def overwritten(store: Store, path: str, text: str) -> list[Discard]:
    """What a save takes back of lorefs' own last write, and only of that.

    An editor that had the file open did not notice the write. Its save is applied, because
    somebody wanted it; what it took back can be found in the ledger.
    """
    replaced = store.documents.replaced(path)
    if replaced is None:
        return []
    stale = diff(
        {path: decode(replaced)}, {path: decode(store.documents.worktree_base(path) or b"")}
    )
    saved = {each.entry.id: each for each in diff({path: decode(replaced)}, {path: text})}
    found: list[Discard] = []
    for each in stale:
        ident = each.entry.id
        again = saved.get(ident)
        if each.before is None or each.after is None:
            if again is None:
                found.append(_taken_back(ident, "existence", each.before, each.after))
            continue
        for field in each.fields:
            if again is None or field not in again.fields:
                old, new = getattr(each.before, field), getattr(each.after, field)
                found.append(_taken_back(ident, field, old, new))
    return found


def _taken_back(ident: str, field: str, old: object, new: object) -> Discard:
    before, after = (None if value is None else str(value) for value in (old, new))
    return Discard(ident, field, before, after, before, before, "overwritten")
