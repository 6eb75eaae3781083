"""Takes back what was done, without taking back what was done since."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from lorefs.core import edit
from lorefs.core.model import TEAM, Entry, document_path
from lorefs.store import read_entry
from lorefs.sync.decisions.drafts import bring_back
from lorefs.sync.reconcile.foreign import changed_fields

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lorefs.store import Change, Origin, Store
    from lorefs.sync.corpus import Corpus


def undo_batch(store: Store, batch: Sequence[Change], corpus: Corpus, origin: Origin) -> None:
    """Revert the changes of one batch, newest first, and note that in the log.

    A field that was changed again since keeps its newer value, an entry that was edited since
    is not removed, and one that is there again is not added twice.
    """
    store.log.note_undo(batch[0].batch, origin)
    added: dict[str, set[str]] = {}  # taken away at once: an import may have added thousands
    drafts: list[Change] = []
    now: dict[str, tuple[Entry, str]] = {}  # what was edited here so far, and where it stands
    for change in batch:
        row = store.entries.own(change.entry)
        match change.op:
            case "delete" if row is None and change.before is not None:
                entry = read_entry(json.loads(change.before))
                target = document_path(entry.path, entry.scope or TEAM)
                corpus.after[target] = edit.insert(corpus.document(target), entry)
            case "add" if row is not None and change.after is not None:
                if read_entry(json.loads(change.after)) == row.entry:
                    added.setdefault(row.document, set()).add(row.entry.id)
            case "resolve" if change.after is not None:
                store.ledger.reopen(change.after)
            case "discard":
                drafts.append(change)
            case "edit" if row is not None:
                entry, document = now.get(change.entry, (row.entry, row.document))
                now[change.entry] = _undo_field(corpus, entry, document, change)
            case _:
                pass  # a first ingest, or an entry that is gone by now
    for document, idents in added.items():
        corpus.after[document] = edit.remove_all(corpus.document(document), idents)
    bring_back(corpus, drafts[::-1])  # in the order in which they went


def _undo_field(corpus: Corpus, entry: Entry, document: str, change: Change) -> tuple[Entry, str]:
    """Takes one change of a field back; returns the entry as it is then, and its document."""
    columns: dict[str, Any] = {**entry._asdict(), "tags": None, "relations": None, "extra": None}
    now = read_entry({**columns, change.field: change.after})
    if getattr(now, change.field) != getattr(entry, change.field):
        return entry, document  # changed again since
    before = getattr(read_entry({**columns, change.field: change.before}), change.field)
    wanted = entry._replace(**{change.field: before})
    if change.field in {"path", "scope"}:
        target = document_path(wanted.path, wanted.scope)
        if target != document:
            corpus.move(entry.id, document, target)
        return wanted, target
    changes = changed_fields(entry, wanted)
    corpus.edit(document, entry.id, lambda d: edit.replace_fields(d, entry.id, changes))
    return wanted, document
