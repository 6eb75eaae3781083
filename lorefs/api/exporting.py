"""Writes entries for other programs: a file, or a directory of notes."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lorefs.core.model import scope_of
from lorefs.errors import RefusedError, UnwritableError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from lorefs.core.model import Entry

JSON: Final = "json"
JSONL: Final = "jsonl"
NOTES: Final = "notes"
SQL: Final = "sql"
FORMATS: Final = (JSON, JSONL, NOTES, SQL)


def export_text(entries: Iterable[Entry], kind: str) -> Iterator[str]:
    """The pieces of an export that is one text; raises `UsageError` for one of notes."""
    if kind == SQL:
        from lorefs.formats.sql import write_sql

        return write_sql(entries)
    from lorefs.formats.json_text import write_json, write_lines

    if kind == NOTES:
        raise UsageError("notes are files", hint="name a directory with -o DIR")
    return write_lines(entries) if kind == JSONL else write_json(entries)


def export_to(
    entries: Sequence[Entry], kind: str, path: Path, *, force: bool, tell: Callable[[int], None]
) -> None:
    """Write an export to a path, all of it or nothing.

    A directory of notes has to be new or empty. Raises `UsageError` for a file that is there
    unless `force` says to replace it, and always for a lore document.
    """
    if scope_of(path.name):
        raise UsageError("this is a lore document", path=str(path), hint="name another file")
    try:
        if kind == NOTES:
            _write_directory(entries, path, tell)
        else:
            _write_file(_told(export_text(entries, kind), tell), path, force=force)
    except OSError as error:
        raise UnwritableError(
            f"the export cannot be written: {error.strerror}",
            path=str(path),
            hint="make room, or name another place",
        ) from error


def _told(pieces: Iterable[str], tell: Callable[[int], None]) -> Iterator[str]:
    for count, piece in enumerate(pieces, 1):
        yield piece
        tell(count)


def _write_file(pieces: Iterable[str], path: Path, *, force: bool) -> None:
    if path.is_dir() or (path.exists() and not force):
        raise UsageError(
            "there is something of this name already",
            path=str(path),
            hint="name another file" if path.is_dir() else "replace it with --force",
        )
    if path.exists() and not path.is_file():  # /dev/stdout and the like
        with path.open("wb") as stream:
            stream.writelines(map(_bytes, pieces))
        return
    number, name = tempfile.mkstemp(".tmp", f".{path.name[:40]}-", path.parent)
    try:
        with open(number, "wb") as file:  # noqa: PTH123  # a descriptor
            file.writelines(map(_bytes, pieces))
        Path(name).chmod(0o666 & ~_umask())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _umask() -> int:
    """The bits that new files of this process do not get; asking means setting it twice."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _bytes(text: str) -> bytes:
    # a lone surrogate, which stands for a byte that is no UTF-8, is JSON's escape of it
    return text.encode("utf-8", "backslashreplace")


def _write_directory(entries: Sequence[Entry], path: Path, tell: Callable[[int], None]) -> None:
    from lorefs.formats.note import note_names, write_note

    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise RefusedError(
            "the directory is not empty", path=str(path), hint="name a new one with -o DIR"
        )
    work = Path(tempfile.mkdtemp(".tmp", f".{path.name[:40]}-", path.parent))
    try:
        for count, (name, entry) in enumerate(note_names(entries), 1):
            note = work / name
            note.parent.mkdir(parents=True, exist_ok=True)
            note.write_bytes(write_note(entry).encode("utf-8", "replace"))
            tell(count)
        work.chmod(0o777 & ~_umask())
        work.replace(path)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise
