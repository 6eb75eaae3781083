"""Reads and replaces the files of documents, and never more than that.

A path that comes from a database or a tree is hostile until it is opened: no symbolic link is
followed, in any part of it, and nothing but a regular file is read. Replacing is atomic, and
an editor that saves in between is noticed.
"""

from __future__ import annotations

import contextlib
import os
import stat
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from lorefs.core.document import conflict_marker_line
from lorefs.errors import DocumentError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

SIZE_LIMIT: Final = 64 * 1024 * 1024  # bytes

Absence = Literal["missing", "unreadable"]


@dataclass(frozen=True, slots=True)
class Found:
    """A file's bytes and permissions, with the hash by which they are compared."""

    data: bytes
    hash: str
    mode: int


def read(root: Path, document: str) -> Found | Absence:
    """The file of a document.

    "missing" only if its directory could be looked into and the file is not there;
    "unreadable" if that cannot be told. Raises `DocumentError` for what is no regular file
    of a sane size.
    """
    try:
        descriptor = _open(root, document)
    except FileNotFoundError:
        return "missing" if root.is_dir() else "unreadable"
    except (PermissionError, NotADirectoryError):
        return "unreadable"
    except OSError as error:
        raise _refused(document, f"cannot be opened: {error.strerror}") from error
    with open(descriptor, "rb") as file:  # noqa: PTH123 (a descriptor)
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise _refused(document, "is not a regular file")
        if status.st_size > SIZE_LIMIT:
            raise _refused(document, f"is larger than {SIZE_LIMIT:,} bytes")
        data = file.read(status.st_size + 1)
    return Found(data, sha256(data).hexdigest(), stat.S_IMODE(status.st_mode))


def check_place(root: Path, document: str) -> None:
    """Raise `RefusedError` unless a document has its file, or can get one, at its path."""
    if read(root, document) == "unreadable" or not root.joinpath(document).parent.is_dir():
        raise _refused(document, "is in no directory of this worktree", "make the directory first")


def _open(root: Path, document: str) -> int:
    """Opens a file below the root, part by part, so that no link leads out of it."""
    *folders, name = _parts(document)
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
    folder = os.open(root, flags | os.O_DIRECTORY)
    try:
        for part in folders:
            inner = os.open(part, flags | os.O_DIRECTORY, dir_fd=folder)
            os.close(folder)
            folder = inner
        return os.open(name, flags | os.O_NONBLOCK, dir_fd=folder)
    finally:
        os.close(folder)


def _parts(document: str) -> list[str]:
    parts = document.split("/")
    if any(part in {"", ".", "..", ".git"} or "\0" in part for part in parts):
        raise _refused(document, "is not a path inside the worktree")
    return parts


def _refused(
    document: str, cause: str, hint: str = "move it away; lorefs leaves it alone till then"
) -> DocumentError:
    return DocumentError(f"{document} {cause}", path=document, hint=hint)


def check_text(document: str, data: bytes) -> str:
    """The text of a document that may be taken in.

    Raises `DocumentError` with the place for what is not UTF-8, holds NUL, or stands in
    conflict.
    """
    nul = data.find(b"\0")
    if nul >= 0:
        raise DocumentError(
            f"{document} holds a NUL byte",
            path=document,
            offset=nul,
            line=data.count(b"\n", 0, nul) + 1,
            hint="remove the byte; entries stay as they were",
        )
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DocumentError(
            f"{document} is not UTF-8",
            path=document,
            offset=error.start,
            line=data.count(b"\n", 0, error.start) + 1,
            found=repr(data[error.start : error.start + 8]),
            hint="save it as UTF-8; entries stay as they were",
        ) from error
    line = conflict_marker_line(text)
    if line is not None:
        raise DocumentError(
            f"{document} has conflict markers",
            path=document,
            line=line,
            hint="resolve the conflict in an editor; entries stay as they were till then",
        )
    return text


class ChangedMeanwhileError(RefusedError):
    """A file is not what it was when the decision to replace it was made."""


def replace(
    root: Path,
    document: str,
    data: bytes,
    expected: str | None,
    step: Callable[[str], None] = lambda _: None,
) -> None:
    """Put `data` in place of a file whose hash is `expected`, None where there is no file.

    The old file is kept under another name until its hash was checked, so a save that comes
    between the look and the replacement is put back. Raises `ChangedMeanwhileError` then.
    `step` is called with the name of each step, before it is made.
    """
    target = root.joinpath(*_parts(document))
    found = read(root, document)
    mode = found.mode if isinstance(found, Found) else 0o666 & ~_umask()
    if (found.hash if isinstance(found, Found) else None) != expected or found == "unreadable":
        raise _changed(document)
    _remove_orphans(target)
    new = target.with_name(f".{target.name}.lorefs-{os.getpid()}.new")
    old = target.with_name(f".{target.name}.lorefs-{os.getpid()}.old")
    try:
        step("write the new file")
        _write(new, data, mode)
        if expected is None:
            step("link the new file")
            _link_new(new, target, document)
        else:
            step("exchange the files")
            _exchange(new, target, old)
            _check_kept(root, old, target, expected, document)
        step("sync the directory")
        _sync_directory(target.parent)
    finally:
        for leftover in (new, old):
            leftover.unlink(missing_ok=True)


def _remove_orphans(target: Path) -> None:
    """Removes what a killed process left beside the file; its pid is in the name."""
    for orphan in target.parent.glob(f".{target.name}.lorefs-*"):
        pid = orphan.name.rpartition("-")[2].partition(".")[0]
        if pid.isdigit() and not Path("/proc", pid).exists() and Path("/proc").exists():
            orphan.unlink(missing_ok=True)


def _exchange(new: Path, target: Path, old: Path) -> None:
    """Puts the new file in place and the one that stood there, whichever it was, at `old`.

    Linux swaps the two in one step, so that not even a save by renaming is lost. Elsewhere a
    hard link keeps the file that is replaced, which catches saves in place.
    """
    if _swap(new, target):
        new.rename(old)
    else:
        os.link(target, old, follow_symlinks=False)
        new.replace(target)


def _swap(first: Path, second: Path) -> bool:
    """Whether renameat2(2) could exchange two files."""
    import ctypes

    exchange, here = 2, -100  # RENAME_EXCHANGE, AT_FDCWD
    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if renameat2 is None:
        return False
    return bool(renameat2(here, os.fsencode(first), here, os.fsencode(second), exchange) == 0)


def _check_kept(root: Path, old: Path, target: Path, expected: str, document: str) -> None:
    """Puts the replaced file back if an editor had saved it in the last moment."""
    kept = read(root, document.rpartition("/")[0] + "/" * ("/" in document) + old.name)
    if isinstance(kept, Found) and kept.hash != expected:
        old.replace(target)
        raise _changed(document)


def _link_new(new: Path, target: Path, document: str) -> None:
    """Makes a file that was not there; fails if somebody was faster."""
    try:
        os.link(new, target)
    except FileExistsError as error:
        raise _changed(document) from error


def _changed(document: str) -> ChangedMeanwhileError:
    return ChangedMeanwhileError(
        f"{document} changed while it was to be replaced", path=document, hint="try again"
    )


def _write(path: Path, data: bytes, mode: int) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with open(os.open(path, flags, mode), "wb") as file:  # noqa: PTH123 (a descriptor)
        os.fchmod(file.fileno(), mode)
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_directory(folder: Path) -> None:
    with contextlib.suppress(OSError):  # some file systems cannot, and are none the worse
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
