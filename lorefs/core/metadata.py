"""The metadata comment of an entry: `<!-- {confidence: 0.8, tags: [sqlite, wal]} -->`.

A YAML 1.2 flow mapping on one line. It is taken apart as text, so that unknown keys, odd
quoting and order survive, and values are read one by one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from lorefs.core.flow import (
    SIZE_LIMIT,
    MetadataError,
    cannot_read,
    commas,
    key_and_value,
    plain,
    value,
)
from lorefs.core.model import (
    METADATA_FIELDS,
    RELATION_TYPES,
    SENSITIVITIES,
    STATUSES,
    Entry,
    Relation,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = [
    "MetadataError",
    "field_source",
    "plain",
    "problem",
    "read_fields",
    "split",
    "value",
    "with_items",
    "write_fields",
]

_PLAIN_ITEM: Final = (
    r"([A-Za-z_][A-Za-z0-9_]*+): ([A-Za-z0-9_./@+-]++|\[[A-Za-z0-9_./@+, -]*+\])(?:, |\} -->\Z)"
)
_COLLECTIONS: Final = (list, tuple, set, frozenset)
_WORDS: Final = {"status": STATUSES, "sensitivity": SENSITIVITIES}


class _Item(NamedTuple):
    """One key of the mapping, as [start, end) of the whole item, and where its value starts."""

    key: str
    start: int
    end: int
    value: int


def split(source: str) -> tuple[tuple[str, str], ...]:
    """The keys of a metadata comment with the source of their values, in order.

    Raises `MetadataError` if the comment holds no flow mapping, a key twice, or more than is
    sensible.
    """
    plainly = _split_plain(source)
    if plainly is not None:
        return plainly
    return tuple((item.key, source[item.value : item.end]) for item in _items(source))


def _split_plain(source: str) -> tuple[tuple[str, str], ...] | None:
    """What lorefs itself writes, as a rule, in one step an item; None for all else."""
    if not source.startswith("<!-- {"):
        return None
    match = re.compile(_PLAIN_ITEM).match
    items: dict[str, str] = {}
    place, count = len("<!-- {"), 0
    while found := match(source, place):
        items[found[1]] = found[2]
        place, count = found.end(), count + 1
    if not place == len(source) <= SIZE_LIMIT or len(items) < count:
        return None
    return tuple(items.items())


def _items(source: str) -> list[_Item]:
    opening, closing = source.find("{"), source.rfind("}")
    if opening < 0 or closing < opening:
        raise cannot_read(source, "it is not a flow mapping")
    items: list[_Item] = []
    start = opening + 1
    for end in [*commas(source, start, closing), closing]:
        text = source[start:end]
        first = start + len(text) - len(text.lstrip(" \t"))
        last = start + len(text.rstrip(" \t"))
        if first < last:
            key, at = key_and_value(source, first, last)
            items.append(_Item(key, first, last, at))
        elif end != closing:
            raise cannot_read(source, "a key is missing before a comma")
        start = end + 1
    if len({item.key for item in items}) < len(items):
        raise cannot_read(source, "a key stands twice")
    return items


def with_items(source: str, changes: Mapping[str, str | None]) -> str:
    """The comment with keys set to the source of a value, or removed where that is None.

    All other bytes are kept; "" in or out stands for no comment at all. Raises
    `MetadataError` for a comment, or a value, that is not a flow mapping's.
    """
    items = _items(source) if source else []
    known = {item.key for item in items}
    added = [
        f"{plain(key)}: {text}"
        for key, text in changes.items()
        if text is not None and key not in known
    ]
    kept = [item for item in items if changes.get(item.key, "") is not None]
    if len(kept) == len(items) and not added and not known & changes.keys():
        return source
    if not kept:
        return _checked(f"<!-- {{{', '.join(added)}}} -->", changes) if added else ""
    pieces = [source[: items[0].start]]
    for n, item in enumerate(items):
        if item in kept:
            if item is not kept[0]:
                pieces.append(source[items[n - 1].end : item.start])
            text = changes.get(item.key)
            pieces.append(source[item.start : item.value])
            if text is None:
                text = source[item.value : item.end]
            elif source[item.value - 1] == ":" and source[item.start] not in "\"'":
                pieces.append(" ")  # `key:[a]` holds a value, `key:a` is all key
            pieces.append(text)
    pieces += [f", {item}" for item in added]
    pieces.append(source[items[-1].end :])
    return _checked("".join(pieces), changes)


def _checked(source: str, changes: Mapping[str, str | None]) -> str:
    """The comment, if the changed keys are read back from it as they were meant."""
    found = dict(split(source))
    for key, text in changes.items():
        if found.get(key) != text or (text and ("-->" in text or "\n" in text or "\r" in text)):
            raise MetadataError(
                f"the value of {key} cannot stand in a metadata comment", found=text
            )
    return source


def read_fields(source: str) -> dict[str, Any]:
    """The entry's fields in a comment, unknown keys as `extra`.

    What is not understood is left out, and so reads as the default, but an unknown
    sensitivity as the strictest one. `problem` tells what that is.
    """
    try:
        items = split(source)
    except MetadataError:
        return {}
    fields: dict[str, Any] = {}
    extra: list[tuple[str, str]] = []
    for key, text in items:
        if key not in METADATA_FIELDS:
            extra.append((key, text))
            continue
        try:
            fields[key] = _typed(key, value(text))
        except MetadataError:
            if key == "sensitivity":
                fields[key] = SENSITIVITIES[-1]
    if extra:
        fields["extra"] = tuple(sorted(extra))
    return fields


def problem(source: str) -> MetadataError | None:
    """The first thing in a comment that is not understood, None if all is."""
    try:
        for key, text in split(source):
            found = value(text)
            if key in METADATA_FIELDS:
                typed = _typed(key, found)
                if key == "relations" and not {kind for kind, _ in typed} <= {*RELATION_TYPES}:
                    return _invalid(key, found)
    except MetadataError as error:
        return error
    return None


def field_source(field: str, found: object) -> str | None:
    """The source of a field's value in a comment, None where it is the default.

    Raises `MetadataError` for a value that the field cannot have.
    """
    typed = _typed(field, found)
    if typed == Entry._field_defaults[field]:
        return None
    if field != "relations":
        return plain(typed)
    by_type: dict[str, list[str]] = {}
    for kind, target in typed:
        by_type.setdefault(kind, []).append(target)
    return plain(by_type)


def write_fields(entry: Entry) -> str:
    """The metadata comment of a new entry, "" where all is default."""
    changes = {field: field_source(field, getattr(entry, field)) for field in METADATA_FIELDS}
    return with_items("", {**changes, **dict(entry.extra)})


def _typed(field: str, found: object) -> Any:  # noqa: ANN401
    """A field's value in the form of the model; `MetadataError` if it cannot have it."""
    typed = _TYPES.get(field, _name)(found)
    if typed is None or (field in _WORDS and typed not in _WORDS[field]):
        raise _invalid(field, found)
    return typed


