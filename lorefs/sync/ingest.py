"""Takes the texts of files in: as they are where only the file changed, else by the merge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lorefs.core.document import parse
from lorefs.sync.progress import READING, told
from lorefs.sync.stashes import stashed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lorefs.core.document import Document
    from lorefs.core.ledger import Discard
    from lorefs.store import Store
    from lorefs.sync.corpus import Corpus
    from lorefs.sync.site import Site


def ingest(
    site: Site, corpus: Corpus, texts: Mapping[str, str], brought: Mapping[str, str]
) -> tuple[bool, dict[str, Document], tuple[Discard, ...]]:
    """Whether only files changed, the documents with them merged in, and what gave way.

    The base is the bytes last seen in the worktree, ours what the rows say, theirs the file.
    `brought` names commits from which git put a file there: of such a file only what people
    edited counts.
    """
    store = site.store
    stashes = stashed(site, list(texts))
    one_sided = not (brought or stashes) and all(
        _is_unchanged(store, corpus, path) for path in texts
    )
    if one_sided:
        return True, {path: parse(texts[path]) for path in told(site, READING, texts)}, ()
    from lorefs.sync.merging import merge_in

    return False, *merge_in(site, corpus, texts, brought, stashes)


def _is_unchanged(store: Store, corpus: Corpus, path: str) -> bool:
    """Whether the rows still say what the file last said."""
    state = store.documents.state(path)
    if state is None:
        return path not in corpus.after
    return path not in corpus.after and state.worktree_hash in {None, state.hash}
