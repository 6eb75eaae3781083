"""Rows as values: what the tables hold, and how an entry becomes a row and back."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from lorefs.core.guests import HERE, MARK
from lorefs.core.ids import created_at
from lorefs.core.model import METADATA_FIELDS, Entry, Relation

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

ENTRY_COLUMNS: Final = Entry._fields
ROW_COLUMNS: Final = ("document", "rev", "hash", "created_at", "updated_at", "updated_by")
COLUMNS: Final = ", ".join((*ENTRY_COLUMNS, *ROW_COLUMNS))
# The source of a guest's document, "" for one of this repository.
_SOURCE: Final = f"substr(entries.document, 1, max(instr(entries.document, '{MARK}') - 1, 0))"
READ_COLUMNS: Final = f"{COLUMNS}, standing"  # which only lorefs writes, and no document has
UNAPPROVED: Final = "unapproved"

# Most entries have no metadata: what that adds to a row and to its hash is always the same.
_METADATA: Final = ENTRY_COLUMNS.index(METADATA_FIELDS[0])
_DEFAULTS: Final = tuple(Entry._field_defaults[name] for name in ENTRY_COLUMNS[_METADATA:])
_DEFAULTS_TEXT: Final = "".join(f"\0{value}" for value in _DEFAULTS)
_JSON: Final = {"tags": "[]", "relations": "[]", "extra": "{}"}
_DEFAULT_COLUMNS: Final = tuple(
    _JSON.get(name, Entry._field_defaults[name]) for name in ENTRY_COLUMNS[_METADATA:]
)


class Row(NamedTuple):
    """An entry as the database has it. Times are milliseconds since 1970.

    `rev` grows with each change of the row, `hash` is that of the entry's values. `standing` is
    `UNAPPROVED` where nobody whom the team's policy entitles has answered for what it says.
    """

    entry: Entry
    document: str
    rev: int
    hash: str
    created_at: int
    updated_at: int
    updated_by: str
    standing: str = ""


class Filter(NamedTuple):
    """Which rows are meant; an empty filter means all of them.

    `path` takes a directory with all below it. Each of `tags` has to be there. `source` is "here",
    "user", "shared", "hub" for all of them, or a hub with its realm or without. Without `waiting`
    what nobody has approved of yet is left out: proposals, and what is pending or rejected.
    """

    category: str | None = None
    tags: tuple[str, ...] = ()
    path: str | None = None
    scope: str | None = None
    status: str | None = None
    document: str | None = None
    sensitivity: str | None = None
    source: str | None = None
    waiting: bool = True

    def where(self) -> tuple[str, list[str | int]]:
        """The condition in SQL and its parameters."""
        terms: list[str] = ["1" if self.waiting else _STANDS]
        values: list[str | int] = []
        for name in ("scope", "status", "document", "sensitivity"):
            value = getattr(self, name)
            if value is not None:
                terms.append(f"entries.{name} = ?")
                values.append(value)
        if self.category is not None:
            terms.append("entries.category = ? COLLATE NOCASE")
            values.append(self.category)
        if self.path:
            terms.append("(entries.path = ? OR substr(entries.path, 1, ?) = ?)")
            values += [self.path, len(self.path) + 1, f"{self.path}/"]
        for tag in self.tags:
            terms.append("EXISTS (SELECT 1 FROM json_each(entries.tags) WHERE value = ?)")
            values.append(tag)
        if self.source is not None:
            name = "" if self.source == HERE else self.source
            terms.append(f"({_SOURCE} = ? OR (? != '' AND substr({_SOURCE}, 1, ?) IN (?, ?)))")
            values += [name, name, len(name) + 1, f"{name}:", f"{name}/"]
        found = [storable(value) if isinstance(value, str) else value for value in values]
        return " AND ".join(terms), found


_STANDS: Final = "entries.status NOT IN ('pending', 'rejected') AND entries.scope IS NOT 'review'"
ALL: Final = Filter()
OWN: Final = Filter(source=HERE)  # what this repository holds itself


class Change(NamedTuple):
    """One line of the log: what happened to one field of one entry.

    `op` is "ingest" (first seen in a file), "add", "edit", "delete", "undo", "resolve", "confirm"
    (somebody looked at an entry, and it still holds), "dismiss" (it is not to be suggested) or
    "discard" (its local draft went away). A deletion keeps the whole entry as JSON in `before`, a
    discard the draft; an undo names a batch in `after`, a resolution the record of the ledger.
    Changes made together share a `batch`. `at` is in milliseconds since 1970; `hash` is the
    checksum of the line, and of an ingest that of the entry. `rev` is the revision that an edit
    or a deletion replaced, or the first of a new row.
    """

    seq: int
    batch: str
    entry: str
    op: str
    field: str
    before: str | None
    after: str | None
    source: str
    actor: str
    at: int
    device: str
    session: str
    hash: str
    rev: int


class Origin(NamedTuple):
    """Who changes rows, through what, and when (milliseconds since 1970)."""

    source: str
    actor: str
    at: int
    batch: str
    device: str = ""
    session: str = ""


class Edit(NamedTuple):
    """A row that changes: from what it was to what it will be, None for not there.

    `document` is the path of the one that holds the entry afterwards.
    """

    before: Entry | None
    after: Entry | None
    document: str = ""


def entry_hash(entry: Entry) -> str:
    """A hash of an entry's values, 32 hex digits."""
    if entry[_METADATA:] == _DEFAULTS:
        text = "\0".join(map(str, entry[:_METADATA])) + _DEFAULTS_TEXT
    else:
        text = "\0".join(map(str, entry))
    return sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:32]


