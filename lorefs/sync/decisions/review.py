"""Carries out what was decided of proposals, as edits of documents like all others."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from lorefs.core import edit
from lorefs.core.metadata import plain
from lorefs.core.model import REVIEW, TEAM, document_path
from lorefs.core.policy import approval_hash
from lorefs.core.proposal import (
    APPROVED_AGAIN,
    KEYS,
    PROPOSES,
    PROPOSES_HASH,
    REJECTED_BECAUSE,
    applied,
    is_waiting,
    key_of,
    kind_of,
)
from lorefs.errors import ConflictError, RefusedError, UnknownEntryError
from lorefs.store import Filter
from lorefs.sync.decisions.past import versions_of
from lorefs.sync.reconcile.foreign import changed_fields

if TYPE_CHECKING:
    from lorefs.core.model import Entry
    from lorefs.core.proposal import Kind
    from lorefs.store import Row, Store
    from lorefs.sync.corpus import Corpus


@dataclass(frozen=True, slots=True)
class Proposal:
    """What waits for approval, and what it would do.

    `target` is the approved entry that it is about, None for a new one, and where that is gone.
    `wanted` is what the team's document would say, None for nothing. `clashes` are fields of
    the target that changed since, and not as proposed; `existence` where it is to go, or gone.
    """

    row: Row
    kind: Kind
    target: Row | None
    wanted: Entry | None
    clashes: tuple[str, ...]

    @property
    def hash(self) -> str:
        """What an approval would be bound to, "" for a removal."""
        return "" if self.wanted is None else approval_hash(self.wanted)


def waiting(store: Store, *, rejected: bool = False, team: bool = False) -> list[Row]:
    """The entries that wait, the oldest first; those that were rejected, too, or of the team."""
    rows = store.entries.rows(Filter(scope=REVIEW))
    found = [row for row in rows if is_waiting(row.entry) or rejected]
    if team:
        found += store.entries.rows(Filter(scope=TEAM, status="pending"))
    return sorted(found, key=lambda row: (row.updated_at, row.entry.id))


def proposal_of(store: Store, row: Row, corpus: Corpus | None = None) -> Proposal:
    """What a row proposes as things stand now, in the rows or in what a corpus makes of them."""
    entry, kind = row.entry, "new" if row.standing else kind_of(row.entry)
    if kind == "new":
        gone = {key: None for key, _ in entry.extra if key in KEYS}
        extra = tuple(pair for pair in entry.extra if pair[0] not in gone)
        wanted = entry._replace(status="active", scope=TEAM, extra=extra)
        return Proposal(row, kind, None, wanted, ())
    target = store.entries.get(key_of(entry, PROPOSES))
    if target is None or target.entry.scope != TEAM:
        return Proposal(row, kind, None, None, ("existence",))
    known = key_of(entry, PROPOSES_HASH)
    base = _base(store, target, known)
    if corpus is not None:
        target = _in(corpus, target)
    if target is None:
        return Proposal(row, kind, None, None, ("existence",))
    if kind == "removal":
        same = base is not None and approval_hash(target.entry) == known
        return Proposal(row, kind, target, None, () if same else ("existence",))
    done = applied(entry, target.entry, base)
    return Proposal(row, kind, target, done.entry, done.clashes)


def _in(corpus: Corpus, row: Row) -> Row | None:
    """A row as a corpus has its entry, None where that is gone from its document."""
    try:
        return row._replace(entry=corpus.holding(row.entry.id, row.document).entry())
    except UnknownEntryError:
        return None


def _base(store: Store, target: Row, known: str) -> Entry | None:
    """What the target said when a change of it was proposed, as far as the log knows."""
    if approval_hash(target.entry) == known:
        return target.entry
    found = (version.entry for version in versions_of(store, target))
    return next((entry for entry in found if entry and approval_hash(entry) == known), None)


def carry_out(corpus: Corpus, proposal: Proposal, approver: str, *, force: bool = False) -> None:
    """Let a proposal stand, and note who approved of it.

    Raises `ConflictError` where the entry that it is about says something else by now, unless
    that is to be overridden, and `RefusedError` where it is gone.
    """
    row, target = proposal.row, proposal.target
    ident = row.entry.id
    if proposal.kind == "new":
        if row.entry.scope != TEAM:
            corpus.move(ident, row.document, document_path(row.entry.path, TEAM))
        approve_entry(corpus, document_path(row.entry.path, TEAM), ident, approver)
        return
    if target is None:
        raise RefusedError(
            f"the entry that {ident} is about is gone",
            found=key_of(row.entry, PROPOSES),
            hint="`lorefs reject` it, or take the key `proposes` out to make it an entry",
        )
    if proposal.clashes and not force:
        fields = ", ".join(proposal.clashes)
        raise ConflictError(
            f"{target.entry.id} has changed since {ident} was proposed: {fields}",
            current=target,
            hint=f"`lorefs review {ident[-8:]}` shows both; --force takes what was proposed",
        )
    about = target.entry.id
    if proposal.wanted is None:
        corpus.edit(target.document, about, partial(edit.remove, ident=about))
    else:
        wanted = proposal.wanted._replace(
            proposed_by=row.entry.proposed_by,
            approved_by=approver,
            approved_hash=approval_hash(proposal.wanted),
        )
        changes = changed_fields(target.entry, wanted)
        corpus.edit(target.document, about, lambda d: edit.replace_fields(d, about, changes))
    corpus.edit(row.document, ident, partial(edit.remove, ident=ident))


def approve_entry(corpus: Corpus, document: str, ident: str, approver: str) -> None:
    """Note that somebody approves of what an entry of a team document says."""
    entry = corpus.holding(ident, document).entry()
    changes: dict[str, Any] = {key: None for key, _ in entry.extra if key in KEYS}
    found_hash = approval_hash(entry)
    if (entry.approved_by, entry.approved_hash) == (approver, found_hash):  # as somebody forged it
        changes[APPROVED_AGAIN] = plain(str(_count(entry) + 1))
    changes |= {"approved_by": approver, "approved_hash": found_hash}
    if is_waiting(entry) or entry.status == "rejected":
        changes["status"] = "active"
    corpus.edit(document, ident, lambda d: edit.replace_fields(d, ident, changes))


def _count(entry: Entry) -> int:
    found = key_of(entry, APPROVED_AGAIN)
    return int(found) if found.isdecimal() else 0


def turn_down(corpus: Corpus, row: Row, why: str) -> None:
    """Note that an entry was rejected, and why; it goes to the review document if need be."""
    ident, document = row.entry.id, document_path(row.entry.path, REVIEW)
    if row.document != document:
        corpus.move(ident, row.document, document)
    changes = {"status": "rejected", REJECTED_BECAUSE: plain(" ".join(why.split()))}
    corpus.edit(document, ident, lambda d: edit.replace_fields(d, ident, changes))
