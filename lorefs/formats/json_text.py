"""Entries as JSON, and as JSON Lines: all fields, relations and unknown keys."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from lorefs.core.model import Entry
from lorefs.formats.record import FormatError, Place, Source, build, extra_source, kept

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lorefs.formats.batch import Item

VERSION: Final = 1
LOREFS: Final = Source("lorefs", "former_id", exact=True)
# What the database knows of an entry: it is written for readers, and made anew where it comes in.
ROW_FACTS: Final = frozenset(
    {"document", "rev", "hash", "created_at", "updated_at", "updated_by", "pk"}
)


def entry_values(entry: Entry) -> dict[str, Any]:
    """The fields of an entry as JSON has them."""
    relations = [{"type": kind, "id": target} for kind, target in entry.relations]
    return entry._asdict() | {
        "tags": list(entry.tags),
        "relations": relations,
        "extra": dict(entry.extra),
    }


def write_json(entries: Iterable[Entry]) -> Iterator[str]:
    """The pieces of a JSON text: an object with the version of its form, and the entries."""
    yield f'{{"lorefs": {VERSION}, "entries": ['
    comma = "\n"
    for entry in entries:
        yield comma + json.dumps(entry_values(entry), ensure_ascii=False)
        comma = ",\n"
    yield "\n]}\n"


def write_lines(entries: Iterable[Entry]) -> Iterator[str]:
    """The lines of a JSON Lines text, an entry each."""
    for entry in entries:
        yield json.dumps(entry_values(entry), ensure_ascii=False) + "\n"


def read_json(text: str, path: str) -> Iterator[Item]:
    """The entries of a JSON text: an array of them, or an object that has it as `entries`."""
    place = Place(path)
    found = parse_json(text, place)
    if isinstance(found, dict):
        _check_version(found, place)
        found = found.get("entries")
    if not isinstance(found, list):
        raise place.error(
            "this is no export of lorefs",
            hint='write an array of entries, or {"entries": [...]}; `--from` names other formats',
        )
    for number, values in enumerate(found, 1):
        yield _record(values, Place(path, record=number))


def read_lines(text: str, path: str) -> Iterator[Item]:
    """The entries of a JSON Lines text; blank lines are skipped."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            place = Place(path, line=number)
            try:
                values = parse_json(line, place)
            except FormatError as error:
                yield error
                continue
            yield _record(values, place)


def parse_json(text: str, place: Place) -> Any:  # noqa: ANN401  # whatever stands there
    """What a JSON text holds; raises `FormatError` with the line."""
    try:
        return json.loads(text.removeprefix("\ufeff"), parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        line = place.line or error.lineno
        raise place._replace(line=line).error(
            f"this is no JSON: {error.msg} at column {error.colno}",
            hint="write the file again; it may have been cut off",
        ) from None
    except (RecursionError, ValueError) as error:
        cause = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise place.error(
            f"this JSON cannot be read: {cause}", hint="write the file again without it"
        ) from None


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is no value of JSON")


def _check_version(found: dict[str, Any], place: Place) -> None:
    version = found.get("lorefs", VERSION)
    if version != VERSION:
        raise place.error(
            f"the form has version {str(version)[:20]}, this lorefs knows {VERSION}",
            hint="install a newer lorefs",
        )


def _record(values: object, place: Place) -> Item:
    try:
        if not isinstance(values, dict):
            raise place.error(
                "an entry has to be an object", found=str(values)[:80], hint="correct it"
            )
        return build(stated_values(values, place), place, LOREFS)
    except FormatError as error:
        return error


def stated_values(values: dict[str, Any], place: Place) -> dict[str, Any]:
    """The values of an entry; keys that lorefs does not know join its `extra`."""
    unknown = {
        key: value
        for key, value in values.items()
        if key not in Entry._fields and key not in ROW_FACTS
    }
    stated = {key: values[key] for key in values if key in Entry._fields}
    if unknown or stated.get("extra") is not None:
        stated["extra"] = extra_source(stated.get("extra") or {}, place) | kept(unknown, place)
    return stated | {"created_at": values.get("created_at")}
