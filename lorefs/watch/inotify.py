"""Events on Linux: one inotify instance of watchdog's, and a watch for each directory.

watchdog's own recursive observer would also watch what git ignores, keeps quiet where the
system grants too few watches, and only logs that events were lost. Below it, at `InotifyFD`,
all three can be told.
"""

from __future__ import annotations

import errno
import os
import threading
from itertools import count
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from watchdog.observers.inotify_c import CallbackId, InotifyConstants, InotifyFD, Mask

from lorefs.core.schedule import interesting, interesting_to_git
from lorefs.watch.directories import walk
from lorefs.watch.messages import Message

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from watchdog.observers.inotify_c import InotifyEvent, WatchDescriptor

    from lorefs.core.schedule import Kind
    from lorefs.repo import Git
    from lorefs.watch.messages import Tell

# Closed after writing, moved, deleted, created: what else happens to a file changes no byte.
MASK: Final = Mask(
    InotifyConstants.IN_CLOSE_WRITE
    | InotifyConstants.IN_MOVE
    | InotifyConstants.IN_CREATE
    | InotifyConstants.IN_DELETE
    | InotifyConstants.IN_DELETE_SELF
    | InotifyConstants.IN_MOVE_SELF
    | InotifyConstants.IN_ONLYDIR
    | InotifyConstants.IN_DONT_FOLLOW
    | InotifyConstants.IN_EXCL_UNLINK
)


class _Place(NamedTuple):
    """A watched directory: a path below a top, "" for the top itself."""

    top: Literal["worktree", "git", "common"]
    path: str


class _Registered(NamedTuple):
    descriptor: WatchDescriptor
    callback: CallbackId


class InotifyWatcher:
    """Tells of what happens in a worktree's directories and in its git directory.

    `limited` says why some directories are not watched, "" if all are.
    """

    def __init__(self, git: Git, tell: Tell) -> None:
        self._git = git
        self._tell = tell
        self._lock = threading.Lock()  # the events of a new watch wait until its path is noted
        self._places: dict[WatchDescriptor, _Place] = {}
        self._registered: dict[_Place, _Registered] = {}
        self._numbers = count()
        self.limited = ""
        self._inotify = InotifyFD()  # raises OSError where there are too many instances
        self._inotify.start()
        paths = git.paths
        for name in ("", "logs"):
            self._add(_Place("git", name), paths.git_dir / name)
        if paths.common_dir != paths.git_dir:  # a linked worktree has its settings there
            self._add(_Place("common", ""), paths.common_dir)

    @property
    def directories(self) -> int:
        """How many directories of the worktree are watched."""
        with self._lock:
            return sum(place.top == "worktree" for place in self._registered)

    def stop(self) -> None:
        """End all watches."""
        self._inotify.stop()
        self._inotify.join()

    def cover(self, directories: Iterable[str]) -> set[str]:
        """Watch some directories and those below; returns the documents found in them."""
        found: set[str] = set()
        left_out: set[str] = set()

        def enter(path: str) -> None:
            left_out.add(path)
            self._watch(path)

        for directory in walk(self._git, directories, enter):
            left_out.discard(directory.path)
            found.update(directory.documents)
        self._remove([_Place("worktree", path) for path in left_out])
        return found

    def recover(self, first: Iterable[str], *, anew: bool) -> None:
        """Watch exactly the directories that there are, beginning with those of documents.

        `anew`: after lost events no path that was noted can be trusted.
        """
        self.limited = ""
        if anew:
            self._forget("")
        wanted = set()
        for path in first:
            folder = self._git.paths.worktree / path
            if folder.is_dir() and not folder.is_symlink():
                wanted.add(path)
                self._watch(path)
        total = 0
        for directory in walk(self._git, enter=self._watch):
            total += 1
            wanted.add(directory.path)
        for place in [place for place in self._known() if place.path not in wanted]:
            self._remove([place])
        if self.limited:
            self.limited += f": {self.directories} of {total} directories are watched"

    # ---- what inotify calls, in its own thread

    def on_event(self, event: InotifyEvent) -> None:
        """Something happened in a directory, or to it."""
        with self._lock:
            place = self._places.get(event.wd)
        if place is None:
            return
        if event.is_delete_self or event.is_move_self:
            if place == ("worktree", ""):
                self._tell(Message("root"))
            return
        name = os.fsdecode(event.name)
        path = f"{place.path}/{name}" if place.path else name
        if place.top != "worktree":
            about = interesting_to_git(path)
            if about is not None:
                self._tell(Message(about))
            return
        kind = _kind(event)
        topic = interesting(path, kind)
        if topic is None:
            return
        if kind == "directory" and (event.is_moved_from or event.is_delete):
            self._forget(path)
        self._tell(Message(topic, path))

    def on_watch_deleted(self, wd: WatchDescriptor) -> None:
        """A directory is gone, and its watch with it."""
        with self._lock:
            place = self._places.pop(wd, None)
            if place is not None and self._registered[place].descriptor == wd:
                del self._registered[place]

    def on_queue_overflow(self) -> None:
        """More happened than the system keeps."""
        self._tell(Message("overflow"))

    # ---- watches

    def _known(self) -> list[_Place]:
        with self._lock:
            return [place for place in self._registered if place.top == "worktree"]

    def _watch(self, path: str) -> None:
        """Watch a directory of the worktree, if it can be."""
        self._add(_Place("worktree", path), self._git.paths.worktree / path)

    def _add(self, place: _Place, folder: Path) -> bool:
        """Whether a directory is watched now."""
        if self.limited or not os.access(folder, os.R_OK):
            return place in self._registered
        number = CallbackId(next(self._numbers))
        with self._lock:
            if place in self._registered:
                return True
            try:
                descriptor = self._inotify.add_callback(os.fsencode(folder), MASK, self, number)
            except OSError as error:
                if error.errno == errno.ENOSPC:
                    self.limited = "the system grants too few inotify watches"
                return False  # else it is gone meanwhile
            self._places[descriptor] = place
            self._registered[place] = _Registered(descriptor, number)
        return True

    def _forget(self, path: str) -> None:
        """Ends the watches at and below a path of the worktree, all of them for ""."""
        below = f"{path}/" if path else ""
        self._remove([p for p in self._known() if p.path == path or p.path.startswith(below)])

    def _remove(self, places: list[_Place]) -> None:
        with self._lock:
            gone = {
                place: self._registered.pop(place) for place in places if place in self._registered
            }
            for place, registered in gone.items():
                # a directory that was renamed may be watched at its new place already
                if self._places.get(registered.descriptor) == place:
                    del self._places[registered.descriptor]
        self._inotify.remove_callbacks([(each.descriptor, each.callback) for each in gone.values()])


def _kind(event: InotifyEvent) -> Kind:
    if event.is_directory:
        return "directory"
    if event.is_close_write:
        return "closed"
    if event.is_create:
        return "created"
    return "deleted" if event.is_delete else "moved"