def _confidence(found: object) -> float | None:
    if isinstance(found, int | float) and not isinstance(found, bool) and 0 <= found <= 1:
        return float(found)
    return None


def _tags(found: object) -> tuple[str, ...] | None:
    if isinstance(found, str):
        return (found,)
    if isinstance(found, _COLLECTIONS):
        return tuple(sorted({_text(tag) for tag in found} - {""}))
    return None


def _relations(found: object) -> tuple[Relation, ...] | None:
    """`{supersedes: [ID, ID], supports: ID}`, or pairs of type and id."""
    if isinstance(found, dict):
        pairs = [
            (kind, ident)
            for kind, ids in found.items()
            for ident in (ids if isinstance(ids, list) else [ids])
        ]
    elif isinstance(found, _COLLECTIONS):
        pairs = list(found)
    else:
        return None
    return tuple(sorted({_relation(pair) for pair in pairs}))


def _relation(pair: object) -> Relation:
    match pair:
        case (str() as kind, str() | int() as ident) | {
            "type": str() as kind,
            "id": str() | int() as ident,
        }:
            return Relation(kind, _text(ident))
        case _:
            raise _invalid("relations", pair)


def _name(found: object) -> str | None:
    return _text(found) if isinstance(found, str | int | float) else None


_TYPES: Final[dict[str, Callable[[object], object]]] = {
    "confidence": _confidence,
    "tags": _tags,
    "relations": _relations,
}


def _text(found: object) -> str:
    """A scalar as text: tags and names need no quotes, though YAML reads `2024` as a number."""
    if isinstance(found, str):
        return found
    if isinstance(found, bool | int | float):
        return plain(found)
    raise _invalid("text", found)


def _invalid(field: str, found: object) -> MetadataError:
    hints = {
        "confidence": "a number from 0 to 1",
        "tags": "a list of words, [sqlite, wal]",
        "relations": f"{{TYPE: [ID, ID]}}, where TYPE is one of {', '.join(RELATION_TYPES)}",
        "status": f"one of {', '.join(STATUSES)}",
        "sensitivity": f"one of {', '.join(SENSITIVITIES)}",
    }
    return MetadataError(
        f"{field} cannot have this value",
        found=str(found)[:200],
        hint=f"write {hints.get(field, 'text')}",
    )
