"""Checks what was found in the team's file, in git's configuration and in the environment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lorefs.config.hubs import SECTION, read_hubs
from lorefs.config.keys import CLONE, KEYS, Key
from lorefs.config.settings import (
    Backup,
    Check,
    Commands,
    Config,
    Context,
    Filters,
    Guard,
    Limits,
    Origin,
    Stale,
    Suggest,
    Sync,
)
from lorefs.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from lorefs.config.gitfile import Setting
    from lorefs.config.teamfile import TeamFile

_BY_NAME: Final = {key.name: key for key in KEYS}
_BY_GIT_NAME: Final = {key.git_name: key for key in KEYS}
_SECTIONS: Final = tuple(dict.fromkeys(key.section for key in KEYS))


def resolve(
    team: TeamFile | None, git_config: Mapping[str, Setting], env: Mapping[str, str]
) -> Config:
    """Merge the sources, the later ones winning: defaults, team file, git, `LOREFS_*`.

    Raises ConfigError, naming file and line, for an unknown setting or a value it cannot have.
    """
    config, mistakes = resolve_all(team, git_config, env)
    if mistakes:
        raise mistakes[0]
    return config


def resolve_all(
    team: TeamFile | None, git_config: Mapping[str, Setting], env: Mapping[str, str]
) -> tuple[Config, list[ConfigError]]:
    """The same with all mistakes; what they are about has its default."""
    values: dict[str, object] = {}
    origins: dict[str, Origin] = {}
    mistakes: list[ConfigError] = []
    for found in (_from_team(team), _from_git(git_config), _from_env(env)):
        for each in found:
            if isinstance(each, ConfigError):
                mistakes.append(each)
                continue
            key, raw, origin = each
            try:
                values[key.name] = checked(key, raw, origin)
            except ConfigError as error:
                mistakes.append(error)
            origins[key.name] = origin
    hubs, wrong = read_hubs(git_config)
    mistakes += wrong
    sections: dict[str, dict[str, object]] = {section: {} for section in _SECTIONS}
    for name, value in values.items():
        sections[_BY_NAME[name].section][_BY_NAME[name].attribute] = value
    config = Config(
        sync=Sync(**sections["sync"]),  # type: ignore[arg-type]  # read by each key's kind
        guard=Guard(**sections["guard"]),  # type: ignore[arg-type]
        filter=Filters(**sections["filter"]),  # type: ignore[arg-type]
        limits=Limits(**sections["limits"]),  # type: ignore[arg-type]
        commands=Commands(**sections["commands"]),  # type: ignore[arg-type]
        check=Check(**sections["check"]),  # type: ignore[arg-type]
        context=Context(**sections["context"]),  # type: ignore[arg-type]
        backup=Backup(**sections["backup"]),  # type: ignore[arg-type]
        hubs=hubs,
        stale=Stale(**sections["stale"]),  # type: ignore[arg-type]
        suggest=Suggest(**sections["suggest"]),  # type: ignore[arg-type]
        origins=origins,
    )
    return config, mistakes


def key_named(name: str) -> Key:
    """The setting of a name, in any case, with or without `lorefs.`; else ConfigError."""
    wanted = name.removeprefix("lorefs.").lower()
    for key in KEYS:
        if key.name.lower() == wanted:
            return key
    raise _unknown(name, None)


def checked(key: Key, raw: object, origin: Origin | None = None) -> object:
    """A value as its key's kind reads it; ConfigError where it is not one."""
    try:
        return key.kind.read(raw)
    except ValueError:
        raise ConfigError(
            f"{key.name} has to be {key.kind.words}",
            path=origin.where if origin else None,
            line=(origin.line or None) if origin else None,
            found=str(raw),
            hint=_remedy(key, origin),
        ) from None


# A setting with its value as it was found and its place, or what is wrong there.
_Found = tuple[Key, object, Origin] | ConfigError


def _from_team(file: TeamFile | None) -> Iterator[_Found]:
    if file is None:
        return
    for section, table in file.tables.items():
        if section in _BY_NAME:
            yield _not_shared(_BY_NAME[section], Origin(str(file.path), file.line_of(section)))
            continue
        if section not in _SECTIONS or not isinstance(table, dict):
            yield _unknown(section, Origin(str(file.path), file.line_of(section)))
            continue
        for name, raw in table.items():
            origin = Origin(str(file.path), file.line_of(section, name))
            key = _BY_NAME.get(f"{section}.{name}")
            if key is None:
                yield _unknown(f"{section}.{name}", origin)
            elif key.home == CLONE:
                yield _not_shared(key, origin)
            else:
                yield key, raw, origin


def _from_git(settings: Mapping[str, Setting]) -> Iterator[_Found]:
    for name, setting in settings.items():
        if name.startswith(SECTION):
            continue  # see `hubs`
        origin = Origin(setting.path, setting.line)
        key = _BY_GIT_NAME.get(name)
        yield _unknown(name, origin) if key is None else (key, setting.value, origin)


def _from_env(env: Mapping[str, str]) -> Iterator[_Found]:
    by_variable = {key.variable: key for key in KEYS}
    ours = tuple(f"LOREFS_{section.upper()}_" for section in _SECTIONS)
    for variable, raw in env.items():
        if variable not in by_variable and not variable.startswith(ours):
            continue
        if variable in by_variable:
            yield by_variable[variable], raw, Origin(variable)
            continue
        near = _nearest(variable, by_variable)
        yield ConfigError(
            "no setting has this variable",
            found=variable,
            hint=f"did you mean {near}?" if near else "`lorefs config list` names them all",
        )


def _not_shared(key: Key, origin: Origin) -> ConfigError:
    return ConfigError(
        f"{key.name} is each clone's own choice and has no place in a shared file",
        path=origin.where,
        line=origin.line,
        hint=f"remove the line, and run `lorefs config set {key.name} VALUE` instead",
    )


def _unknown(name: str, origin: Origin | None) -> ConfigError:
    near = _nearest(name.lower(), _BY_GIT_NAME)
    return ConfigError(
        "there is no such setting",
        path=origin.where if origin else None,
        line=(origin.line or None) if origin else None,
        found=name,
        hint=f"did you mean {_BY_GIT_NAME[near].name}?"
        if near
        else "`lorefs config list` names them all",
    )


def _nearest(name: str, names: Iterable[str]) -> str | None:
    import difflib

    return next(iter(difflib.get_close_matches(name, names, n=1)), None)


def _remedy(key: Key, origin: Origin | None) -> str | None:
    if origin is None:
        return None
    if origin.where == key.variable:
        return f"unset {key.variable}, or give it such a value"
    return f"`lorefs config set {key.name} VALUE` sets it"
