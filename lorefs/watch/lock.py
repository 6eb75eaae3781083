"""One watch for a worktree: a lock that the system takes back when its holder dies."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from typing import TYPE_CHECKING, Final

from lorefs.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME: Final = "watch.lock"
PATIENCE: Final = 0.3  # seconds; who only asks whether a watch runs holds the lock for a moment
_PAUSE: Final = 0.02
_NUMBER: Final = 32  # bytes that the number of a process may take


class RunningError(RefusedError):
    """Another watch keeps this worktree; `pid` is its process, 0 if it cannot be told."""

    def __init__(self, pid: int) -> None:
        who = f"process {pid}" if pid else "another process"
        super().__init__(f"{who} watches this worktree already", hint="`lorefs watch stop` ends it")
        self.pid = pid


@contextlib.contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Be the one watch of the worktree whose lorefs directory this is; else RunningError."""
    descriptor = os.open(folder / NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        until = time.monotonic() + PATIENCE
        while not _locked(descriptor, fcntl.LOCK_EX):
            if time.monotonic() > until:
                raise RunningError(_pid(descriptor))
            time.sleep(_PAUSE)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
        os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def holder(folder: Path) -> int | None:
    """The process that watches, 0 if it cannot be told which, None if there is none."""
    try:
        descriptor = os.open(folder / NAME, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        until = time.monotonic() + PATIENCE
        while not _locked(descriptor, fcntl.LOCK_SH):
            pid = _pid(descriptor)
            if pid or time.monotonic() > until:
                return pid
            time.sleep(_PAUSE)  # it has just begun, and says so in a moment
        return None
    finally:
        os.close(descriptor)


def _locked(descriptor: int, kind: int) -> bool:
    """Whether the lock could be had; it goes when the descriptor is closed."""
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _pid(descriptor: int) -> int:
    text = os.pread(descriptor, _NUMBER, 0).decode("ascii", "replace").strip()
    return int(text) if text.isdecimal() else 0
