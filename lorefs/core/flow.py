"""YAML 1.2 in flow style, on one line: taken apart as text, read and written value by value.

Plain values are read without a parser, because importing ruamel.yaml doubles the start-up time
of the merge driver; whatever else a person may write goes to it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from lorefs.core.ids import is_uuid
from lorefs.errors import DocumentError

if TYPE_CHECKING:
    from collections.abc import Iterable

SIZE_LIMIT: Final = 64 * 1024  # characters
DEPTH_LIMIT: Final = 32

TOO_LONG: Final = f"it is longer than {SIZE_LIMIT} characters"
TOO_DEEP: Final = f"it is nested deeper than {DEPTH_LIMIT} levels"
NO_REFERENCES: Final = "anchors and aliases are not supported"

_NUMBER: Final = r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,15})?"
_WORD: Final = r"[A-Za-z_][A-Za-z0-9_./@+-]*"
_KEY_END: Final = r":(?=[ \t\[{\"']|\Z)"
_RESERVED: Final = frozenset({"null", "true", "false"})
_NESTED: Final = frozenset("\"'[]{}")
_CLOSERS: Final = {"[": "]", "{": "}"}


class MetadataError(DocumentError):
    """Metadata that cannot be read, or a value that cannot be written; `found` quotes it."""


def cannot_read(source: str, cause: str) -> MetadataError:
    """The error for metadata that is no flow mapping, or one that is refused."""
    return MetadataError(
        f"the metadata cannot be read: {cause}",
        found=source[:200],
        hint="write it as <!-- {key: value, key: [value, value]} --> on one line",
    )


def commas(source: str, start: int, end: int) -> list[int]:
    """Where in `source[start:end]` the commas stand that are in no quotes and no brackets.

    Raises `MetadataError` for what is not balanced, too deep or too long, and for anchors and
    aliases: a value that refers to another one cannot be merged alone, and a few nested ones
    unfold to gigabytes.
    """
    if end - start > SIZE_LIMIT:
        raise cannot_read(source, TOO_LONG)
    found: list[int] = []
    closers: list[str] = []
    fresh = True  # whether a scalar would start here
    place = start
    while place < end:
        char = source[place]
        if fresh and char in "\"'":
            place = _quote_end(source, place, end)
            fresh = False
        elif fresh and char in "&*":
            raise cannot_read(source, NO_REFERENCES)
        elif char in "[]{}":
            _nest(source, char, closers)
            fresh = char in "[{"
        elif char == "," and not closers:
            found.append(place)
            fresh = True
        elif char not in " \t":
            fresh = char in ",:"
        place += 1
    if closers:
        raise cannot_read(source, f"a {closers[-1]} is missing")
    return found


def _nest(source: str, bracket: str, closers: list[str]) -> None:
    """Notes which closing brackets are still to come."""
    if bracket in _CLOSERS:
        closers.append(_CLOSERS[bracket])
        if len(closers) > DEPTH_LIMIT:
            raise cannot_read(source, TOO_DEEP)
    elif not closers or closers.pop() != bracket:
        raise cannot_read(source, f"a {bracket} closes nothing")


def _quote_end(source: str, place: int, end: int) -> int:
    """The place of the quote that closes the one at `place`."""
    quote = source[place]
    place += 1
    while place < end:
        if source[place] == "\\" and quote == '"':
            place += 1
        elif source[place] == quote:
            if quote == '"' or not source.startswith("''", place):
                return place
            place += 1
        place += 1
    raise cannot_read(source, f"a {quote} is missing")


def key_and_value(source: str, start: int, end: int) -> tuple[str, int]:
    """The key of the item in `source[start:end]`, and where its value starts."""
    after, pattern = start, _KEY_END
    if source[start] in "\"'":
        after, pattern = _quote_end(source, start, end) + 1, ":"
    colon = re.compile(pattern).search(source, after, end)
    if colon is None:
        raise cannot_read(source, f"{source[start:end]!r} has no value")
    place = colon.end()
    while place < end and source[place] in " \t":
        place += 1
    key = source[start : colon.start()].rstrip(" \t")
    return str(value(key)) if key[:1] in "\"'" else key, place


def value(source: str) -> object:
    """The value of the source of one; raises `MetadataError` if it is not YAML."""
    inner = source[1:-1]
    if source[:1] == "[" and source[-1:] == "]" and _NESTED.isdisjoint(inner):
        return [_scalar(item.strip(" \t")) for item in inner.split(",")] if inner.strip() else []
    return _scalar(source)


def _scalar(source: str) -> object:
    found = _plain_scalar(source)
    return _load(source) if found is None else found


@lru_cache(maxsize=4096)  # the same tags and words come again and again
def _plain_scalar(source: str) -> str | float | None:
    """A word, a number or an id; None for what a parser has to read."""
    if re.fullmatch(_NUMBER, source):
        return float(source) if "." in source else int(source)
    is_word = re.fullmatch(_WORD, source) and source.lower() not in _RESERVED
    return source if is_word or is_uuid(source) else None


def _load(source: str) -> object:
    # in a sequence, so that it is read as inside a mapping
    found = _read(f"[{source}]", source)
    if not isinstance(found, list) or len(found) > 1:
        raise cannot_read(source, "it is not one value")
    return found[0] if found else None


def load_mapping(source: str) -> dict[str, Any]:
    """A YAML mapping of any style, as front matter holds one; {} for an empty text.

    Raises `MetadataError` for what is no mapping, or more than is sensible.
    """
    found = _read(source, source)
    if found is not None and not isinstance(found, dict):
        raise cannot_read(source, "it is not a mapping")
    return {str(key): item for key, item in (found or {}).items()}


def _read(text: str, source: str) -> object:
    """YAML from the parser, once its size, its depth and its references are known."""
    if len(text) > SIZE_LIMIT:
        raise cannot_read(source, TOO_LONG)
    from ruamel.yaml import YAML, events
    from ruamel.yaml.error import YAMLError

    try:
        depth = 0
        for event in YAML(typ="safe", pure=True).parse(text):
            if getattr(event, "anchor", None):  # of aliases, too
                raise cannot_read(source, NO_REFERENCES)
            depth += isinstance(event, events.CollectionStartEvent)
            depth -= isinstance(event, events.CollectionEndEvent)
            if depth > DEPTH_LIMIT:
                raise cannot_read(source, TOO_DEEP)
        return YAML(typ="safe", pure=True).load(text)
    except (
        YAMLError,
        ValueError,
        TypeError,
        LookupError,
        ArithmeticError,
        AttributeError,
    ) as error:
        cause = getattr(error, "problem", None) or str(error).partition("\n")[0]
        raise cannot_read(source, cause) from error


def plain(found: object) -> str:
    """The source of a value, quoted where YAML would read something else.

    No comment can end in it, and it stands on one line.
    """
    match found:
        case None:
            return "null"
        case bool():
            return "true" if found else "false"
        case int():
            return str(found)
        case float():
            return _number(found)
        case list() | tuple():
            return _sequence(found)
        case set() | frozenset():
            return _sequence(sorted(found))
        case dict():
            items = (f"{plain(key)}: {plain(item)}" for key, item in found.items())
            return f"{{{', '.join(items)}}}"
        case _:
            text = str(found)
            bare = re.fullmatch(_WORD, text) and text.lower() not in _RESERVED and "--" not in text
            return text if bare or is_uuid(text) else _quoted(text)


def _sequence(items: Iterable[object]) -> str:
    return f"[{', '.join(map(plain, items))}]"


def _number(found: float) -> str:
    text = repr(found)
    return {"inf": ".inf", "-inf": "-.inf", "nan": ".nan"}.get(text, text)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("--", "-\\x2d")
    return f'"{"".join(map(_escaped, escaped))}"'


def _escaped(char: str) -> str:
    code = ord(char)
    if char.isprintable():
        return char
    if code <= 0xFF:  # noqa: PLR2004
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004
