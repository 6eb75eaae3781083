"""Reads what a team shares: `.lorefs.toml`, else `[tool.lorefs]` in `pyproject.toml`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from lorefs.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

OWN_NAME: Final = ".lorefs.toml"
PYPROJECT: Final = "pyproject.toml"
_AT: Final = r"\(at line (\d+)"  # in the words of tomllib
_TABLE: Final = r"\s*\[\s*([^\[\]]+?)\s*\]\s*(?:#.*)?"


class TeamFile(NamedTuple):
    """The file that holds the team's settings; `prefix` is the table they stand under."""

    path: Path
    prefix: tuple[str, ...]
    text: str
    tables: Mapping[str, object]

    def line_of(self, section: str, name: str = "") -> int:
        """The 1-based line of a setting or of its section; 1 where it is written in an odd way."""
        table, found = "", 0
        for number, line in enumerate(self.text.split("\n"), 1):
            if header := re.fullmatch(_TABLE, line):
                table = header[1].replace(" ", "").replace('"', "")
                found = number if table == ".".join((*self.prefix, section)) else found
            elif (table == ".".join((*self.prefix, section)) and _sets(line, name)) or (
                table == ".".join(self.prefix) and _sets(line, f"{section}.{name}", section)
            ):
                return number
        return found or 1


def _sets(line: str, *names: str) -> bool:
    left = line.partition("=")[0].replace(" ", "").replace('"', "")
    return bool(left) and left in names


def read_team(root: Path) -> TeamFile | None:
    """The team's file at the top of a worktree, None if there is none.

    Raises ConfigError where it cannot be read or is no TOML.
    """
    own = root / OWN_NAME
    text = _text(own)
    if text is not None:
        return TeamFile(own, (), text, _tables(own, text))
    shared = root / PYPROJECT
    text = _text(shared)
    # Most repositories have this file, and few have anything of ours in it.
    if text is not None and "lorefs" in text:
        tool = _tables(shared, text).get("tool")
        tables = tool.get("lorefs") if isinstance(tool, dict) else None
        if isinstance(tables, dict):
            return TeamFile(shared, ("tool", "lorefs"), text, tables)
    return None


def new_team(root: Path) -> TeamFile:
    """The file that a team without one would get."""
    return TeamFile(root / OWN_NAME, (), "", {})


def _text(path: Path) -> str | None:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(
            "the team's settings cannot be read", path=str(path), found=error.strerror
        ) from error
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError("the file is not UTF-8", path=str(path), line=line) from error


def _tables(path: Path, text: str) -> Mapping[str, object]:
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        at = re.search(_AT, str(error))
        raise ConfigError(
            "the file is no TOML",
            path=str(path),
            line=int(at[1]) if at else None,
            found=re.split(_AT, str(error))[0].strip(),
        ) from error
