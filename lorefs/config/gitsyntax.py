"""The grammar of git's configuration files, as git-config(1) describes it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from lorefs.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEADER: Final = re.compile(r'[ \t]*\[([-.\w]+)(?:[ \t]+"((?:[^"\\\n]|\\.)*)")?[ \t]*\]')
_NAME: Final = re.compile(r"[ \t]*([a-zA-Z][-a-zA-Z0-9]*)[ \t]*")
_BLANK: Final = re.compile(r"[ \t]*(?:[#;].*)?")
_ESCAPES: Final = {"n": "\n", "t": "\t", "b": "\b", '"': '"', "\\": "\\"}


def parse(text: str, path: str) -> Iterator[tuple[str, str, int]]:
    """The settings of a configuration file: full name, value and 1-based line, in order."""
    lines = enumerate(text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n"), 1)
    section = ""
    for number, line in lines:
        rest = line
        if header := _HEADER.match(rest):
            section = header[1].lower()
            if header[2] is not None:
                section += "." + re.sub(r"\\(.)", r"\1", header[2])
            rest = rest[header.end() :]
        if _BLANK.fullmatch(rest):
            continue
        name = _NAME.match(rest)
        rest = rest[name.end() :] if name else "?"
        # git takes a comment behind a value, but none behind a name alone
        if not (name and section) or rest[:1] not in {"", "="}:
            raise ConfigError("not a line that git understands", path=path, line=number, found=line)
        value = "true"
        if rest.startswith("="):
            try:
                value = _value(rest[1:], (following for _, following in lines))
            except ValueError as error:
                raise ConfigError(str(error), path=path, line=number, found=line) from None
        yield f"{section}.{name[1].lower()}", value, number


def _value(source: str, following: Iterator[str]) -> str:
    """A value without its quotes, escapes, comment and outer white space.

    A backslash at the end of a line takes in the next of the `following` lines.
    """
    out: list[str] = []
    kept = 0  # how much of `out` is more than trailing white space
    quoted = False
    characters = iter(source)
    while character := next(characters, ""):
        if character in " \t" and not quoted:
            out += [character] if out else []
            continue
        if character in "#;" and not quoted:
            break
        kept = len(out)
        if character == '"':
            quoted = not quoted
            continue
        if character == "\\":
            character = next(characters, "")
            if not character:
                characters = iter(next(following, ""))
                continue
            if character not in _ESCAPES:
                raise ValueError("an unknown escape in a value")
            character = _ESCAPES[character]
        out.append(character)
        kept = len(out)
    if quoted:
        raise ValueError("a quote that is not closed")
    return "".join(out[:kept])
