"""Reads what is to be imported: files, directories of notes, databases."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lorefs.errors import RefusedError, UsageError
from lorefs.formats.batch import Batch, Told, gather
from lorefs.formats.record import RECORDS_LIMIT, FormatError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lorefs.formats.batch import Item
    from lorefs.formats.tables import Choice

    Tell = Callable[[int], None]  # hears how many records were read

JSON: Final = "json"
JSONL: Final = "jsonl"
NOTES: Final = "notes"
LOREHUB: Final = "lorehub"
SQLITE: Final = "sqlite"
SQL: Final = "sql"
AGENTS: Final = "agents"
FORMATS: Final = (JSON, JSONL, NOTES, LOREHUB, SQLITE, SQL, AGENTS)

FILE_LIMIT: Final = 256 * 1024 * 1024  # bytes
NOTE_LIMIT: Final = 4 * 1024 * 1024
_SUFFIXES: Final = {
    ".json": JSON, ".jsonl": JSONL, ".ndjson": JSONL, ".sql": SQL,
    ".db": SQLITE, ".sqlite": SQLITE, ".sqlite3": SQLITE,
}  # fmt: skip
_AGENTS_NAME: Final = "AGENTS.md"
_HEADER: Final = b"SQLite format 3\0"


def read_source(path: Path, kind: str | None, choice: Choice, tell: Tell) -> tuple[str, Batch]:
    """The format of what stands at a path, and what it brings.

    Raises `UsageError` where nothing is there or the format cannot be told, `FormatError` for a
    file that is broken as a whole; the records that are broken are errors of the batch.
    """
    if not path.exists():
        raise UsageError("there is no such file", path=str(path), hint="name one that is there")
    kind = kind or _kind(path)
    if kind in {SQLITE, SQL}:
        return kind, _tables(path, kind, choice, tell)
    return kind, gather(_items(path, kind, choice), fold_texts=kind == AGENTS, tell=tell)


def _kind(path: Path) -> str:
    if path.is_dir():
        return NOTES
    if path.name == _AGENTS_NAME:
        return AGENTS
    with path.open("rb") as file:
        start = file.read(4096)
    if start.startswith(_HEADER):
        return SQLITE
    kind = _SUFFIXES.get(path.suffix.lower())
    if kind == JSON and b'"lores"' in start + _end(path):
        return LOREHUB
    if kind is None:
        raise UsageError(
            "its name does not tell its format",
            path=str(path),
            hint=f"say --from {', '.join(FORMATS)}",
        )
    return kind


def _end(path: Path) -> bytes:
    """Some of a file behind its start, where an export may name what it holds."""
    with path.open("rb") as file:
        return file.read(1024 * 1024)


def _items(path: Path, kind: str, choice: Choice) -> Iterator[Item]:
    """What a text brings; the module that reads it is loaded when it is needed."""
    name = str(path)
    if kind == JSON:
        from lorefs.formats.json_text import read_json

        return read_json(read_text(path, FILE_LIMIT), name)
    if kind == JSONL:
        from lorefs.formats.json_text import read_lines

        return read_lines(read_text(path, FILE_LIMIT), name)
    if kind == LOREHUB:
        from lorefs.formats.lorehub import read_lorehub

        return read_lorehub(read_text(path, FILE_LIMIT), name, choice)
    if kind == AGENTS:
        from lorefs.formats.agents import read_agents

        return _each(path, lambda name: name == _AGENTS_NAME, read_agents)
    from lorefs.formats.note import read_notes

    return _each(path, lambda name: name.endswith(".md"), read_notes)


def _tables(path: Path, kind: str, choice: Choice, tell: Tell) -> Batch:
    from lorefs.formats.systems import read_tables
    from lorefs.store.tables import load_dump, open_tables

    if kind == SQLITE:
        with open_tables(path) as tables:
            return gather(read_tables(tables, choice), tell=tell)
    with load_dump(read_text(path, FILE_LIMIT), str(path)) as tables:
        batch = gather(read_tables(tables, choice), tell=tell)
        skipped = tuple((f"not run: {statement}", 1) for statement in tables.left_out)
        return batch._replace(notes=(*batch.notes, *skipped[:20]))


def read_text(path: Path, limit: int) -> str:
    """A file's text; raises `FormatError` for one that is too large, or no UTF-8."""
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise RefusedError(
            f"the file cannot be read: {error.strerror}",
            path=str(path),
            hint="make it accessible, or name another one",
        ) from error
    if len(data) > limit:
        raise FormatError(
            f"the file is larger than {limit // (1024 * 1024)} MB",
            path=str(path),
            hint="split it, and import the parts one by one",
        )
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FormatError(
            f"the file is not UTF-8 at byte {error.start}",
            path=str(path),
            line=line,
            hint="convert it, as `iconv -t UTF-8` does",
        ) from None


def _each(
    top: Path,
    wanted: Callable[[str], bool],
    read: Callable[[Iterator[tuple[str, str]]], Iterator[Item]],
) -> Iterator[Item]:
    """What the files below a directory bring, each read when it is its turn."""
    count = 0
    for path in [top] if not top.is_dir() else _below(top, wanted):
        count += 1
        if count > RECORDS_LIMIT:
            raise FormatError(
                f"there are more than {RECORDS_LIMIT} files", path=str(top), hint="import parts"
            )
        try:
            text = read_text(path, NOTE_LIMIT)
        except FormatError as error:
            yield error
            continue
        name = path.name if path == top else path.relative_to(top).as_posix()
        yield from read(iter([(name, text)]))
    if not count:
        yield Told("the directory holds no such files")


def _below(top: Path, wanted: Callable[[str], bool]) -> Iterator[Path]:
    """The wanted files below a directory, in order; hidden ones and symbolic links are skipped."""
    for directory, names, files in os.walk(top, onerror=partial(_unreadable, top)):
        names[:] = sorted(name for name in names if not name.startswith("."))
        for name in sorted(files):
            path = Path(directory, name)
            if wanted(name) and not name.startswith(".") and not path.is_symlink():
                yield path


def _unreadable(top: Path, error: OSError) -> None:
    raise RefusedError(
        f"a directory cannot be read: {error.strerror}",
        path=str(error.filename or top),
        hint="make it accessible",
    ) from error
