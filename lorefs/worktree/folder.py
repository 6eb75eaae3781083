"""The directory of a document, opened below the root so that no link leads out of it.

All that is done to files is done through its descriptor: whoever renames a directory, or puts
a link in its place, changes what a path means, but not what was opened.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import os
import stat
import time
from typing import TYPE_CHECKING, Final, NamedTuple

from lorefs.errors import DocumentError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_LOOK: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
_MAKE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_EXCHANGE: Final = 2  # RENAME_EXCHANGE of renameat2(2)

# An exchange of files takes milliseconds. A directory that others lock for longer is no lock.
_TRIES: Final = 1000
_PAUSE: Final = 0.005  # seconds


class Folder(NamedTuple):
    """An open directory. Every method takes names of files in it and raises `OSError`."""

    descriptor: int

    def open(self, name: str) -> int:
        """A descriptor to read a file by; opening a pipe or a device does not wait."""
        return os.open(name, _LOOK | os.O_NONBLOCK, dir_fd=self.descriptor)

    def status(self, name: str) -> os.stat_result | None:
        """What a name stands for, None for nothing."""
        try:
            return os.stat(name, dir_fd=self.descriptor, follow_symlinks=False)
        except FileNotFoundError:
            return None

    def write(self, name: str, data: bytes, like: os.stat_result | None) -> None:
        """Make a file that is on the disk when this returns, with another one's permissions.

        Nothing is left behind where that fails.
        """
        mode = 0o666 if like is None else stat.S_IMODE(like.st_mode)
        descriptor = os.open(name, _MAKE, mode, dir_fd=self.descriptor)
        try:
            with open(descriptor, "wb") as file:  # noqa: PTH123 (a descriptor)
                if like is not None:
                    _give(descriptor, like)
                    os.fchmod(descriptor, mode)
                file.write(data)
                file.flush()
                os.fsync(descriptor)
        except BaseException:
            self.remove(name)
            raise

    def hold(self) -> None:
        """Have all others who ask for it wait until this is closed, where that is possible."""
        for _ in range(_TRIES):
            try:
                fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(_PAUSE)
            except OSError:
                return
            else:
                return

    def rename(self, old: str, new: str) -> None:
        """Give a file another name, in place of whatever has it."""
        os.rename(old, new, src_dir_fd=self.descriptor, dst_dir_fd=self.descriptor)

    def link(self, old: str, new: str) -> None:
        """Give a file a second name; raises `FileExistsError` where that is taken."""
        here = self.descriptor
        os.link(old, new, src_dir_fd=here, dst_dir_fd=here, follow_symlinks=False)

    def swap(self, first: str, second: str) -> bool:
        """Exchange two files in one step, which Linux can on most file systems."""
        renameat2 = load_swap()
        if renameat2 is None:
            return False
        here = self.descriptor
        done = renameat2(here, os.fsencode(first), here, os.fsencode(second), _EXCHANGE)
        return bool(done == 0)

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name, dir_fd=self.descriptor)

    def names(self) -> list[str]:
        """The names of all that is in it."""
        return os.listdir(self.descriptor)  # noqa: PTH208 (a descriptor)

    def sync(self) -> None:
        """Have the names on the disk, too; some file systems cannot, and are none the worse."""
        with contextlib.suppress(OSError):
            os.fsync(self.descriptor)


@functools.cache
def load_swap() -> Callable[..., int] | None:
    """The system's call for `Folder.swap`; loading it takes longer than the rest of an exchange."""
    import ctypes

    return getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)


def _give(descriptor: int, like: os.stat_result) -> None:
    """Keeps the owner of a file that is replaced, as far as this user may."""
    own = os.fstat(descriptor)
    if (own.st_uid, own.st_gid) != (like.st_uid, like.st_gid):
        with contextlib.suppress(PermissionError):
            os.fchown(descriptor, like.st_uid, like.st_gid)


@contextlib.contextmanager
def folder_of(root: Path, document: str) -> Iterator[tuple[Folder, str]]:
    """The directory of a document and the document's name in it.

    Raises `DocumentError` for a path that is none inside the worktree, and `OSError` where a
    part of it is missing, no directory, or a link.
    """
    *folders, name = _parts(document)
    flags = _LOOK | os.O_DIRECTORY
    descriptor = os.open(root, flags)
    try:
        for part in folders:
            inner = os.open(part, flags, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = inner
        yield Folder(descriptor), name
    finally:
        os.close(descriptor)


def _parts(document: str) -> list[str]:
    parts = document.split("/")
    if any(part in {"", ".", "..", ".git"} or "\0" in part for part in parts):
        raise refused(document, "is not a path inside the worktree")
    return parts


def refused(
    document: str, cause: str, hint: str = "move it away; lorefs leaves it alone till then"
) -> DocumentError:
    """The error for what is no file of a document."""
    return DocumentError(f"{document} {cause}", path=document, hint=hint)
