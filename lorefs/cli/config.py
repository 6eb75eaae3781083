"""Show, set and unset what can be set.

What a team shares stands in `.lorefs.toml` (or under `[tool.lorefs]` in `pyproject.toml`); all
`sync.*` settings are each clone's own and stand in git's configuration, `lorefs.sync.*`, which
may hold the others, too, and then wins. `LOREFS_*` in the environment wins over both.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from lorefs.cli.here import config_here, git_here
from lorefs.cli.options import Json
from lorefs.cli.output import for_person, write, write_columns, write_json, write_lines
from lorefs.config import Config
from lorefs.config.keys import CLONE, KEYS, Key, written
from lorefs.config.resolve import checked, key_named
from lorefs.config.teamfile import OWN_NAME, new_team, read_team
from lorefs.errors import RefusedError, UsageError

EXAMPLES = """
lorefs config list
lorefs config set guard.deletionCount 20
lorefs config get sync.remote
lorefs config unset guard.deletionCount
"""

Name = Annotated[str, typer.Argument(metavar="KEY", help="As in `lorefs config list`.")]


def show(key: Name, json: Json = False) -> None:
    """Print the value of a setting."""
    setting = key_named(key)
    value = setting.value(config_here())
    if json:
        write_json(value)
    else:
        write(written(value))


def change(key: Name, value: Annotated[str, typer.Argument(metavar="VALUE")]) -> None:
    """Give a setting a value.

    It is written into git's configuration if it is this clone's choice, else into the team's file.
    """
    setting = key_named(key)
    chosen = checked(setting, value)
    git = git_here()
    if setting.home == CLONE:
        git.run("config", "--local", f"lorefs.{setting.name}", written(chosen))
        return
    from lorefs.config.teamedit import with_value

    file = read_team(git.paths.worktree) or new_team(git.paths.worktree)
    section, _, name = setting.name.partition(".")
    _write(file.path, with_value(file, section, name, chosen))
    _tell_shared(file.path.name)


def take_back(key: Name) -> None:
    """Take back what `set` wrote, so that the default holds again."""
    setting = key_named(key)
    git = git_here()
    if setting.home == CLONE:
        name = f"lorefs.{setting.name}"
        if git.text("config", "--local", "--get-all", name, allowed=(0, 1)):
            git.run("config", "--local", "--unset-all", name)
            return
        raise _not_set(setting, "git's configuration of this clone")
    from lorefs.config.teamedit import without_value

    file = read_team(git.paths.worktree)
    section, _, name = setting.name.partition(".")
    held = file.tables.get(section) if file else None
    if file is None or not isinstance(held, dict) or name not in held:
        raise _not_set(setting, file.path.name if file else OWN_NAME)
    _write(file.path, without_value(file, section, name))
    _tell_shared(file.path.name)


def _not_set(setting: Key, where: str) -> UsageError:
    origin = _origin(config_here(), setting)
    hint = f"what holds comes from {origin}" if origin else "its default holds"
    return UsageError(f"{setting.name} is not set in {where}", hint=hint)


def list_all(json: Json = False) -> None:
    """List all settings, their values, and where those come from."""
    config = config_here()
    if json:
        write_json([
            {
                "key": key.name,
                "value": key.value(config),
                "origin": _origin(config, key),
                "home": key.home,
                "variable": key.variable,
                "help": key.help,
            }
            for key in KEYS
        ])  # fmt: skip
    elif for_person():
        width = max(len(f"{key.name} = {written(key.value(config))}") for key in KEYS)
        for key in KEYS:
            value = written(key.value(config))
            gap = " " * (width - len(f"{key.name} = {value}"))
            origin = _origin(config, key)
            write_lines([[
                (key.name, "bold"), (" = ", "dim"), (value, "green" if origin else ""),
                (f"{gap}  {key.help}", "dim"), (f" ({origin})" if origin else "", "cyan"),
            ]])  # fmt: skip
    else:
        write_columns(
            [key.name, written(key.value(config)), _origin(config, key) or "default"]
            for key in KEYS
        )


COMMANDS = {"get": show, "set": change, "unset": take_back, "list": list_all}


def _tell_shared(name: str) -> None:
    """Says on standard error that the change is more than this clone's, for it is not obvious."""
    words = f"changed {name}, which the team shares: commit it"
    write_lines([[("note: ", "bold yellow"), (words, "")]], sys.stderr)


def _origin(config: Config, key: Key) -> str | None:
    origin = config.origins.get(key.name)
    if origin is None:
        return None
    return f"{origin.where}:{origin.line}" if origin.line else origin.where


def _write(file: Path, text: str) -> None:
    new = file.with_name(f".{file.name}.lorefs-new")
    try:
        new.write_bytes(text.encode())
        if file.exists():
            new.chmod(file.stat().st_mode & 0o7777)
        new.replace(file)
    except OSError as error:
        new.unlink(missing_ok=True)
        raise RefusedError(f"{file} cannot be written: {error.strerror}", path=str(file)) from error
