"""Closes records of the ledger, in the transaction in which they were settled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lorefs.core.resolution import is_settled

if TYPE_CHECKING:
    from lorefs.core.model import Entry
    from lorefs.store import Origin, Record, Store
    from lorefs.sync.reconcile.differences import Differences


def close(store: Store, record: Record, origin: Origin) -> None:
    """Close a record, and note in the log who did; one that is closed stays as it is."""
    if record.resolved_at is not None:
        return
    store.ledger.close(record.id, origin.at)
    discard = record.discard
    store.log.note_resolution(record.id, discard.entry, discard.field, origin)


def close_settled(
    store: Store, changed: Differences, origin: Origin, *, filtered: bool = False
) -> None:
    """Close the records whose entry was just given a value that had to give way.

    What git did (a switch, a merge) closes none: nobody chose, and the next switch may take
    it back. Where rows are `filtered`, what goes with an exchange may only be hidden.
    """
    if origin.source == "git":
        return
    edited = {known.id: e.after for e in changed.edits if (known := e.after or e.before)}
    for record in store.ledger.records(open_only=True):
        discard = record.discard
        if discard.entry in changed.added:
            entry: Entry | None = changed.added[discard.entry].entry()
        elif discard.entry in edited:
            entry = edited[discard.entry]
        else:
            continue
        if entry is None and filtered and origin.source == "sync":
            continue
        if is_settled(discard, entry):
            close(store, record, origin)
