"""Units for systemd and launchd, so that watch runs whenever its user is logged in.

Only files are written and removed. To start a unit is left to the user, with the line to type.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Final, Literal
from xml.sax.saxutils import escape

from lorefs.errors import RefusedError
from lorefs.repo.templates import template
from lorefs.watch.detach import LOG, command

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lorefs.repo import GitPaths

System = Literal["systemd", "launchd"]
_KEPT: Final = ("PATH", "PYTHONPATH")  # what finds git and lorefs may differ from login's own
_NAME: Final = 40  # characters of the directory's name in that of the unit


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: its file and what is to stand in it, and the lines that start and forget it.

    `links` are what a service manager leaves to remember that it is to be started.
    """

    file: Path
    text: str
    start: tuple[str, ...]
    forget: str
    links: tuple[Path, ...] = ()


def unit_for(system: System, paths: GitPaths, home: Path, env: Mapping[str, str]) -> Unit:
    """The unit of a worktree. Raises `RefusedError` for a path that no unit can hold."""
    root = str(paths.worktree)
    if not root.isprintable() or root != root.strip() or root.endswith("\\"):
        raise RefusedError(
            "a unit cannot name this directory", path=root, hint="use `lorefs watch --detach`"
        )
    name = re.sub(r"[^A-Za-z0-9_-]", "_", paths.worktree.name)[:_NAME] or "top"
    name = f"{name}-{sha256(root.encode()).hexdigest()[:8]}"
    kept = {key: env[key] for key in _KEPT if env.get(key)}
    if system == "systemd":
        config = Path(env.get("XDG_CONFIG_HOME") or home / ".config")
        return _systemd(f"lorefs-watch-{name}.service", root, config / "systemd" / "user", kept)
    return _launchd(f"lorefs.watch.{name}", paths, home / "Library" / "LaunchAgents", kept)


def install(unit: Unit) -> bool:
    """Write a unit; whether anything was changed. Raises `RefusedError` where it cannot be."""
    try:
        if unit.file.is_file() and unit.file.read_text(encoding="utf-8") == unit.text:
            return False
        unit.file.parent.mkdir(parents=True, exist_ok=True)
        unit.file.write_text(unit.text, encoding="utf-8")
    except OSError as error:
        raise RefusedError(
            f"the unit cannot be written: {error.strerror}", path=str(unit.file)
        ) from error
    return True


def uninstall(unit: Unit) -> bool:
    """Remove a unit and what remembers it; whether there was one."""
    was_there = unit.file.is_file()
    for file in (*unit.links, unit.file):
        file.unlink(missing_ok=True)
    return was_there


def _systemd(name: str, root: str, folder: Path, env: Mapping[str, str]) -> Unit:
    lines = (f"Environment={_systemd_word(f'{key}={text}')}" for key, text in env.items())
    text = _template("lorefs-watch.service").substitute(
        root=root.replace("%", "%%"),
        directory=root.replace("%", "%%"),
        command=" ".join(_systemd_word(word).replace("$", "$$") for word in command()),
        environment="\n".join(lines),
    )
    return Unit(
        folder / name,
        text,
        ("systemctl --user daemon-reload", f"systemctl --user enable --now {name}"),
        "systemctl --user daemon-reload",
        (folder / "default.target.wants" / name,),
    )


def _systemd_word(word: str) -> str:
    """A word in quotes; systemd.syntax(7) and systemd.unit(5) say what means more in them."""
    for character, escaped in (("\\", "\\\\"), ('"', '\\"'), ("%", "%%")):
        word = word.replace(character, escaped)
    return f'"{word}"'


def _launchd(label: str, paths: GitPaths, folder: Path, env: Mapping[str, str]) -> Unit:
    file = folder / f"{label}.plist"
    words = [*command(), "--log", str(paths.lorefs_dir / LOG)]
    text = _template("lorefs-watch.plist").substitute(
        label=escape(label),
        directory=escape(str(paths.worktree)),
        command="\n".join(f"\t\t<string>{escape(word)}</string>" for word in words),
        environment="\n".join(
            f"\t\t<key>{escape(key)}</key>\n\t\t<string>{escape(text)}</string>"
            for key, text in env.items()
        ),
        errors=escape(str(paths.lorefs_dir / "watch.err")),
    )
    return Unit(
        file,
        text,
        (f"launchctl bootstrap gui/$(id -u) '{file}'",),
        f"launchctl bootout gui/$(id -u)/{label}",
    )


def _template(name: str) -> Template:
    return Template(template(name))
