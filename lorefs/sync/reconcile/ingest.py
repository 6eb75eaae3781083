"""Takes the texts of files in: as they are where only the file changed, else by the merge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lorefs.core.claim import identify
from lorefs.core.document import parse
from lorefs.core.model import PERSONAL
from lorefs.core.plan import is_mass_deletion
from lorefs.sync.progress import READING, told
from lorefs.sync.reconcile.stashes import stashed
from lorefs.sync.report import Question

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lorefs.core.document import Document
    from lorefs.core.ledger import Discard
    from lorefs.core.plan import Facts
    from lorefs.store import Store
    from lorefs.sync.corpus import Corpus
    from lorefs.sync.reconcile.observe import Observation
    from lorefs.sync.report import Notes
    from lorefs.sync.site import Site


def ingest(
    site: Site,
    observation: Observation,
    corpus: Corpus,
    texts: Mapping[str, str],
    notes: Notes,
) -> None:
    """Bring the texts of files into the corpus, unless too many entries would vanish with them.

    Then nothing of them is taken, and the notes have a question for each document.
    """
    one_sided, merged, discards = _merged(site, corpus, texts, notes.brought)
    doubtful = _mass_deletion(site, observation.facts, corpus, merged)
    if doubtful:
        notes.questions += doubtful
        return
    notes.discards += discards
    for path, text in texts.items():
        notes.discards += _overwritten(site.store, path, text)
    for path, document in merged.items():
        as_it_is = corpus.put(path, document) and not discards
        notes.bases[path] = observation.data.get(path)
        if as_it_is and one_sided and path in observation.data:
            notes.verbatim[path] = corpus.after[path]


def _merged(
    site: Site, corpus: Corpus, texts: Mapping[str, str], brought: Mapping[str, str]
) -> tuple[bool, dict[str, Document], tuple[Discard, ...]]:
    """Whether only files changed, the documents with them merged in, and what gave way.

    The base is the bytes last seen in the worktree, ours what the rows say, theirs the file.
    `brought` names commits from which git put a file there: of such a file only what people
    edited counts.
    """
    stashes = stashed(site, list(texts))
    one_sided = not (brought or stashes) and all(
        _is_unchanged(site.store, corpus, path) for path in texts
    )
    if one_sided:
        return True, {path: parse(texts[path]) for path in told(site, READING, texts)}, ()
    from lorefs.sync.reconcile.merging import merge_in

    return False, *merge_in(site, corpus, texts, brought, stashes)


def _is_unchanged(store: Store, corpus: Corpus, path: str) -> bool:
    """Whether the rows still say what the file last said."""
    if path in corpus.after:
        return False
    state = store.documents.state(path)
    return state is None or state.worktree_hash in {None, state.hash}


def _mass_deletion(
    site: Site, facts: Sequence[Facts], corpus: Corpus, merged: Mapping[str, Document]
) -> list[Question]:
    """A question for each guarded document where most of their entries would be deleted."""
    guarded = [
        f.document
        for f in facts
        if (f.sync or f.scope == PERSONAL) and not f.accept_deletions and f.document in merged
    ]
    if not guarded:
        return []
    before = {b.id for path in guarded for b in corpus.document(path).blocks if b.id}
    after = {
        block.id
        for path, document in merged.items()
        for block in identify(document, path, corpus.document(path)).blocks
        if block.id
    }
    gone = len(before - after)
    guard = site.config.guard
    if not is_mass_deletion(len(before), gone, guard.deletion_share, guard.deletion_count):
        return []
    return [
        Question(path, len(corpus.document(path).blocks), f"{gone} of {len(before)} entries vanish")
        for path in guarded
    ]


def _overwritten(store: Store, path: str, text: str) -> list[Discard]:
    """What an editor saved over the text that lorefs had put there meanwhile."""
    replaced = store.documents.replaced(path)
    if replaced is None:
        return []
    from lorefs.sync.reconcile.merging import overwritten

    discards = overwritten(store, path, replaced, text)
    store.documents.put_replaced(path, None)  # the buffer is no older than this save
    return discards
