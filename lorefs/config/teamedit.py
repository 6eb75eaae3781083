"""Edits the file that a team shares, one setting at a time; comments and layout stay."""

from __future__ import annotations

import tomllib
from collections.abc import MutableMapping
from typing import TYPE_CHECKING

import tomlkit
from tomlkit.exceptions import TOMLKitError

from lorefs.config.keys import written
from lorefs.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lorefs.config.teamfile import TeamFile

Table = MutableMapping[str, object]


def with_value(file: TeamFile, section: str, name: str, value: object) -> str:
    """The file's text with one setting changed.

    Raises ConfigError where the setting is written in a way that cannot be edited.
    """
    new = list(value) if isinstance(value, tuple) else value
    return _edited(file, (section, name), new, f"set `{name} = {written(value)}` under")


def without_value(file: TeamFile, section: str, name: str) -> str:
    """The file's text without a setting that it has, and without tables that held nothing else.

    Raises what `with_value` raises.
    """
    return _edited(file, (section, name), None, f"take `{name}` away under")


def _edited(file: TeamFile, setting: tuple[str, str], value: object, remedy: str) -> str:
    keys = (*file.prefix, *setting)
    text = _changed(file.text, keys, value)
    if text is None:
        raise ConfigError(
            "the setting is written in a way that cannot be edited safely",
            path=str(file.path),
            line=file.line_of(*setting),
            hint=f"{remedy} [{'.'.join(keys[:-1])}] in an editor",
        )
    return text


def _changed(text: str, keys: Sequence[str], value: object) -> str | None:
    """The changed text, if it says just what plain tables say after the same change."""
    try:
        expected: Table = tomllib.loads(text)
        _put(expected, keys, value, dict)
        document = tomlkit.parse(text)
        _put(document, keys, value, tomlkit.table)
        edited = tomlkit.dumps(document)
        return edited if tomllib.loads(edited) == expected else None
    except (TypeError, TOMLKitError, tomllib.TOMLDecodeError):
        return None


def _put(tables: Table, keys: Sequence[str], value: object, make: Callable[[], Table]) -> None:
    """Gives a key in nested tables a value; None takes it away, with tables left empty.

    Raises TypeError where there is something else in place of a table.
    """
    key, *rest = keys
    if not rest and value is not None:
        tables[key] = value
        return
    if rest:
        if key not in tables:
            tables[key] = make()
        inner = tables[key]
        if not isinstance(inner, MutableMapping):
            raise TypeError
        _put(inner, rest, value, make)
        if inner:
            return
    del tables[key]
