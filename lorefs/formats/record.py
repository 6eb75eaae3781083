"""What a reader makes of one record: an entry, what it states, and what had to be left out."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from lorefs.core import edit
from lorefs.core.document import ENTRY, Document
from lorefs.core.flow import DEPTH_LIMIT, plain
from lorefs.core.ids import derived_id, is_uuid
from lorefs.core.model import Entry
from lorefs.core.source import read_entry
from lorefs.errors import DocumentError, RefusedError
from lorefs.formats.values import fitting_title, one_line, text, typed

if TYPE_CHECKING:
    from collections.abc import Mapping

CATEGORY: Final = "Note"  # of records that name none
RECORDS_LIMIT: Final = 200_000
_EMPTY: Final = Document("", (), "")
_LATEST: Final = 1 << 48  # milliseconds; what a UUIDv7 can hold
_SECONDS: Final = 100_000_000_000  # numbers below it count seconds since 1970


class FormatError(RefusedError):
    """A record, or a whole file, that is not what its format says."""


class Place(NamedTuple):
    """Where a record stands: a path, a line of it, or the number of a record from 1 on."""

    path: str
    line: int | None = None
    record: int | None = None
    name: str = "record"  # or the table's

    def error(self, message: str, *, found: str | None = None, hint: str) -> FormatError:
        """An error at this place."""
        where = f"{self.name} {self.record}: " if self.record is not None else ""
        return FormatError(
            f"{where}{message}", path=self.path, line=self.line, found=found, hint=hint
        )


class Record(NamedTuple):
    """An entry as a file has it.

    `stated` are the fields that the file says something about: only these change where the
    entry is there already. `former` is the id it had in its own system if that is no UUID.
    `derived` says that the id was made from something else. `notes` say what was left out.
    """

    place: Place
    entry: Entry
    stated: frozenset[str]
    former: str = ""
    derived: bool = False
    notes: tuple[str, ...] = ()


class Source(NamedTuple):
    """Which system a record comes from, and what goes for all of its records.

    `key` is the metadata key that keeps an id which had to be replaced. `exact` says that
    titles are ones of lorefs already; others are made to fit.
    """

    system: str
    key: str = ""
    exact: bool = False


def build(values: Mapping[str, Any], place: Place, source: Source) -> Record:
    """The record with values by the names of the entry's fields.

    `extra` maps the keys of unknown metadata to the YAML source of their values, `created_at`
    is a time in any form. Raises `FormatError` for what an entry cannot have.
    """
    notes: list[str] = []
    fields: dict[str, Any] = {}
    for name in Entry._fields:
        if values.get(name) is None or name in {"id", "extra"}:
            continue
        try:
            fields[name] = typed(name, values[name], notes)
        except ValueError as error:
            raise place.error(
                f"{name} has to be {error}",
                found=str(values[name])[:80],
                hint="correct the record",
            ) from None
    ident, former = _ident(values, place, source)
    extra = dict(values.get("extra") or {})
    if former and source.key and is_word(former):
        extra.setdefault(source.key, plain(former))
    if extra or "extra" in values:
        fields["extra"] = tuple(sorted(extra.items()))
    if not source.exact and "title" in fields:
        fields["title"] = fitting_title(fields["title"])
    if not fields.get("title"):
        raise place.error(
            "the record has no title",
            hint="give it one",
        )
    stated = frozenset(fields)
    # a record has to stand under some heading; only lorefs itself knows entries without one
    if not fields.get("category") and not (source.exact and "category" in fields):
        fields["category"] = CATEGORY
    entry = _written(Entry(ident, **fields), place)
    derived = bool(former) or "id" not in values or not values["id"]
    return Record(place, entry, stated, former, derived, tuple(notes))


def _ident(values: Mapping[str, Any], place: Place, source: Source) -> tuple[str, str]:
    """The id of a record, and the one it had in its own system if that is no UUID."""
    found = values.get("id")
    if isinstance(found, int) and not isinstance(found, bool):
        found = str(found)
    if found is not None and not isinstance(found, str):
        raise place.error("id has to be text", found=str(found)[:80], hint="correct the record")
    former = text(found or "", []).strip()
    if is_uuid(former):
        return former.lower(), ""
    # a record without an id is known by its title, so that it is found when it comes again
    name = former or f"\0{values.get('title')}\0{values.get('ordinal', 0)}"
    return made_id(source.system, name, milliseconds(values.get("created_at"))), former


def is_word(ident: str) -> bool:
    """Whether a made-up id is one that links and metadata can hold."""
    return bool(ident) and len(ident) <= 200 and not re.search(r"[\s\[\]]", ident)  # noqa: PLR2004


def _written(entry: Entry, place: Place) -> Entry:
    """The entry as it is read back once it stands in a document."""
    try:
        document = edit.insert(_EMPTY, entry)
    except (DocumentError, ValueError, TypeError, RecursionError) as error:
        raise place.error(
            f"no document can hold the entry: {getattr(error, 'message', error)}",
            found=getattr(error, "found", None),
            hint=getattr(error, "hint", None) or "correct the record",
        ) from error
    block = next(block for block in document.blocks if block.kind == ENTRY)
    return read_entry(block, path=entry.path, scope=entry.scope)


# ---------------------------------------------------------------- ids and times


def made_id(system: str, name: str, created: int | None) -> str:
    """An id for a record that has none which can be kept: the same each time it is imported.

    A UUIDv7 that tells when the record was made, where that is known, else a UUIDv8.
    """
    if created is None:
        return derived_id(f"import:{system}", name)
    seed = f"lorefs:imported:1\0{system}\0{name}".encode("utf-8", "surrogatepass")
    tail = int.from_bytes(sha256(seed).digest()[:10]) & ((1 << 74) - 1)
    number = created << 80 | 7 << 76 | (tail >> 62) << 64 | 2 << 62 | (tail & ((1 << 62) - 1))
    digits = f"{number:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def milliseconds(found: object) -> int | None:
    """A time as milliseconds since 1970: of a number of them or of seconds, or ISO 8601.

    None for what is no time. A time without a zone is one of UTC.
    """
    match found:
        case bool():
            return None
        case int() | float() if abs(found) < _LATEST:
            number = int(found if abs(found) >= _SECONDS else found * 1000)
        case datetime():
            number = int(_with_zone(found).timestamp() * 1000)
        case date():
            return milliseconds(found.isoformat())
        case str() if len(found) <= 40:  # noqa: PLR2004
            try:
                number = int(_with_zone(datetime.fromisoformat(found.strip())).timestamp() * 1000)
            except (ValueError, OverflowError):
                return None
        case _:
            return None
    return number if 0 < number < _LATEST else None


def _with_zone(time: datetime) -> datetime:
    return time if time.tzinfo else time.replace(tzinfo=UTC)


# ---------------------------------------------------------------- metadata of others


def kept(values: Mapping[str, object], place: Place) -> dict[str, str]:
    """Keys that lorefs does not know, with the YAML source of their values."""
    found: dict[str, str] = {}
    for key, value in values.items():
        name = one_line(text(str(key), []))
        if name and value is not None:
            if _depth(value, DEPTH_LIMIT) >= DEPTH_LIMIT - 1:
                raise place.error(
                    f"{name} is nested deeper than {DEPTH_LIMIT - 2} levels",
                    hint="flatten it",
                )
            found[name] = plain(_tidy(value))
    return found


def _depth(value: object, most: int) -> int:
    """How deep a value is nested; looks no deeper than `most`."""
    if most == 0 or not isinstance(value, dict | list | tuple):
        return 0
    inner = value.values() if isinstance(value, dict) else value
    return 1 + max((_depth(item, most - 1) for item in inner), default=0)


def _tidy(value: object) -> object:
    """A value in which texts hold no bytes that are not UTF-8."""
    match value:
        case str():
            return value.encode("utf-8", "replace").decode()
        case dict():
            return {_tidy(str(key)): _tidy(item) for key, item in value.items()}
        case list() | tuple():
            return [_tidy(item) for item in value]
        case _:
            return value


def extra_source(found: object, place: Place) -> dict[str, str]:
    """The unknown metadata of an entry as lorefs writes it: keys and the YAML source of values."""
    if not isinstance(found, dict):
        raise place.error("extra has to be a mapping", hint="correct the record")
    for key, source in found.items():
        if not isinstance(key, str) or not isinstance(source, str) or key in Entry._fields:
            raise place.error(
                "extra has to map unknown keys to the YAML source of their values",
                found=str(key)[:80],
                hint='write it as {"owner": "ada"}',
            )
    return found
