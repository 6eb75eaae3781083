"""The metadata comment of an entry: `<!-- {confidence: 0.8, tags: [sqlite, wal]} -->`.

A YAML 1.2 flow mapping on one line. It is taken apart as text, so that unknown keys, odd
quoting and order survive; values are read one by one, the plain ones without a parser.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from lorefs.core.model import METADATA_FIELDS, Entry, Relation
from lorefs.errors import DocumentError

if TYPE_CHECKING:
    from collections.abc import Mapping

SIZE_LIMIT: Final = 64 * 1024  # characters
DEPTH_LIMIT: Final = 32

_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?\Z")
_WORD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_./@+-]*\Z")
_WORDS: Final = re.compile(r"\[ *([A-Za-z0-9_./@+-]+(?: *, *[A-Za-z0-9_./@+-]+)*) *\]\Z")
_RESERVED: Final = frozenset({"null", "true", "false"})
_KEY_END: Final = re.compile(r":(?=[ \t\[{\"'\]},]|\Z)")
_ALIAS: Final = re.compile(r"(?:^|[\s\[{,:-])[&*]\w")
_CLOSERS: Final = {"[": "]", "{": "}"}


class MetadataError(DocumentError):
    """A metadata comment that holds no flow mapping."""


class _Item(NamedTuple):
    """One key of the mapping, as [start, end) of the whole item and of its value."""

    key: str
    start: int
    end: int
    value: int


def split(source: str) -> tuple[tuple[str, str], ...]:
    """The keys of a metadata comment with the source of their values, in order.

    Raises `MetadataError` if the comment holds no flow mapping, or one that is too large or
    too deeply nested.
    """
    return tuple((item.key, source[item.value : item.end]) for item in _items(source))


def _items(source: str) -> list[_Item]:
    opening, closing = source.find("{"), source.rfind("}")
    if opening < 0 or closing < opening:
        raise _error(source, "it is not a flow mapping")
    if len(source) > SIZE_LIMIT:
        raise _error(source, f"it is longer than {SIZE_LIMIT} characters")
    items: list[_Item] = []
    start = opening + 1
    for end in [*_commas(source, start, closing), closing]:
        item = _item(source, start, end)
        if item is not None:
            items.append(item)
        elif end != closing:
            raise _error(source, "a key is missing before a comma")
        start = end + 1
    if len({item.key for item in items}) < len(items):
        raise _error(source, "a key stands twice")
    return items


def _commas(source: str, position: int, closing: int) -> list[int]:
    """Where the commas between the items of the mapping stand."""
    found: list[int] = []
    closers: list[str] = []
    fresh = True  # whether a quote here would open a quoted scalar
    while position < closing:
        char = source[position]
        if char in "\"'" and fresh:
            position = _quote_end(source, position, closing)
            fresh = False
        elif char in _CLOSERS:
            closers.append(_CLOSERS[char])
            fresh = True
            if len(closers) > DEPTH_LIMIT:
                raise _error(source, f"it is nested deeper than {DEPTH_LIMIT} levels")
        elif char in "]}":
            if not closers or closers.pop() != char:
                raise _error(source, f"a {char} closes nothing")
        elif char == "," and not closers:
            found.append(position)
            fresh = True
        elif char not in " \t":
            fresh = char in ",:"
        position += 1
    if closers:
        raise _error(source, f"a {closers[-1]} is missing")
    return found


def _quote_end(source: str, position: int, closing: int) -> int:
    """The position of the quote that closes the one at `position`."""
    quote = source[position]
    position += 1
    while position < closing:
        if source[position] == "\\" and quote == '"':
            position += 1
        elif source[position] == quote:
            if quote == "'" and source.startswith("''", position):
                position += 1
            else:
                return position
        position += 1
    raise _error(source, f"a {quote} is missing")


def _item(source: str, start: int, end: int) -> _Item | None:
    """The item between two commas, None if there is nothing."""
    while start < end and source[start] in " \t":
        start += 1
    while end > start and source[end - 1] in " \t":
        end -= 1
    if start == end:
        return None
    key_from = start
    if source[start] in "\"'":
        key_from = _quote_end(source, start, end)
    colon = _KEY_END.search(source, key_from, end)
    if colon is None:
        raise _error(source, f"{source[start:end]!r} has no value")
    value_start = colon.end()
    while value_start < end and source[value_start] in " \t":
        value_start += 1
    key = source[start : colon.start()].rstrip(" \t")
    return _Item(str(value(key)) if key[:1] in "\"'" else key, start, end, value_start)


def _error(source: str, cause: str) -> MetadataError:
    return MetadataError(
        f"the metadata comment cannot be read: {cause}",
        found=source[:200],
        hint="write it as <!-- {key: value, key: [value, value]} --> on one line",
    )


def value(source: str) -> object:
    """The value of one item. Raises `MetadataError` if it is no YAML."""
    if _NUMBER.match(source):
        return float(source) if "." in source else int(source)
    if _WORD.match(source) and source.lower() not in _RESERVED:
        return source
    words = _WORDS.match(source)
    if words:
        return [value(word) for word in words[1].replace(" ", "").split(",")]
    return _load(source)


def _load(source: str) -> object:
    # in a sequence, so that the value is read as it is inside the mapping
    found = _parse_yaml(f"[{source}\n]", source) if source else None
    return found[0] if isinstance(found, list) and found else None


def load_mapping(source: str) -> dict[str, Any]:
    """A YAML mapping, as front matter holds one; {} for an empty text.

    Raises `MetadataError` for what is no mapping, too large or too deeply nested.
    """
    if len(source) > SIZE_LIMIT:
        raise _error(source, f"it is longer than {SIZE_LIMIT} characters")
    depth = max((len(line) - len(line.lstrip(" [{-")) for line in source.split("\n")), default=0)
    if depth > DEPTH_LIMIT * 2 or max(source.count("["), source.count("{")) > SIZE_LIMIT // 64:
        raise _error(source, f"it is nested deeper than {DEPTH_LIMIT} levels")
    if _ALIAS.search(source):
        raise _error(source, "it uses anchors or aliases")
    found = _parse_yaml(source, source)
    if found is not None and not isinstance(found, dict):
        raise _error(source, "it is not a mapping")
    return {str(key): text for key, text in (found or {}).items()}


def _parse_yaml(text: str, source: str) -> Any:  # noqa: ANN401
    from ruamel.yaml import YAML  # doubles the start-up time
    from ruamel.yaml.error import YAMLError

    try:
        return YAML(typ="safe", pure=True).load(text)
    except (YAMLError, ValueError, TypeError, RecursionError) as error:
        raise _error(source, str(error).partition("\n")[0]) from error


def with_items(source: str, changes: Mapping[str, str | None]) -> str:
    """The comment with keys set to the source of a value, or removed where that is None.

    All other bytes are kept. "" in or out stands for no comment at all.
    """
    items = _items(source) if source else []
    known = {item.key for item in items}
    added = [
        f"{plain(key)}: {text}"
        for key, text in changes.items()
        if text is not None and key not in known
    ]
    if not added and all(changes.get(item.key, "") is None for item in items):
        return ""
    return _joined(source, items, changes, added) if items else f"<!-- {{{', '.join(added)}}} -->"


def _joined(
    source: str, items: list[_Item], changes: Mapping[str, str | None], added: list[str]
) -> str:
    """Rewrites the items in place: their separators, spaces and the comment around stay."""
    pieces: list[str] = [source[: items[0].start]]
    written = False
    for n, item in enumerate(items):
        if changes.get(item.key, "") is None:
            continue
        if written:
            pieces.append(source[items[n - 1].end : item.start])
        pieces.append(source[item.start : item.value])
        pieces.append(changes.get(item.key) or source[item.value : item.end])
        written = True
    if added:
        pieces.append((", " if written else "") + ", ".join(added))
    pieces.append(source[items[-1].end :])
    return "".join(pieces)


def plain(found: object) -> str:
    """A value in flow style, quoted where YAML would read something else."""
    if found is None:
        return "null"
    if isinstance(found, bool):
        return "true" if found else "false"
    if isinstance(found, int | float):
        return f"{found:.12g}" if isinstance(found, float) else str(found)
    if isinstance(found, list | tuple | set | frozenset):
        return f"[{', '.join(plain(item) for item in found)}]"
    if isinstance(found, dict):
        return f"{{{', '.join(f'{plain(key)}: {plain(item)}' for key, item in found.items())}}}"
    text = str(found)
    if _WORD.match(text) and text.lower() not in _RESERVED:
        return text
    return _quoted(text)


def _quoted(text: str) -> str:
    """A double-quoted scalar on one line, in which no comment can end."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("-->", "--\\x3e")
    return (
        '"' + "".join(char if char.isprintable() else _escape(ord(char)) for char in escaped) + '"'
    )


