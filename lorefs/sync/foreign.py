"""Rows that other programs changed through SQL become edits of documents, like all others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lorefs.core import edit
from lorefs.core.model import SCOPES, TEAM, Entry, document_path

if TYPE_CHECKING:
    from lorefs.store import ForeignEdit, Store
    from lorefs.sync.corpus import Corpus


def apply_foreign(store: Store, corpus: Corpus) -> None:
    """Empty the outbox into the corpus. What makes no sense is raised, and stays there."""
    if not store.outbox:
        return
    edits = store.outbox.edits()
    store.outbox.revert()  # also where all is as it was in the end
    for foreign in edits:
        _apply(corpus, foreign)


def _apply(corpus: Corpus, foreign: ForeignEdit) -> None:
    before, after = foreign.before, foreign.after
    if after is None:
        if before is not None:
            corpus.edit(foreign.document, before.id, lambda d: edit.remove(d, before.id))
        return
    target = _document(after)
    if before is None:
        entry = after if after.id else after._replace(id=_new_id())
        corpus.put(target, edit.insert(corpus.document(target), entry))
        return
    if target != foreign.document:
        corpus.move(before.id, foreign.document, target)
    changes = changed_fields(before, after)
    corpus.edit(target, before.id, lambda d: edit.replace_fields(d, before.id, changes))


def _document(entry: Entry) -> str:
    scope = entry.scope if entry.scope in SCOPES.values() else TEAM
    return document_path(entry.path.strip("/"), scope)


def changed_fields(before: Entry, after: Entry) -> dict[str, Any]:
    """What `edit.replace_fields` has to change to come from one entry to the other."""
    changes: dict[str, Any] = {
        field: value
        for field, value in after._asdict().items()
        if value != getattr(before, field) and field not in {"id", "path", "scope", "extra"}
    }
    old, new = dict(before.extra), dict(after.extra)
    for key in {**old, **new}:
        if old.get(key) != new.get(key):
            changes[key] = new.get(key)
    return changes


def _new_id() -> str:
    from uuid_utils import uuid7

    return str(uuid7())
