"""The lock of whoever replaces files in a worktree, which ends with its process."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from typing import TYPE_CHECKING, Final, NamedTuple

from lorefs.errors import RefusedError, UnwritableError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_TRIES: Final = 3000
_PAUSE: Final = 0.01  # seconds
_NUMBER: Final = 32  # bytes that the number of a process may take


class Hold(NamedTuple):
    """A lock that is held: `alone` unless the file system has none.

    `killed` says that who held it last did not come to its end.
    """

    alone: bool
    killed: bool


@contextlib.contextmanager
def sole(path: Path, tries: int = _TRIES) -> Iterator[Hold]:
    """Hold the lock that a file stands for; the file holds the process's number meanwhile.

    Waits for another process, half a minute by default. Raises `RefusedError` if that does
    not end, and `UnwritableError` if the file cannot be made.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
    except OSError as error:
        raise UnwritableError(
            f"{path} cannot be opened: {error.strerror}",
            hint="make its directory writable for this user, and try again",
        ) from error
    try:
        alone = _locked(descriptor, path, tries)
        killed = os.fstat(descriptor).st_size > 0
        with contextlib.suppress(OSError):  # a full disk
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        try:
            yield Hold(alone, killed)
        finally:
            os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def _locked(descriptor: int, path: Path, tries: int) -> bool:
    for _ in range(tries):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_PAUSE)
        except OSError:
            return False
        else:
            return True
    holder = os.pread(descriptor, _NUMBER, 0).decode("ascii", "replace").strip()
    raise RefusedError(
        f"another lorefs (process {holder or 'unknown'}) writes files and does not come to an end",
        path=str(path),
        hint="end it, and try again",
    )
