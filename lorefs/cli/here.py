"""The place a command runs in: the one module that asks for the directory, time and environment."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from lorefs.config.settings import AUTOMATIC
from lorefs.errors import NotARepositoryError, UsageError
from lorefs.repo import Git, locate

if TYPE_CHECKING:
    from collections.abc import Callable

    from lorefs.api import Workspace
    from lorefs.config import Config
    from lorefs.errors import LorefsError
    from lorefs.sync.site import Site


def open_workspace() -> Workspace:
    """The workspace around the current directory; close it after use."""
    from lorefs.api import Workspace

    return Workspace.open(
        current_directory(),
        env=dict(os.environ),
        clock=milliseconds,
        source="cli",
        warn=_warn,
        after_change=_after_change,
        tell=progress(),
    )


def _warn(trouble: LorefsError) -> None:
    from lorefs.cli.failure import warn

    warn(trouble)


def progress() -> Callable[[str, int, int], None]:
    """What shows a person how far long work is: phase, done, total; see `sync/progress.py`."""
    from lorefs.cli.output import for_person

    if not for_person(sys.stderr):
        return lambda *_: None
    from lorefs.cli.progress import Progress

    return Progress(sys.stderr, asks=sys.stdin.isatty()).tell


def _after_change(site: Site, now: int) -> None:
    if site.config.sync.mode == AUTOMATIC:
        from lorefs.sync.branch.detached import leave_behind

        leave_behind(site, now)


def git_here() -> Git:
    """Git in the worktree around the current directory."""
    return Git(locate(current_directory()), dict(os.environ))


def config_here() -> Config:
    """The settings that hold in the current directory."""
    from lorefs.config import load_worktree

    paths = locate(current_directory())
    return load_worktree(paths.worktree, paths.git_dir, paths.common_dir, dict(os.environ))


def current_directory() -> Path:
    """Where the command runs; NotARepositoryError if that was deleted meanwhile."""
    try:
        return Path.cwd()
    except FileNotFoundError as error:
        raise NotARepositoryError(
            "the current directory is gone", hint="change to another one"
        ) from error


def environment() -> dict[str, str]:
    """The environment that the command was started in."""
    return dict(os.environ)


def standard_input() -> str:
    """What another program writes to this one; bytes that are no UTF-8 survive as surrogates."""
    return sys.stdin.buffer.read().decode("utf-8", "surrogateescape")


def milliseconds() -> int:
    """The time, in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def directory_below(root: Path, name: str) -> str:
    """A directory named on the command line, relative to the top of the worktree.

    Like all paths on a command line it is relative to the current directory.
    """
    path = Path(os.path.normpath(current_directory() / name))
    if not path.is_relative_to(root):
        raise UsageError(f"{name} is outside of the worktree", found=name)
    relative = path.relative_to(root).as_posix()
    return "" if relative == "." else relative
