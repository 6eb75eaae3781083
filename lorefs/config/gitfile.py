"""Reads `lorefs.*` out of git's configuration files, without starting git.

Starting git costs more than all else that a command with nothing to do does. So the files are
read here (`gitsyntax` has the grammar), and git is asked only where the answer depends on
more than these files: conditional includes or worktree configuration that hold lorefs keys, and
`git -c`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from lorefs.errors import GitError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_INCLUDE_DEPTH: Final = 10  # as in git
_SECONDS: Final = 10


class Setting(NamedTuple):
    """A value found in a file, and where; `line` is 0 where git does not tell."""

    value: str
    path: str
    line: int


class _Undecided(Exception):  # noqa: N818  # not an error: git has to be asked
    """The files alone do not say which lorefs keys hold."""


def read_git(git_dir: Path, common_dir: Path, env: Mapping[str, str]) -> dict[str, Setting]:
    """The `lorefs.*` settings that hold in a worktree, by their name without `lorefs.`.

    Sections keep their case and variables are in lower case, as in the output of git. Raises
    ConfigError where a file is not understood, GitError where git had to be asked and failed.
    """
    if "GIT_CONFIG_PARAMETERS" in env or "GIT_CONFIG_COUNT" in env:
        return _ask_git(git_dir, env)
    try:
        return _read_files(git_dir, common_dir, env)
    except _Undecided:
        return _ask_git(git_dir, env)


def _read_files(git_dir: Path, common_dir: Path, env: Mapping[str, str]) -> dict[str, Setting]:
    found: dict[str, Setting] = {}
    for path in _files(common_dir, env):
        found.update(_lorefs_settings(path, env, _INCLUDE_DEPTH))
    if _lorefs_settings(git_dir / "config.worktree", env, _INCLUDE_DEPTH):
        raise _Undecided  # git reads it only where an extension is on
    return found


def _files(common_dir: Path, env: Mapping[str, str]) -> Iterator[Path]:
    """Git's files, from the weakest to the strongest."""
    home = env.get("HOME", "")
    if env.get("GIT_CONFIG_NOSYSTEM", "").lower() in ("", "0", "false", "no", "off"):
        yield Path(env.get("GIT_CONFIG_SYSTEM") or "/etc/gitconfig")
    if "GIT_CONFIG_GLOBAL" in env:
        yield Path(env["GIT_CONFIG_GLOBAL"])
    elif home:
        yield Path(env.get("XDG_CONFIG_HOME") or f"{home}/.config") / "git/config"
        yield Path(home) / ".gitconfig"
    yield common_dir / "config"


def _lorefs_settings(path: Path, env: Mapping[str, str], depth: int) -> dict[str, Setting]:
    """The lorefs settings of a file and of those that it includes."""
    try:
        text = path.read_bytes().decode("utf-8", "surrogateescape")
    except OSError:
        return {}
    lower = text.lower()
    if "[lorefs" not in lower and "[include" not in lower:
        return {}
    from lorefs.config.gitsyntax import parse

    found: dict[str, Setting] = {}
    for name, value, line in parse(text, str(path)):
        section, _, rest = name.partition(".")
        if section == "lorefs":
            found[rest] = Setting(value, str(path), line)
        elif section in ("include", "includeif") and name.endswith(".path"):
            included = (
                _lorefs_settings(_relative(value, path, env), env, depth - 1) if depth else {}
            )
            if included and section == "includeif":
                raise _Undecided
            found.update(included)
    return found


def _relative(value: str, path: Path, env: Mapping[str, str]) -> Path:
    if value.startswith("~/"):
        return Path(env.get("HOME", "")) / value[2:]
    if value.startswith(("~", "%(prefix)")):
        raise _Undecided
    return path.parent / value


def _ask_git(git_dir: Path, env: Mapping[str, str]) -> dict[str, Setting]:
    import subprocess

    command = ("config", "--null", "--show-origin", "--get-regexp", r"^lorefs\.")
    try:
        done = subprocess.run(
            ["git", f"--git-dir={git_dir}", *command],
            env=dict(env),
            capture_output=True,
            check=False,
            timeout=_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise GitError("git's configuration cannot be read", command=command) from error
    if done.returncode not in (0, 1):  # 1: there is no such key
        words = done.stderr.decode("utf-8", "replace").strip()
        raise GitError("git's configuration cannot be read", command=command, words=words)
    fields = done.stdout.decode("utf-8", "surrogateescape").split("\0")
    found: dict[str, Setting] = {}
    for origin, item in zip(fields[::2], fields[1::2], strict=False):
        name, separator, value = item.partition("\n")
        path = origin.removeprefix("file:")
        found[name.removeprefix("lorefs.")] = Setting(value if separator else "true", path, 0)
    return found