def storable(text: str) -> str:
    """A text to look for; bytes of a terminal that are not UTF-8 become question marks."""
    return text.encode("utf-8", "replace").decode()


def entry_values(entry: Entry) -> dict[str, object]:
    """The columns of an entry."""
    return dict(zip(ENTRY_COLUMNS, _columns(entry), strict=True))


def _columns(entry: Entry) -> tuple[object, ...]:
    """The values of an entry in the order of its fields, as columns hold them."""
    if entry[_METADATA:] == _DEFAULTS:
        return (*entry[:_METADATA], *_DEFAULT_COLUMNS)
    values: dict[str, object] = entry._asdict()
    values["tags"] = json.dumps(entry.tags, ensure_ascii=False)
    values["relations"] = json.dumps(entry.relations)
    values["extra"] = json.dumps(dict(entry.extra), ensure_ascii=False)
    return tuple(values.values())


def first_values(entry: Entry, document: str, rev: int, origin: Origin) -> tuple[object, ...]:
    """The values of a new row, in the order of `COLUMNS`."""
    made = created_at(entry.id) or origin.at
    row = (document, rev, entry_hash(entry), made, origin.at, origin.actor)
    return _columns(entry) + row


def read_row(row: Sequence[Any]) -> Row:
    """A row selected with `COLUMNS` or `READ_COLUMNS`."""
    entry = dict(zip(ENTRY_COLUMNS, row, strict=False))
    return Row(read_entry(entry), *row[len(ENTRY_COLUMNS) :])


def read_entry(values: Mapping[str, Any]) -> Entry:
    """An entry from its columns. What another program wrote is taken as far as it makes sense."""
    found = {name: values[name] for name in ENTRY_COLUMNS if values.get(name) is not None}
    found["tags"] = tuple(sorted({str(tag) for tag in _json(values.get("tags"), list)}))
    found["relations"] = tuple(sorted(_relations(_json(values.get("relations"), list))))
    extra = _json(values.get("extra"), dict)
    found["extra"] = tuple(sorted((str(key), str(text)) for key, text in extra.items()))
    found["confidence"] = float(found.get("confidence", 1.0))
    return Entry(**{"id": "", "title": "", **found})


def _json(text: object, kind: type) -> Any:  # noqa: ANN401
    try:
        found = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        return kind()
    return found if isinstance(found, kind) else kind()


def _relations(found: Iterable[object]) -> set[Relation]:
    pairs: set[Relation] = set()
    for item in found:
        if isinstance(item, list) and len(item) == 2:  # noqa: PLR2004
            pairs.add(Relation(str(item[0]), str(item[1])))
        elif isinstance(item, dict) and {"type", "id"} <= item.keys():
            pairs.add(Relation(str(item["type"]), str(item["id"])))
    return pairs
