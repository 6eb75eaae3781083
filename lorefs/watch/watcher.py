"""Chooses where events come from, and goes without where there are none."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING, Protocol

from lorefs.watch.directories import shared_elsewhere, walk

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lorefs.repo import Git
    from lorefs.watch.messages import Tell


class Watcher(Protocol):
    """A source of events. `limited` says why it does not tell of everything, "" if it does."""

    limited: str

    @property
    def directories(self) -> int:
        """How many directories are watched."""

    def cover(self, directories: Iterable[str]) -> set[str]:
        """Watch some directories and those below; returns the documents found in them."""

    def recover(self, first: Iterable[str], *, anew: bool) -> None:
        """Watch exactly what there is, `first` before all else; `anew` after lost events."""

    def stop(self) -> None:
        """Tell of nothing more."""


class Blind:
    """No events at all: files are looked at every few seconds."""

    directories = 0

    def __init__(self, git: Git, reason: str) -> None:
        self._git = git
        self.limited = reason

    def cover(self, directories: Iterable[str]) -> set[str]:
        """The documents in some directories and below."""
        return {name for found in walk(self._git, directories) for name in found.documents}

    def recover(self, first: Iterable[str], *, anew: bool) -> None:
        """Nothing is watched."""

    def stop(self) -> None:
        """Nothing is watched."""


def watcher_for(git: Git, tell: Tell) -> Watcher:
    """The best source of events that this system has for a worktree."""
    elsewhere = shared_elsewhere(git.paths.worktree)
    if elsewhere:
        return Blind(git, f"{elsewhere} does not tell of changes made elsewhere")
    try:
        if platform.system() == "Linux":
            from lorefs.watch.inotify import InotifyWatcher

            return InotifyWatcher(git, tell)
        from lorefs.watch.observer import ObserverWatcher

        return ObserverWatcher(git, tell)
    except (OSError, ImportError) as error:  # ImportError: of a system that watchdog misses
        return Blind(git, f"the system tells of no changes ({error})")
