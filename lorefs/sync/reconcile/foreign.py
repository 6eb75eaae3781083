"""Rows that other programs changed through SQL become edits of documents, like all others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from lorefs.core import edit
from lorefs.core.guests import is_guest
from lorefs.core.ledger import Discard
from lorefs.core.model import SCOPES, TEAM, Entry, document_path
from lorefs.errors import GuestError, LorefsError, RefusedError, UsageError
from lorefs.sync.site import JUDGED
from lorefs.worktree import check_place

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lorefs.store import ForeignEdit, Store
    from lorefs.sync.corpus import Corpus


class Foreign(NamedTuple):
    """What came of the outbox: the edits that no document can hold, and what they said.

    `taken` are the others.
    """

    refusals: list[LorefsError]
    discards: list[Discard]
    taken: list[ForeignEdit]

    def refuse(self, error: LorefsError) -> None:
        """Take back what was taken in as well, because it cannot stand so."""
        self.refusals.append(_refusal(error))
        for foreign in self.taken:
            self.discards.extend(_discards(foreign))


def apply_foreign(store: Store, corpus: Corpus, root: Path) -> Foreign:
    """Empty the outbox into the corpus.

    An edit that no document can hold is taken back, whole, and its values go to the ledger:
    the program that wrote it is gone, and everything else has to go on.
    """
    taken = Foreign([], [], [])
    if not store.outbox:
        return taken
    edits = store.outbox.edits()
    store.outbox.revert()  # also where all is as it was in the end
    if store.state(JUDGED):
        from lorefs.sync.judging.kept import mark

        mark(store)
    for foreign in edits:
        after = dict(corpus.after)
        try:
            _apply(corpus, foreign, root)
        except (RefusedError, UsageError) as error:
            corpus.after = after
            taken.refusals.append(_refusal(error))
            if foreign.after is not None or not is_guest(foreign.document):
                taken.discards.extend(_discards(foreign))
        else:
            taken.taken.append(foreign)
    return taken


def _apply(corpus: Corpus, foreign: ForeignEdit, root: Path) -> None:
    before, after = foreign.before, foreign.after
    if after is None:
        if before is not None:
            corpus.edit(foreign.document, before.id, lambda d: edit.remove(d, before.id))
        return
    target = _document(after)
    if target != foreign.document and corpus.store.documents.state(target) is None:
        check_place(root, target)
    if before is None:
        entry = after if after.id else after._replace(id=_new_id())
        corpus.put(target, edit.insert(corpus.document(target), entry))
        return
    if target != foreign.document:
        corpus.move(before.id, foreign.document, target)
    changes = changed_fields(before, after)
    corpus.edit(target, before.id, lambda d: edit.replace_fields(d, before.id, changes))


def _refusal(error: LorefsError) -> RefusedError:
    if isinstance(error, GuestError):
        return GuestError(
            f"another program wrote to a row that is read-only here: {error.message}",
            path=error.path,
            hint=f"it is as it was before; {error.hint}",
        )
    return RefusedError(
        f"another program wrote a row that no document can hold: {error.message}",
        found=error.found,
        hint="the row is as it was before; what was written is in the ledger",
    )


def _discards(foreign: ForeignEdit) -> Iterator[Discard]:
    """The values that were taken back, field by field; a new row has no field before."""
    from lorefs.core.resolution import texts_of

    old = texts_of(foreign.before) if foreign.before else {}
    new = texts_of(foreign.after) if foreign.after else {}
    entry = foreign.before or foreign.after
    for field in {**old, **new}:
        before, after = old.get(field), new.get(field)
        if before != after and entry is not None:
            yield Discard(entry.id, field, before, before, after, before, "refused")


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
