"""Decides what it takes to settle a record of the ledger: values in, one action out.

A record holds values as text: YAML source for metadata, the source of the whole entry for its
existence, the path of its document for its path. What was edited since stays where it does
not stand in the way: a resolution is one more edit, merged onto what the entry says now.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from lorefs.core.document import ENTRY, parse
from lorefs.core.merge.judge import HELD, LAST_WRITE
from lorefs.core.merge.sides import EXISTENCE, Sides
from lorefs.core.merge.text import merge_text, ours_and_theirs
from lorefs.core.metadata import MetadataError, field_source, read_fields
from lorefs.core.model import METADATA_FIELDS, NAMES, Entry, document_path, scope_of
from lorefs.core.source import read_entry, tidy
from lorefs.errors import LorefsError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lorefs.core.ledger import Discard

Choice = Literal["ours", "theirs", "both"]

CONTENT: Final = "content"
METADATA: Final = "metadata"  # the whole comment, where it could not be taken apart
SETS: Final = ("tags", "relations")


class Leave(NamedTuple):
    """What stands is what is wanted."""


class SetFields(NamedTuple):
    """Fields of the entry, or metadata keys with their source, None to remove one."""

    changes: Mapping[str, object]


class SetMetadata(NamedTuple):
    """The whole metadata comment, "" for none."""

    source: str


class Move(NamedTuple):
    """To another document."""

    document: str


class Remove(NamedTuple):
    """The entry is to go."""


class Recreate(NamedTuple):
    """The entry is to be there again, with this source."""

    source: str


class Rewrite(NamedTuple):
    """Prose or front matter that stands in some document, and what it is to be."""

    old: str
    new: str


Action = Leave | SetFields | SetMetadata | Move | Remove | Recreate | Rewrite


def is_prose(discard: Discard) -> bool:
    """Whether the record is about what belongs to no entry."""
    return not discard.entry


def readings(discard: Discard) -> Sides[str | None]:
    """What the victory of each side gives.

    In a merged text that is not the side's whole text: only the stretches on which the sides
    disagree are at stake.
    """
    base, ours, theirs = discard.base, discard.ours, discard.theirs
    whole = Sides(base, ours, theirs)
    if not _is_merged_text(discard) or ours is None or theirs is None:
        return whole
    merged = merge_text(Sides(base or "", ours, theirs))
    return whole if merged.clean else Sides(*merged.readings())


def _is_merged_text(discard: Discard) -> bool:
    return discard.field in {CONTENT, "prose"} and discard.reason in {LAST_WRITE, HELD}


def losers(discard: Discard) -> list[str | None]:
    """The values that gave way."""
    _, ours, theirs = readings(discard)
    return [value for value in (ours, theirs) if not _same(discard.field, value, discard.chosen)]


def _same(field: str, one: str | None, other: str | None) -> bool:
    if field == CONTENT:
        return tidy(one or "") == tidy(other or "")
    return one == other


def choices(discard: Discard) -> list[Choice]:
    """The choices that the field has."""
    found: list[Choice] = ["ours", "theirs"]
    if discard.field in {CONTENT, "prose", *SETS} and None not in {discard.ours, discard.theirs}:
        found.append("both")
    return found


def is_settled(discard: Discard, now: Entry | None) -> bool:
    """Whether the entry has a value by now that had to give way; `now` is None if it is gone."""
    if is_prose(discard):
        return False
    try:
        return any(_stands(discard.field, value, now) for value in losers(discard))
    except LorefsError:  # what another version wrote, or a source that is none any more
        return False


def _stands(field: str, value: str | None, now: Entry | None) -> bool:
    if field == EXISTENCE:
        if value is None or now is None:
            return value is None and now is None
        then = _entry_of(value, now.id)
        return then._replace(category=now.category, path=now.path, scope=now.scope) == now
    if now is None:
        return False
    if field == "path":
        return present(now, field) == _document(value or "", now)
    if field in Entry._fields:
        return bool(getattr(now, field) == read_value(field, value))
    return field != METADATA and present(now, field) == value


def present(now: Entry, field: str) -> str | None:
    """The value that an entry has, in the form of the ledger; None for a default."""
    if field == "path":
        return document_path(now.path, now.scope)
    if field in METADATA_FIELDS:
        return field_source(field, getattr(now, field))
    if field in Entry._fields:
        return str(getattr(now, field))
    return dict(now.extra).get(field)


def texts_of(entry: Entry) -> dict[str, str | None]:
    """All values of an entry but its id, in the form of the ledger."""
    found: dict[str, str | None] = {}
    for field, value in entry._asdict().items():
        if field in METADATA_FIELDS:
            found[field] = _source(field, value)
        elif field not in {"id", "extra"}:
            found[field] = str(value)
    return found | dict(entry.extra)


def _source(field: str, value: object) -> str | None:
    try:
        return field_source(field, value)
    except MetadataError:  # what another program wrote and no document can hold
        return str(value)


def read_value(field: str, text: str | None) -> object:
    """The value of a field of `Entry` from its text; raises `MetadataError` if it is none."""
    if field not in METADATA_FIELDS:
        return tidy(text or "") if field == CONTENT else text or ""
    if text is None:
        return Entry._field_defaults[field]
    found = read_fields(f"<!-- {{{field}: {text}}} -->")
    if field not in found:
        raise MetadataError(f"this is no value for {field}", found=text)
    return found[field]


# ---------------------------------------------------------------- what a choice gives


def outcome(discard: Discard, choice: Choice, now: Entry | None) -> str | None:
    """The value that a choice gives the entry as it is now.

    Raises `UsageError` for "both" where a field has one value.
    """
    if choice not in choices(discard):
        raise UsageError(
            f"{discard.field} has one value, and there are two",
            hint="choose --ours or --theirs, or write another one with --edit",
        )
    if discard.field in SETS:
        return _set_outcome(discard, choice, now)
    sides = readings(discard)
    if choice != "both":
        wanted: str | None = getattr(sides, choice)
    else:
        # a save that took something back changed one side alone, so no base tells them apart
        base = discard.base if _is_merged_text(discard) else None
        wanted = ours_and_theirs(Sides(base or "", discard.ours or "", discard.theirs or ""))
    chosen = discard.chosen
    if discard.field != CONTENT or None in {wanted, chosen} or now is None:
        return wanted
    # what was written since the record was made stays, but for the stretches at stake
    since = Sides(tidy(chosen or ""), tidy(wanted or ""), now.content)
    return merge_text(since).readings().ours


def _set_outcome(discard: Discard, choice: Choice, now: Entry | None) -> str | None:
    field = discard.field
    chosen, ours, theirs = (
        set(_items(field, text)) for text in (discard.chosen, discard.ours, discard.theirs)
    )
    wanted = {"ours": ours, "theirs": theirs, "both": ours | theirs}[choice]
    present_: set[object] = set(getattr(now, field)) if now else chosen
    merged = (wanted & present_) | (wanted - chosen) | (present_ - chosen)
    return field_source(field, tuple(merged))


def _items(field: str, text: str | None) -> tuple[object, ...]:
    found = read_value(field, text)
    return found if isinstance(found, tuple) else ()


# ---------------------------------------------------------------- what has to be done


def put(discard: Discard, value: str | None, now: Entry | None, *, whole: bool = False) -> Action:
    """What gives the entry a value, as it is now.

    `whole` says that the value of an existence is the entry as it is to be, and not only that
    it is to be there. Raises `UsageError` where there is nothing that could have it.
    """
    if is_prose(discard):
        return _put_prose(discard, value)
    field = discard.field
    if field == EXISTENCE:
        return _put_existence(discard.entry, value, now, whole=whole)
    if now is None:
        raise UsageError(
            "the entry is gone",
            found=discard.entry,
            hint="`lorefs restore ID` brings it back; --keep closes the record",
        )
    if field == METADATA:
        return SetMetadata(value or "")
    if field == "path":
        document = _document(value or "", now)
        return Leave() if document == present(now, field) else Move(document)
    if field == "scope":
        return _put_scope(value, now)
    if field not in Entry._fields:
        same = present(now, field) == value
        return Leave() if same else SetFields({field: value})
    wanted = read_value(field, value)
    return Leave() if wanted == getattr(now, field) else SetFields({field: wanted})


def _put_scope(value: str | None, now: Entry) -> Action:
    if value not in NAMES:
        raise UsageError("there is no such scope", found=value, hint=f"it is {', '.join(NAMES)}")
    return Leave() if value == now.scope else Move(document_path(now.path, value))


def _put_existence(ident: str, value: str | None, now: Entry | None, *, whole: bool) -> Action:
    if value is None:
        return Leave() if now is None else Remove()
    if now is None:
        _entry_of(value, ident)
        return Recreate(_marked(value, ident))
    if not whole:
        return Leave()
    then = _entry_of(value, ident)
    changes: dict[str, object] = {
        field: new
        for field, new in then._asdict().items()
        if field not in {"id", "category", "path", "scope"} and new != getattr(now, field)
    }
    return SetFields(changes) if changes else Leave()


def _put_prose(discard: Discard, value: str | None) -> Action:
    known = discard.field == "prose" or discard.field.startswith("front_matter.")
    if not known or not discard.chosen:
        raise UsageError(
            "there is no place any more to which this text could return",
            hint="copy what you need from `lorefs conflicts show`, then close it with --keep",
        )
    value = value or ""
    if value and discard.chosen.endswith("\n") and not value.endswith("\n"):
        value += "\n"  # an editor's buffer does not tell
    return Leave() if value == discard.chosen else Rewrite(discard.chosen, value)


def _entry_of(source: str, ident: str) -> Entry:
    """The values of an entry's source; raises `UsageError` where it is not just this entry."""
    blocks = parse(_marked(source, ident)).blocks
    if len(blocks) != 1 or blocks[0].kind != ENTRY or blocks[0].id != ident:
        raise UsageError(
            "this is not the source of the entry",
            hint="keep the marker line, and nothing but this one entry",
        )
    return read_entry(blocks[0], path="")


def _marked(source: str, ident: str) -> str:
    """A source with its marker, which an entry that was written by hand lacks."""
    return source if source.startswith("<!-- lore:") else f"<!-- lore:{ident} -->\n{source}"


def _document(value: str, now: Entry) -> str:
    """The document that a path means: merges record the document's, rows the directory's."""
    return value if scope_of(value) else document_path(value, now.scope)
