"""All records of an import: ids of other systems replaced everywhere, doubles folded."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from lorefs.core.ids import is_uuid
from lorefs.core.model import Entry, Relation
from lorefs.formats.record import RECORDS_LIMIT, FormatError, Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

SIZE_LIMIT: Final = 512 * 1024 * 1024  # characters of all contents
_LINK: Final = re.compile(r"\[\[([^\[\]|#\n]{1,200})((?:[|#][^\[\]\n]{0,200})?)\]\]")


class Mapped(NamedTuple):
    """What a reader of tables made of their columns: (what it becomes, the column) pairs."""

    table: str
    pairs: tuple[tuple[str, str], ...]
    left_out: tuple[str, ...] = ()


class Batch(NamedTuple):
    """What a file brings. `notes` say what was left out, by what it is, with how often."""

    records: tuple[Record, ...]
    errors: tuple[FormatError, ...] = ()
    notes: tuple[tuple[str, int], ...] = ()
    mapped: tuple[Mapped, ...] = ()


class Told(NamedTuple):
    """Something to say about a whole file: how many records of a kind were left out."""

    what: str
    times: int = 1


Item = Record | FormatError | Told | Mapped


def gather(
    items: Iterable[Item],
    *,
    fold_texts: bool = False,
    tell: Callable[[int], None] = lambda _: None,
) -> Batch:
    """The batch of what a reader yields; `tell` hears how many records there are so far.

    `fold_texts` makes one of entries that say the same under different ids. Raises
    `FormatError` for more records than are sensible.
    """
    records: list[Record] = []
    errors: list[FormatError] = []
    mapped: list[Mapped] = []
    notes: dict[str, int] = {}
    size = 0
    for item in items:
        match item:
            case Record():
                records.append(item)
                for note in set(item.notes):
                    notes[note] = notes.get(note, 0) + 1
                size += len(item.entry.content)
                tell(len(records))
            case FormatError():
                errors.append(item)
            case Told():
                notes[item.what] = notes.get(item.what, 0) + item.times
            case Mapped():
                mapped.append(item)
        if len(records) + len(errors) > RECORDS_LIMIT or size > SIZE_LIMIT:
            raise FormatError(
                f"there are more than {RECORDS_LIMIT} records, or {SIZE_LIMIT} characters in them",
                hint="split the file, and import the parts one by one",
            )
    linked = _linked(records, notes)
    single, doubles = _single(linked, notes, fold_texts=fold_texts)
    return Batch(tuple(single), (*errors, *doubles), tuple(notes.items()), tuple(mapped))


def _linked(records: list[Record], notes: dict[str, int]) -> list[Record]:
    """The records with relations and links that lead to the ids which entries get here."""
    new = {record.former: record.entry.id for record in records if record.former}
    return [record._replace(entry=_relinked(record.entry, new, notes)) for record in records]


def _relinked(entry: Entry, new: Mapping[str, str], notes: dict[str, int]) -> Entry:
    relations: set[Relation] = set()
    for kind, target in entry.relations:
        ident = new.get(target, target.lower())
        if is_uuid(ident):
            relations.add(Relation(kind, ident))
        else:
            what = "relations lead to records that are not in the file, and were left out"
            notes[what] = notes.get(what, 0) + 1
    content = entry.content
    if new and "[[" in content:
        content = _LINK.sub(
            lambda found: f"[[{new[found[1]]}{found[2]}]]" if found[1] in new else found[0],
            content,
        )
    return entry._replace(relations=tuple(sorted(relations)), content=content)


def _single(
    records: list[Record], notes: dict[str, int], *, fold_texts: bool
) -> tuple[list[Record], list[FormatError]]:
    """Each id once. The same id with other values is an error, unless texts are folded."""
    by_id: dict[str, Record] = {}
    by_text: dict[tuple[str, str], str] = {}
    errors: list[FormatError] = []
    for record in records:
        entry = record.entry
        first = by_id.get(entry.id)
        said = by_text.setdefault(sense(entry), entry.id)
        if first is None and (said == entry.id or not fold_texts):
            by_id[entry.id] = record
        elif first is None or first.entry == entry or fold_texts:
            what = "records say the same as one before them, and were folded into it"
            notes[what] = notes.get(what, 0) + 1
        else:
            other = first.place
            where = other.line or other.record or other.path
            errors.append(
                record.place.error(
                    f"the id stands at {where} already, with other values",
                    found=entry.id,
                    hint="keep one of the two",
                )
            )
    return list(by_id.values()), errors


def sense(entry: Entry) -> tuple[str, str]:
    """What an entry says, however it is wrapped and written in capitals."""
    title, content = entry.title.casefold(), entry.content.casefold()
    return " ".join(title.split()), " ".join(content.split())
