"""Reads the file of a document, whole: not while another program is writing it."""

from __future__ import annotations

import contextlib
import os
import stat
import time
from hashlib import sha256
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from lorefs.worktree.folder import folder_of, refused
from lorefs.worktree.lease import lease

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from lorefs.worktree.folder import Folder
    from lorefs.worktree.lease import Lease

SIZE_LIMIT: Final = 16 << 20  # bytes, where the configuration does not say otherwise

# A save in place takes milliseconds. A program that keeps the file open is not waited for.
_LOOKS: Final = 20
_PAUSE: Final = 0.01  # seconds

Absence = Literal["missing", "unreadable", "busy"]


class Found(NamedTuple):
    """A file's bytes and permissions, with the hash by which they are compared."""

    data: bytes
    hash: str
    mode: int


def read(root: Path, document: str, limit: int = SIZE_LIMIT) -> Found | Absence:
    """The file of a document, which may have `limit` bytes.

    "missing" only if its directory could be looked into and the file is not there;
    "unreadable" if that cannot be told; "busy" if another program has it open for writing
    and does not come to an end. Raises `DocumentError` for what is no regular file of a sane
    size.
    """
    try:
        with folder_of(root, document) as (folder, name):
            return read_in(folder, name, document, limit)
    except FileNotFoundError:
        return "missing" if root.is_dir() else "unreadable"
    except (PermissionError, NotADirectoryError):
        return "unreadable"
    except OSError as error:
        raise refused(document, f"cannot be opened: {error.strerror}") from error


def wait_for(root: Path, documents: Iterable[str]) -> None:
    """Give editors a moment to put files back that were there lately and are missing now.

    Those that keep a backup rename the file, and have the new one in its place right after.
    """
    files = [root / document for document in documents]
    for _ in range(_LOOKS if files else 0):
        if all(os.path.lexists(file) for file in files):
            return
        time.sleep(_PAUSE)


def read_in(folder: Folder, name: str, document: str, limit: int) -> Found | Literal["busy"]:
    """A file of an open directory; `document` is what errors call it.

    Raises `OSError` where it cannot be opened.
    """
    for look in range(_LOOKS):
        if look:
            time.sleep(_PAUSE)
        # opened anew each time: whoever saves may put another file in place
        with look_at(folder, name, document, limit) as (found, held):
            pass
        # where nothing is known of writers, an empty file is looked at twice
        if found is not None and (found.data or held.granted or look):
            return found
    return "busy"


@contextlib.contextmanager
def look_at(
    folder: Folder, name: str, document: str, limit: int
) -> Iterator[tuple[Found | None, Lease]]:
    """A file as it is now, None while another program is writing it, and a lease on it.

    Raises what `read_in` raises.
    """
    descriptor = folder.open(name)
    with open(descriptor, "rb") as file:  # noqa: PTH123 (a descriptor)
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise refused(document, "is not a regular file")
        if status.st_size > limit:
            hint = "make it smaller, or raise `limits.documentSize` in `.lorefs.toml`"
            raise refused(document, f"is larger than {limit:,} bytes", hint)
        with lease(descriptor) as held:
            data = b"" if held.granted is False else file.read(status.st_size + 1)
            whole = _unchanged(status, os.fstat(descriptor)) and len(data) == status.st_size
            if held.granted is False or not whole:
                yield None, held
            else:
                mode = stat.S_IMODE(status.st_mode)
                yield Found(data, sha256(data).hexdigest(), mode), held


def _unchanged(before: os.stat_result, after: os.stat_result) -> bool:
    return (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns)


def check_place(root: Path, document: str) -> None:
    """Raise `RefusedError` unless a document has its file, or can get one, at its path."""
    if read(root, document) == "unreadable" or not root.joinpath(document).parent.is_dir():
        raise refused(document, "is in no directory of this worktree", "make the directory first")
