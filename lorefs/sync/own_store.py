"""The user's own store: one document that all repositories of a user read, and only they."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from lorefs.core import edit
from lorefs.core.document import decode, encode, parse, serialize
from lorefs.core.guests import EVERYWHERE
from lorefs.errors import UnwritableError
from lorefs.sync.guests import read_user
from lorefs.worktree import ChangedMeanwhileError, check_text, put_in_place, stage

if TYPE_CHECKING:
    from pathlib import Path

    from lorefs.core.model import Entry

TRIES: Final = 64  # each time somebody else was faster
_DIRECTORY: Final = 0o700
_FILE: Final = 0o600


def add_everywhere(file: Path, entry: Entry, limit: int) -> None:
    """Add an entry to the user's own store, marked to be shown in all repositories.

    The file and its directories are made, for nobody else to read. A save that comes in between
    is kept, and the entry added to it. Raises `RefusedError` where the store cannot be read or
    written, with nothing changed.
    """
    shown = entry._replace(extra=((EVERYWHERE, "true"),))
    _make(file)
    for attempt in range(TRIES):
        try:
            _add(file, shown, limit)
        except ChangedMeanwhileError:
            if attempt == TRIES - 1:
                raise
        else:
            return


def _add(file: Path, entry: Entry, limit: int) -> None:
    found = read_user(file, limit)
    data = b"" if found is None else found.data
    check_text(str(file), data)
    text = serialize(edit.insert(parse(decode(data)), entry))
    expected = None if found is None else found.hash
    put_in_place(stage(file.parent, file.name, encode(text), expected, limit=limit))


def _make(file: Path) -> None:
    """Make directory and file where they are missing; what is there keeps its permissions."""
    missing = [each for each in (file.parent, *file.parent.parents) if not each.exists()]
    try:
        for folder in reversed(missing):
            folder.mkdir(_DIRECTORY, exist_ok=True)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, _FILE)
        os.close(descriptor)
    except OSError as error:
        raise UnwritableError(
            f"your own store cannot be written: {error.strerror}",
            path=str(file),
            hint="make its directory writable for you, and try again; nothing was changed",
        ) from error
