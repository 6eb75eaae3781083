"""Events where there is no inotify: the observer that watchdog has for the system."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Final

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer

from lorefs.core.schedule import interesting, interesting_to_git
from lorefs.watch.directories import walk
from lorefs.watch.messages import Message

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lorefs.core.schedule import Kind
    from lorefs.repo import Git
    from lorefs.watch.messages import Tell

FILTER: Final[list[type[FileSystemEvent]]] = [
    DirCreatedEvent, DirDeletedEvent, DirMovedEvent,
    FileClosedEvent, FileCreatedEvent, FileDeletedEvent, FileMovedEvent,
]  # fmt: skip
# Only Linux says when a file that was written to is closed.
MODIFIED: Final[list[type[FileSystemEvent]]] = (
    [] if sys.platform == "linux" else [FileModifiedEvent]
)
_KINDS: Final[dict[str, Kind]] = {
    "closed": "closed",
    "created": "created",
    "modified": "closed",
    "moved": "moved",
    "deleted": "deleted",
}


class ObserverWatcher(FileSystemEventHandler):
    """Tells of what happens below a worktree and in its git directory."""

    def __init__(self, git: Git, tell: Tell) -> None:
        self._git = git
        self._tell = tell
        self._root = str(git.paths.worktree)
        paths = git.paths
        self._git_dirs = [str(paths.git_dir), str(paths.common_dir)]
        self.limited = ""
        self.directories = 0
        self._observer = Observer()
        self._observer.schedule(self, self._root, recursive=True, event_filter=FILTER + MODIFIED)
        for folder in {paths.git_dir, paths.git_dir / "logs", paths.common_dir}:
            if folder.is_dir() and not folder.is_relative_to(paths.worktree):
                self._observer.schedule(self, str(folder), event_filter=FILTER + MODIFIED)
        self._observer.start()  # raises OSError where the system grants too little

    def stop(self) -> None:
        """End all watches."""
        self._observer.stop()
        self._observer.join()

    def cover(self, directories: Iterable[str]) -> set[str]:
        """The documents in some directories and below; all of them are watched anyway."""
        return {name for found in walk(self._git, directories) for name in found.documents}

    def recover(self, first: Iterable[str], *, anew: bool) -> None:
        """Count the directories that matter."""
        del first, anew
        self.directories = sum(1 for _ in walk(self._git))

    def dispatch(self, event: FileSystemEvent) -> None:
        """Something happened; called in a thread of watchdog's."""
        if event.event_type not in _KINDS:
            return
        if event.event_type == "deleted" and os.fsdecode(event.src_path) == self._root:
            self._tell(Message("root"))
        for name in filter(None, (event.src_path, event.dest_path)):
            self._dispatch(os.fsdecode(str(name)), event)

    def _dispatch(self, name: str, event: FileSystemEvent) -> None:
        for top in self._git_dirs:
            within = _relative(name, top)
            if within is not None:
                about = interesting_to_git(within)
                if about is not None:
                    self._tell(Message(about))
                return
        path = _relative(name, self._root)
        if not path:
            return
        topic = interesting(path, "directory" if event.is_directory else _KINDS[event.event_type])
        if topic is not None:
            self._tell(Message(topic, path))


def _relative(name: str, top: str) -> str | None:
    """A path below another in POSIX form, None if it is not."""
    if name == top:
        return ""
    below = name.removeprefix(top + os.sep)
    return None if below == name else below.replace(os.sep, "/")
