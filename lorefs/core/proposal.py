"""What an entry of a review document proposes: a new entry, a change of one, or its removal.

A proposal about an approved entry names it in keys of its metadata; all else of it is what the
approved entry would say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from lorefs.core.merge.sides import Sides
from lorefs.core.merge.text import merge_text
from lorefs.core.metadata import MetadataError, value
from lorefs.core.model import REVIEW, STATUSES, TEAM
from lorefs.core.policy import APPROVED_FIELDS

if TYPE_CHECKING:
    from lorefs.core.model import Entry

PROPOSES: Final = "proposes"  # the id of the approved entry that it is about
PROPOSES_HASH: Final = "proposes_hash"  # the `approval_hash` of that entry then
PROPOSES_STATUS: Final = "proposes_status"  # the status that it would have
REMOVES: Final = "removes"  # true where that entry is to go
REJECTED_BECAUSE: Final = "rejected_because"
# How often somebody approved of what carried the same approval already, by somebody who may not.
APPROVED_AGAIN: Final = "approved_again"
KEYS: Final = frozenset({
    PROPOSES,
    PROPOSES_HASH,
    PROPOSES_STATUS,
    REMOVES,
    REJECTED_BECAUSE,
    APPROVED_AGAIN,
})  # fmt: skip

Kind = Literal["new", "change", "removal"]


class Applied(NamedTuple):
    """An approved entry as a proposal would have it.

    `clashes` are the fields in which it says something else by now than what the proposal was
    made of, and not what the proposal says either.
    """

    entry: Entry
    clashes: tuple[str, ...]


def key_of(entry: Entry, key: str) -> str:
    """The text of one of `KEYS`, "" where it is not there or no text."""
    source = dict(entry.extra).get(key)
    if source is None:
        return ""
    try:
        found = value(source)
    except MetadataError:
        return ""
    return str(found).lower() if isinstance(found, bool) else str(found)


def kind_of(entry: Entry) -> Kind:
    """What an entry of a review document proposes."""
    if not key_of(entry, PROPOSES):
        return "new"
    return "removal" if key_of(entry, REMOVES) == "true" else "change"


def is_waiting(entry: Entry) -> bool:
    """Whether an entry waits for somebody to approve of it."""
    waits = ("pending", "active") if entry.scope == REVIEW else ("pending",)
    return entry.scope in {TEAM, REVIEW} and entry.status in waits


def other_keys(entry: Entry) -> tuple[tuple[str, str], ...]:
    """The keys of an entry's metadata that say nothing about a proposal."""
    return tuple((key, source) for key, source in entry.extra if key not in KEYS)


def applied(proposal: Entry, target: Entry, base: Entry | None) -> Applied:
    """The target with what a proposal changes; where both changed a field, as the proposal has it.

    `base` is what the target said when that was proposed, None where nobody knows any more:
    then every field in which both differ clashes.
    """
    changes: dict[str, Any] = {}
    clashes: list[str] = []
    for field in APPROVED_FIELDS:
        ours, theirs = getattr(target, field), getattr(proposal, field)
        old = None if base is None else getattr(base, field)
        if ours == theirs or (base is not None and theirs == old):
            continue
        changes[field], is_clean = theirs, base is not None and ours == old
        if base is not None and not is_clean:
            changes[field], is_clean = _merged(field, old, ours, theirs)
        if not is_clean:
            clashes.append(field)
    extra = {**dict(target.extra), **dict(other_keys(proposal))}
    status = key_of(proposal, PROPOSES_STATUS)
    changes["status"] = status if status in STATUSES else target.status
    entry = target._replace(**changes, extra=tuple(sorted(extra.items())))
    return Applied(entry, tuple(clashes))


def _merged(field: str, base: object, ours: object, theirs: object) -> tuple[object, bool]:
    """A field that both changed, and whether that is what both wanted."""
    if field == "content":
        text = merge_text(Sides(str(base), str(ours), str(theirs)))
        return text.readings().theirs, text.clean
    if isinstance(base, tuple) and isinstance(ours, tuple) and isinstance(theirs, tuple):
        gone = {*base} - {*ours} | {*base} - {*theirs}
        return tuple(sorted({*ours, *theirs} - gone)), True
    return theirs, False
