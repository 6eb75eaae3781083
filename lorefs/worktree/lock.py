"""The lock of whoever replaces files in a worktree, which ends with its process."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from typing import TYPE_CHECKING, Final

from lorefs.errors import RefusedError, UnwritableError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_TRIES: Final = 3000
_PAUSE: Final = 0.01  # seconds


@contextlib.contextmanager
def sole(path: Path, tries: int = _TRIES) -> Iterator[bool]:
    """Hold the lock that a file stands for; False where the file system has no locks.

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
        yield _locked(descriptor, path, tries)
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
    raise RefusedError(
        f"another lorefs holds {path} and does not come to an end",
        hint="end it, and try again; `lorefs doctor` says which it is",
    )
