"""Writes what a reconcile changed: current texts, and the rows, log and ledger that follow them."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from lorefs.core import edit
from lorefs.core.claim import with_markers
from lorefs.core.document import encode, serialize
from lorefs.core.ledger import record_id
from lorefs.core.model import PERSONAL, TEAM, scope_of
from lorefs.core.plan import owns_file
from lorefs.errors import DocumentError
from lorefs.store.bulk import PORTION
from lorefs.store.documents import KEPT
from lorefs.sync.corpus import EMPTY, values
from lorefs.sync.policy import note_policy
from lorefs.sync.progress import WRITING, told
from lorefs.sync.reconcile.differences import Places, differences
from lorefs.sync.reconcile.headings import note_headings
from lorefs.sync.report import Copy, Report
from lorefs.sync.site import is_filtered

if TYPE_CHECKING:
    from collections.abc import Collection

    from lorefs.store import Origin, Store
    from lorefs.sync.corpus import Corpus
    from lorefs.sync.reconcile.differences import Differences
    from lorefs.sync.reconcile.observe import Observation
    from lorefs.sync.report import Notes
    from lorefs.sync.site import Site


def write_rows(
    site: Site,
    observation: Observation,
    corpus: Corpus,
    notes: Notes,
    origin: Origin,
    *,
    first: bool = False,
) -> Report:
    """Write what became of a corpus, within a transaction; it is one batch of the log.

    `notes` says what files say and what gave way. `first` is that of the request.
    """
    store = site.store
    _write_down_ids(observation, corpus)
    changed = corpus.changed()
    found = differences(
        {path: corpus.before.get(path, EMPTY) for path in changed},
        {path: corpus.after[path] for path in changed},
        Places(store.entries.owners, store.copies.all(), corpus.document),
    )
    _drop_doubles(corpus, found)
    _write_differences(store, found, origin, first=first)
    _write_texts(site, corpus, sorted({*changed, *found.doubles}), notes)
    if store.ledger.is_open():
        from lorefs.sync.reconcile.settled import close_settled

        close_settled(store, found, origin, filtered=is_filtered(site))
    recorded = set(store.ledger.record(notes.discards, origin.at))
    return _report(found, notes, recorded)


def _write_down_ids(observation: Observation, corpus: Corpus) -> None:
    """With sync on, an entry written by hand into a file of lorefs's own gets its marker."""
    for facts in observation.facts:
        path = facts.document
        ours = facts.sync and facts.scope != PERSONAL and owns_file(facts)
        if ours and path in corpus.after:
            corpus.after[path] = with_markers(corpus.after[path], lambda _: True)


def _drop_doubles(corpus: Corpus, found: Differences) -> None:
    """Removes personal entries that only repeat what the team's say."""
    for path, idents in list(found.doubles.items()):
        try:
            corpus.after[path] = edit.remove_all(corpus.document(path), idents)
        except DocumentError:  # what is left would be read as something else
            del found.doubles[path]
            for ident in idents:
                found.standing[ident] |= {path}


def _write_differences(store: Store, found: Differences, origin: Origin, *, first: bool) -> None:
    """Log and rows; what is new comes in portions, for there may be very much of it."""
    store.log.append(found.edits, origin)
    store.entries.change(found.edits, origin)
    gone = [edit.before.id for edit in found.edits if edit.before and edit.after is None]
    if gone:
        store.guests.come_back(gone, origin)
    store.copies.put(found.standing)
    if not found.added:
        return
    store.guests.hide(found.added, origin)
    ingested = first or origin.source in {"editor", "git"}
    note = store.log.append_ingest if ingested else store.log.append_added
    holdings = iter(found.added.values())
    with store.adding(len(found.added)):
        while portion := list(islice(holdings, PORTION)):
            note(store.entries.add(values(portion), origin), origin)


def _write_texts(site: Site, corpus: Corpus, paths: Collection[str], notes: Notes) -> None:
    """The texts of documents that changed, and what files say of these and of others."""
    documents = site.store.documents
    for path in told(site, WRITING, paths):
        document = corpus.after[path]
        note_policy(site.store, path, document)
        note_headings(site.store, path, document)
        base = notes.bases.pop(path, KEPT)
        # the file's own bytes serve for both where nothing was merged into them
        verbatim = document is notes.verbatim.get(path) and isinstance(base, bytes)
        data = base if verbatim and isinstance(base, bytes) else encode(serialize(document))
        documents.put_current(path, scope_of(path) or TEAM, data, worktree=base)
    for path, base in notes.bases.items():
        documents.put_worktree_base(path, base)


def _report(found: Differences, notes: Notes, recorded: Collection[str]) -> Report:
    """What is told of it; `recorded` are the ids of the ledger's new records."""
    pending = {record_id(discard) for discard in notes.discards if not discard.closed}
    return Report(
        added=tuple(found.added),
        edited=tuple(e.after.id for e in found.edits if e.after is not None),
        deleted=tuple(e.before.id for e in found.edits if e.before and e.after is None),
        waiting=tuple(notes.waiting),
        questions=tuple(notes.questions),
        refusals=tuple(notes.refusals),
        copies=tuple(Copy(*copy) for copy in found.copies),
        drafts=tuple(Copy(*copy) for copy in found.drafts),
        discards=len(notes.discards),
        conflicts=tuple(sorted(pending.intersection(recorded))),
        moved=tuple(notes.moved),
    )