def _escape(code: int) -> str:
    if code <= 0xFF:  # noqa: PLR2004
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004


def read_fields(source: str) -> dict[str, Any]:
    """The entry's fields in a comment, unknown keys as `extra`; what is invalid is left out."""
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
            found = _typed(key, value(text))
        except MetadataError:
            continue
        if found is not None:
            fields[key] = found
    if extra:
        fields["extra"] = tuple(sorted(extra))
    return fields


def _typed(field: str, found: object) -> object:
    """A field's value in the form of the model, None if it has not the right type."""
    match field:
        case "confidence":
            right = isinstance(found, int | float) and not isinstance(found, bool)
            return float(found) if right and 0 <= found <= 1 else None  # type: ignore[arg-type,operator]
        case "tags":
            return _tags(found)
        case "relations":
            return _relations(found)
        case _:
            return str(found) if isinstance(found, str | int | float) else None


def _tags(found: object) -> tuple[str, ...] | None:
    if isinstance(found, str):
        return (found,)
    if not isinstance(found, list):
        return None
    return tuple(sorted({str(tag) for tag in found if isinstance(tag, str | int | float)}))


def _relations(found: object) -> tuple[Relation, ...] | None:
    """`{supersedes: [ID, ID]}`, `{supersedes: ID}` or `[{type: supersedes, id: ID}]`."""
    pairs: set[Relation] = set()
    if isinstance(found, dict):
        for kind, ids in found.items():
            pairs |= {
                Relation(str(kind), str(i)) for i in (ids if isinstance(ids, list) else [ids])
            }
    elif isinstance(found, list):
        pairs = {
            Relation(str(item["type"]), str(item["id"]))
            for item in found
            if isinstance(item, dict) and {"type", "id"} <= item.keys()
        }
    else:
        return None
    return tuple(sorted(pairs))


def field_source(field: str, found: object) -> str | None:
    """The source of a field's value in a comment, None where it is the default."""
    if field in Entry._field_defaults and found == Entry._field_defaults[field]:
        return None
    if field == "relations":
        by_type: dict[str, list[str]] = {}
        for kind, target in sorted(found):  # type: ignore[call-overload]
            by_type.setdefault(kind, []).append(target)
        return "{" + ", ".join(f"{plain(k)}: {_ids(ids)}" for k, ids in by_type.items()) + "}"
    return plain(found)


def _ids(ids: list[str]) -> str:
    return f"[{', '.join(ids)}]" if all(_NUMBER.match(i) is None for i in ids) else plain(ids)


def write_fields(entry: Entry) -> str:
    """The metadata comment of a new entry, "" where all is default."""
    changes = {field: field_source(field, getattr(entry, field)) for field in METADATA_FIELDS}
    return with_items("", {**changes, **dict(entry.extra)})
