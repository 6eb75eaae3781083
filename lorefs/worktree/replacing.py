"""Replaces the file of a document in two parts: what can fail, and what puts it in place.

A new text is written beside the file first, and is on the disk before anybody is told that it
will come. The exchange itself needs no room. While it happens, whoever opens the file for
writing has to wait, where the system can do that, and what they opened is put back before they
go on. What stood in the file is kept under another name until it was looked at, so that any
other save in the last moment is put back, too:

- `.NAME.lorefs-PID-N.new` holds a new text that is not in place yet, and never anything else;
- `.NAME.lorefs-PID.old` holds a new text just before the exchange, and what it replaced after.

N counts the texts of a process, for its threads; exchanges wait for each other. The names after a
crash are the business of `recovery`.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple

from lorefs.errors import DocumentError, RefusedError, UnwritableError
from lorefs.worktree.folder import folder_of, load_swap, refused
from lorefs.worktree.read import SIZE_LIMIT, Found, look_at, read, read_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from lorefs.worktree.folder import Folder

_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT)
_NUMBERS: Final = itertools.count()
_NO_PLACE: Final = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)


class ChangedMeanwhileError(RefusedError):
    """A file is not what it was when the decision to replace it was made."""


class MissingDirectoryError(UnwritableError):
    """The directory of a document is not in this worktree; lorefs makes none."""


class Staged(NamedTuple):
    """A new text that stands beside its file.

    `expected` is the hash of the file that it may replace, None where there is no file;
    `hash` that of the text itself, `limit` the bytes that a document may have; `number` makes
    its name that of no other.
    """

    root: Path
    document: str
    hash: str
    expected: str | None
    limit: int
    number: int

    @property
    def new(self) -> str:
        """What the file with the text is called."""
        return f"{self._stem}-{self.number}.new"

    @property
    def old(self) -> str:
        """What it is called, and then what it replaced, while the two are exchanged."""
        return f"{self._stem}.old"

    @property
    def _stem(self) -> str:
        return f".{self.document.rpartition('/')[2]}.lorefs-{os.getpid()}"


def _no_step(_: str) -> None:
    pass


def stage(
    root: Path,
    document: str,
    data: bytes,
    expected: str | None,
    step: Callable[[str], None] = _no_step,
    limit: int = SIZE_LIMIT,
) -> Staged:
    """Write a new text beside the file that it is to replace.

    Raises `UnwritableError` where that cannot be done, with nothing left behind, and
    `DocumentError` for a text that could not be read again. `step` is called with the name of
    each step before it is made.
    """
    if len(data) > limit:
        hint = "put entries into other directories, or raise `limits.documentSize`"
        raise refused(document, f"would become larger than {limit:,} bytes", hint)
    staged = Staged(root, document, sha256(data).hexdigest(), expected, limit, next(_NUMBERS))
    step("write the new file")
    with _worded(document), folder_of(root, document) as (folder, name):
        new = staged.new
        folder.remove(new)  # of a killed process that had the same number
        folder.write(new, data, folder.status(name))
    return staged


def discard(staged: Staged) -> None:
    """Remove a staged text that is not wanted any more."""
    with contextlib.suppress(OSError), folder_of(staged.root, staged.document) as (folder, _):
        folder.remove(staged.new)


def put_in_place(staged: Staged, step: Callable[[str], None] = _no_step) -> None:
    """Put a staged text in place of the file whose hash is `staged.expected`.

    Raises `ChangedMeanwhileError` where the file is another by now, and `UnwritableError`;
    then the file is as it was, and the staged text is gone.
    """
    document = staged.document
    try:
        found = read(staged.root, document, staged.limit)
        if found in {"unreadable", "busy"} or _hash(found) != staged.expected:
            raise _changed(document)
        with _worded(document), folder_of(staged.root, document) as (folder, name):
            # what one exchange puts back must not be what another one has just built upon
            folder.hold()
            if staged.expected is None:
                step("link the new file")
                _link_new(folder, staged, name)
            else:
                _exchange(folder, staged, name, step)
            step("sync the directory")
            folder.sync()
    finally:
        discard(staged)


def replace(
    root: Path,
    document: str,
    data: bytes,
    expected: str | None,
    step: Callable[[str], None] = _no_step,
) -> None:
    """Put `data` in place of a file whose hash is `expected`, None where there is no file.

    Raises what `stage` and `put_in_place` raise.
    """
    put_in_place(stage(root, document, data, expected, step), step)


def _hash(found: object) -> str | None:
    return found.hash if isinstance(found, Found) else None


def _link_new(folder: Folder, staged: Staged, name: str) -> None:
    """Makes a file that was not there; fails if somebody was faster."""
    try:
        folder.link(staged.new, name)
    except FileExistsError as error:
        raise _changed(staged.document) from error


def _exchange(folder: Folder, staged: Staged, name: str, step: Callable[[str], None]) -> None:
    """Exchanges the files, and back again if what stood there was not what was expected."""
    old = staged.old
    if folder.status(old) is not None:  # a save that could not be put back when it came
        raise _changed(staged.document)
    load_swap()
    folder.rename(staged.new, old)
    step("exchange the files")
    with contextlib.ExitStack() as opened:
        try:
            found, held = opened.enter_context(look_at(folder, name, staged.document, staged.limit))
            if _hash(found) != staged.expected:
                raise _changed(staged.document)  # noqa: TRY301  # as all that comes before the swap
            step("swap the names")
            _swap(folder, staged, name)
        except FileNotFoundError as error:  # whoever saves it has just taken it away
            folder.remove(old)
            raise _changed(staged.document) from error
        except Exception:
            folder.remove(old)
            raise
        # another file, before anybody reads the new text and builds upon it; and who waits opens
        # what was just replaced, and might read the new text before they write
        if not held.is_of(folder.status(old)) or held.is_awaited():
            put_back(folder, old, name, staged.hash, staged.limit)
            raise _changed(staged.document)
    step("look at the replaced file")
    if not _is_expected(folder, staged, old):
        put_back(folder, old, name, staged.hash, staged.limit)
        raise _changed(staged.document)
    folder.remove(old)


def _swap(folder: Folder, staged: Staged, name: str) -> None:
    """Puts the file called `.old` in place, and gives that name to what it replaces.

    Linux swaps the two in one step, so that not even a save by renaming is lost. Elsewhere a
    hard link keeps the file that is replaced, which catches saves in place.
    """
    new, old = staged.new, staged.old
    if not folder.swap(old, name):
        folder.rename(old, new)
        folder.link(name, old)
        folder.rename(new, name)


def _is_expected(folder: Folder, staged: Staged, old: str) -> bool:
    """Whether what was replaced is what was to be, and not a save, be it one nobody can read."""
    try:
        with look_at(folder, old, staged.document, staged.limit) as (replaced, _):
            return _hash(replaced) == staged.expected
    except (OSError, DocumentError):
        return False


def put_back(folder: Folder, old: str, name: str, written: str, limit: int) -> None:
    """Put a save back that was replaced by a text of lorefs with the hash `written`.

    What comes out of the file then is removed only if it is that text; else it is one more
    save, and stays for the next run to find.
    """
    if not folder.swap(old, name):
        folder.rename(old, name)
    elif _hash(read_in(folder, old, name, limit)) == written:
        folder.remove(old)


def _changed(document: str) -> ChangedMeanwhileError:
    return ChangedMeanwhileError(
        f"{document} changed while it was to be replaced", path=document, hint="try again"
    )


@contextlib.contextmanager
def _worded(document: str) -> Iterator[None]:
    """Says what an `OSError` means for a document that was to be written."""
    try:
        yield
    except OSError as error:
        raise _unwritable(document, error) from error


def _unwritable(document: str, error: OSError) -> UnwritableError:
    folder = document.rpartition("/")[0]
    where = f"the directory {folder}" if folder else "the top of the worktree"
    kind = UnwritableError
    if error.errno in _NO_ROOM:
        cause, hint = "there is no room for it on the disk", "make room there"
    elif error.errno in _NO_PLACE:
        kind = MissingDirectoryError
        cause, hint = "its directory is not there", f"make {where}"
    else:
        cause = os.strerror(error.errno or 0)
        hint = f"make {where} writable for this user"
    words = f"{document} cannot be written: {cause}"
    return kind(words, path=document, hint=f"{hint}, and try again; the file is as it was")
