"""The further hubs of a clone: `lorefs.hub.NAME.url`, `.realm` and `.branch` in git's settings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from lorefs.config.keys import BRANCH, Kind
from lorefs.config.settings import Hub, Origin
from lorefs.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lorefs.config.gitfile import Setting

SECTION: Final = "hub."
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
# One directory: git's refs and trees, and the name of the source, hold nothing else.
REALM: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")


def _url(value: object) -> str:
    text = str(value)
    if not text.isprintable() or not text.strip() or text.startswith("-"):
        raise ValueError
    return text


def _realm(value: object) -> str:
    text = str(value)
    if text and not REALM.fullmatch(text):
        raise ValueError
    BRANCH.read(text or "x")  # it is a part of a ref's name
    return text


_KINDS: Final = {
    "url": Kind("the address of a git repository", _url),
    "realm": Kind("the name of a realm: letters, digits, `-`, `_` and `.`", _realm),
    "branch": BRANCH,
}


def hub(name: str, **values: object) -> Hub:
    """A hub of checked values; raises `ConfigError` for one that it cannot have."""
    if not NAME.fullmatch(name):
        raise ConfigError(
            "a hub's name has letters, digits, `-` and `_`, 40 at most",
            found=name,
            hint="choose another name",
        )
    return Hub(name, **{key: _checked(name, key, value) for key, value in values.items()})


def _checked(name: str, key: str, value: object, origin: Origin | None = None) -> str:
    kind = _KINDS.get(key)
    try:
        if kind is not None:
            return str(kind.read(value))
    except ValueError:
        pass
    words = f"has to be {kind.words}" if kind else "is no setting of a hub"
    raise ConfigError(
        f"hub.{name}.{key} {words}",
        path=origin.where if origin else None,
        line=(origin.line or None) if origin else None,
        found=str(value),
        hint=f"`git config --unset lorefs.hub.{name}.{key}` removes it" if origin else None,
    )


def read_hubs(settings: Mapping[str, Setting]) -> tuple[tuple[Hub, ...], list[ConfigError]]:
    """The hubs that git's settings name, by name, and what is wrong with others."""
    found: dict[str, dict[str, str]] = {}
    mistakes: list[ConfigError] = []
    for full, setting in settings.items():
        name, _, key = full.removeprefix(SECTION).rpartition(".")
        if not full.startswith(SECTION) or not name:
            continue
        try:
            value = _checked(name, key, setting.value, Origin(setting.path, setting.line))
        except ConfigError as error:
            mistakes.append(error)
        else:
            found.setdefault(name, {})[key] = value
    hubs: list[Hub] = []
    for name, values in sorted(found.items()):
        try:
            hubs += [hub(name, **values)] if "url" in values else []
        except ConfigError as error:
            mistakes.append(error)
    return tuple(hubs), mistakes
