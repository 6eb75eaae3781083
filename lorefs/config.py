"""Configuration: what a team shares, what is this clone's choice, and the environment above both.

A team's keys stand in `.lorefs.toml` or under `[tool.lorefs]` in `pyproject.toml`. What only
this clone may decide (all `sync.*` keys) stands in git's own configuration as `lorefs.KEY`, so
that cloning a repository never turns anything on. `LOREFS_*` variables go above both.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from lorefs.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Value = bool | int | float | str
Home = Literal["team", "clone"]


class Key(NamedTuple):
    """One key: its default, whose choice it is, what it takes and what it means."""

    name: str
    default: Value
    home: Home
    help: str
    choices: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None


KEYS: Final = {
    key.name: key
    for key in (
        Key("guard.share", 0.5, "team", "ask when more than this share of entries vanishes at once",
            least=0, most=1),
        Key("guard.count", 5, "team", "… and at least this many", least=1),
        Key("category", "Note", "team", "the category of new entries that name none"),
        Key("actor", "", "clone", "who changes entries here (default: git's user.email)"),
        Key("sync.enabled", False, "clone",  # noqa: FBT003
            "whether a sync branch carries team lore"),
        Key("sync.remote", "", "clone", "the remote of the sync branch"),
        Key("sync.branch", "lorefs-sync", "clone", "the name of the sync branch"),
        Key("sync.mode", "manual", "clone", "whether commands sync by themselves",
            choices=("manual", "automatic")),
        Key("sync.materialise", "owned", "clone", "when what arrives is written into tracked files",
            choices=("owned", "always")),
    )
}  # fmt: skip

_SECTION: Final = re.compile(rb"^[ \t]*\[[ \t]*(?:lorefs|include)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Setting:
    """A value and where it comes from: "default", a file, "git config" or a variable."""

    value: Value
    origin: str


@dataclass(frozen=True, slots=True)
class Guard:
    """When the loss of entries needs a confirmation."""

    share: float
    count: int


@dataclass(frozen=True, slots=True)
class Config:
    """All settings, validated."""

    settings: Mapping[str, Setting]

    def __getitem__(self, name: str) -> Value:
        return self.settings[name].value

    @property
    def guard(self) -> Guard:
        """The mass-deletion guard."""
        return Guard(float(self["guard.share"]), int(self["guard.count"]))

    @property
    def sync_enabled(self) -> bool:
        """Whether a sync branch carries team lore."""
        return bool(self["sync.enabled"])


def load(root: Path, git_config: Mapping[str, str], env: Mapping[str, str]) -> Config:
    """The settings of a worktree.

    `git_config` holds git's keys that start with `lorefs.`. Raises `ConfigError` with file,
    line and remedy for a key or value that is not understood.
    """
    settings = {name: Setting(key.default, "default") for name, key in KEYS.items()}
    for name, (value, origin, line) in _team_values(root).items():
        settings[name] = Setting(_checked(name, value, "team", origin, line), origin)
    for name, text in git_config.items():
        value = _from_text(_known(name, "git config", None), text, "git config")
        settings[name] = Setting(value, "git config")
    for name, key in KEYS.items():
        variable = "LOREFS_" + re.sub(r"\W", "_", name).upper()
        if variable in env:
            settings[name] = Setting(_from_text(key, env[variable], variable), variable)
    return Config(settings)


def has_git_section(*files: Path) -> bool:
    """Whether a git configuration file can hold keys of ours, itself or by an include."""
    for file in files:
        try:
            if _SECTION.search(file.read_bytes()):
                return True
        except OSError:
            continue  # not there
    return False


def _team_values(root: Path) -> dict[str, tuple[Any, str, int | None]]:
    for name, table in ((".lorefs.toml", ()), ("pyproject.toml", ("tool", "lorefs"))):
        file = root / name
        if not file.is_file():
            continue
        text = file.read_text(encoding="utf-8", errors="replace")
        if table and "[tool.lorefs" not in text:
            continue
        try:
            found: Any = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            if table:
                continue  # other tools will say so; it may hold nothing of ours
            raise ConfigError(f"{name} is no TOML: {error}", path=name) from error
        for part in table:
            found = found.get(part, {})
        return {key: (value, name, _line_of(text, key)) for key, value in _flat(found).items()}
    return {}


def _flat(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in table.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[prefix + key] = value
    return flat


def _line_of(text: str, key: str) -> int | None:
    last = re.escape(key.rpartition(".")[2])
    found = re.search(rf"^[ \t]*(?:\"|')?(?:[\w.]*\.)?{last}(?:\"|')?[ \t]*=", text, re.MULTILINE)
    return text.count("\n", 0, found.start()) + 1 if found else None


def _known(name: str, origin: str, line: int | None) -> Key:
    key = KEYS.get(name) or next((k for n, k in KEYS.items() if n.lower() == name.lower()), None)
    if key is None:
        near = difflib.get_close_matches(name, KEYS, 1)
        hint = f"did you mean {near[0]}?" if near else "`lorefs config list` shows all keys"
        raise ConfigError(f"{name} is no key of lorefs", path=origin, line=line, hint=hint)
    return key


def _checked(name: str, value: object, home: Home, origin: str, line: int | None) -> Value:
    key = _known(name, origin, line)
    if key.home != home:
        raise ConfigError(
            f"{name} is each clone's own choice, and cannot be set for the team",
            path=origin,
            line=line,
            hint=f"run `git config lorefs.{name} VALUE` instead",
        )
    kind = type(key.default)
    fits = isinstance(value, kind) or (kind is float and isinstance(value, int))
    if not fits or (isinstance(value, bool) and kind is not bool):
        raise ConfigError(
            f"{name} takes a {kind.__name__}", path=origin, line=line, found=repr(value)
        )
    return _in_range(key, kind(value), origin, line)  # type: ignore[arg-type,call-overload]


def _from_text(key: Key, text: str, origin: str) -> Value:
    kind = type(key.default)
    words = {"true": True, "yes": True, "on": True, "1": True,
             "false": False, "no": False, "off": False, "0": False, "": False}  # fmt: skip
    try:
        value = words[text.strip().lower()] if kind is bool else kind(text)
    except (ValueError, KeyError):
        raise ConfigError(f"{key.name} takes a {kind.__name__}", path=origin, found=text) from None
    return _in_range(key, value, origin, None)


def _in_range(key: Key, value: Value, origin: str, line: int | None) -> Value:
    if key.choices and value not in key.choices:
        choices = " or ".join(key.choices)
        raise ConfigError(f"{key.name} is {choices}", path=origin, line=line, found=str(value))
    low, high = key.least, key.most
    if (low is not None and float(value) < low) or (high is not None and float(value) > high):
        limits = f"at least {low:g}" + (f" and at most {high:g}" if high is not None else "")
        raise ConfigError(f"{key.name} is {limits}", path=origin, line=line, found=str(value))
    return value


def parse_value(name: str, text: str) -> tuple[Key, Value]:
    """A key and the value that a text means for it. Raises `ConfigError`."""
    key = _known(name, "the command line", None)
    return key, _from_text(key, text, "the command line")
