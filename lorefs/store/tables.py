"""Tables of other programs: a database that is opened to read, or an SQL dump run in memory.

Nothing of such a database is trusted: its views and triggers do not run, and a dump may make
tables and fill them, within bounds.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from lorefs.errors import RefusedError, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

CELL_LIMIT: Final = 8 * 1024 * 1024  # bytes of one value
_MEMORY_LIMIT: Final = 512 * 1024 * 1024  # bytes of a dump's tables
_PAGE: Final = 4096
_STEPS: Final = 1_000_000  # of SQLite's machine between two looks at what a statement does
_LOOKS: Final = 500
_WAL_VERSION: Final = 2  # https://sqlite.org/fileformat.html, at offsets 18 and 19
_HEADER: Final = b"SQLite format 3\0"

_TRIGGER_LIMIT: Final = 20_000  # characters of a trigger, which is skipped whole

# What a dump may ask of SQLite; whatever else it asks is left out and named.
_ALLOWED: Final = frozenset({
    sqlite3.SQLITE_CREATE_TABLE, sqlite3.SQLITE_CREATE_INDEX, sqlite3.SQLITE_INSERT,
    sqlite3.SQLITE_READ, sqlite3.SQLITE_SELECT, sqlite3.SQLITE_TRANSACTION,
    sqlite3.SQLITE_SAVEPOINT, sqlite3.SQLITE_REINDEX, sqlite3.SQLITE_UPDATE,
})  # fmt: skip
_FUNCTIONS: Final = frozenset({"char", "replace", "unistr", "hex", "unhex"})
_READING: Final = frozenset({sqlite3.SQLITE_READ, sqlite3.SQLITE_SELECT, sqlite3.SQLITE_PRAGMA})

# Where a statement can end: a semicolon that stands in no quotes and no comment.
_PIECES: Final = re.compile(
    r"'[^']*(?:'|\Z)|\"[^\"]*(?:\"|\Z)|--[^\n]*|/\*[\s\S]*?(?:\*/|\Z)|(?P<end>;)"
)
_TRIGGER: Final = re.compile(r"\s*CREATE\s+(?:TEMP\w*\s+)?TRIGGER\b", re.IGNORECASE)


class ForeignDatabaseError(StoreError):
    """A database or a dump of another program that cannot be read."""


class ForeignTables:
    """The tables of a database. `left_out` names statements of a dump that did not run."""

    def __init__(self, connection: sqlite3.Connection, path: str) -> None:
        self._connection = connection
        self.path = path
        self.left_out: tuple[str, ...] = ()

    def columns(self) -> dict[str, tuple[str, ...]]:
        """The columns of all tables, by table; views are none."""
        names = self._rows(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            " AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name"
        )
        return {
            str(name): tuple(
                str(row[1]) for row in self._rows(f"PRAGMA table_info({_quoted(name)})")
            )
            for (name,) in names
        }

    def rows(self, table: str, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
        """The rows of a table; columns that it does not have are None."""
        known = set(self.columns().get(table, ()))
        there = [name for name in columns if name in known]
        nothing = dict.fromkeys(columns)
        if not there:
            raise ForeignDatabaseError(
                f"the table {table} has none of the columns it should have",
                path=self.path,
                hint="name the columns with --table and --map",
            )
        names = ", ".join(map(_quoted, there))
        for row in self._rows(f"SELECT {names} FROM {_quoted(table)}"):
            yield {**nothing, **dict(zip(there, row, strict=True))}

    def _rows(self, sql: str) -> Iterator[tuple[Any, ...]]:
        try:
            for row in self._connection.execute(sql):  # noqa: UP028  # that would close the cursor
                yield row
        except (sqlite3.Error, OverflowError) as error:
            raise _unreadable(error, self.path) from error


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _unreadable(error: Exception, path: str) -> ForeignDatabaseError:
    busy = "locked" in str(error)
    return ForeignDatabaseError(
        f"the database cannot be read: {error}",
        path=path,
        hint="end the program that writes to it, and try again" if busy
        else "copy it anew, or look at it with `sqlite3 FILE .tables`",
    )  # fmt: skip


@contextmanager
def open_tables(path: Path) -> Iterator[ForeignTables]:
    """The tables of a database file, opened to read; nothing is written, not even beside it."""
    try:
        with path.open("rb") as file:
            header = file.read(20)
    except OSError as error:
        raise ForeignDatabaseError(
            f"the file cannot be read: {error.strerror}",
            path=str(path),
            hint="make it accessible, or name another one",
        ) from error
    if not header.startswith(_HEADER):
        raise ForeignDatabaseError(
            "this is no SQLite database", path=str(path), hint="name another file, or its format"
        )
    # to read a database in WAL mode that nobody has open, SQLite would make files beside it
    at_rest = header[18] == _WAL_VERSION and not path.with_name(f"{path.name}-wal").exists()
    mode = "immutable=1" if at_rest else "mode=ro"
    uri = f"file:{quote(str(path.absolute()))}?{mode}"
    try:
        connection = sqlite3.connect(uri, uri=True, isolation_level=None)
    except sqlite3.Error as error:
        raise _unreadable(error, str(path)) from error
    with closing(connection):
        _limit(connection)
        try:
            connection.execute("PRAGMA query_only = 1")
            connection.execute("PRAGMA trusted_schema = 0")
            connection.execute("BEGIN")  # one state of it, whoever writes meanwhile
        except sqlite3.Error as error:
            raise _unreadable(error, str(path)) from error
        connection.set_authorizer(_reading_only)
        yield ForeignTables(connection, str(path))


def _limit(connection: sqlite3.Connection) -> None:
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, CELL_LIMIT)
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    connection.text_factory = lambda data: data.decode("utf-8", "replace")


def _reading_only(action: int, one: str | None, two: str | None, *_: object) -> int:
    if action == sqlite3.SQLITE_FUNCTION:
        return sqlite3.SQLITE_OK if two == "like" else sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_PRAGMA:
        return sqlite3.SQLITE_OK if one == "table_info" else sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK if action in _READING else sqlite3.SQLITE_DENY


# ---------------------------------------------------------------- dumps


@contextmanager
def load_dump(text: str, path: str) -> Iterator[ForeignTables]:
    """The tables that an SQL dump makes, in memory.

    Raises `ForeignDatabaseError`, with the line, for a statement that SQLite does not accept.
    """
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        _limit(connection)
        connection.execute(f"PRAGMA max_page_count = {_MEMORY_LIMIT // _PAGE}")
        connection.set_authorizer(_dump_only)
        tables = ForeignTables(connection, path)
        tables.left_out = tuple(_run(connection, text, path))
        connection.set_progress_handler(None, 0)
        connection.set_authorizer(_reading_only)
        yield tables


def _dump_only(action: int, _: str | None, two: str | None, *__: object) -> int:
    if action == sqlite3.SQLITE_FUNCTION:
        return sqlite3.SQLITE_OK if (two or "").lower() in _FUNCTIONS else sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_PRAGMA:  # a dump starts with one that does not matter here
        return sqlite3.SQLITE_IGNORE
    return sqlite3.SQLITE_OK if action in _ALLOWED else sqlite3.SQLITE_DENY


def _run(connection: sqlite3.Connection, text: str, path: str) -> Iterator[str]:
    """Run the statements of a dump; yields the start of those that are not for a dump to make."""
    looks = 0

    def look() -> bool:
        nonlocal looks
        looks += 1
        return looks > _LOOKS

    connection.set_progress_handler(look, _STEPS)
    line = 1
    for statement in _statements(text):
        try:
            connection.execute(statement)
        except (sqlite3.Error, ValueError, OverflowError) as error:
            if "not authorized" in str(error) or "prohibited" in str(error):
                yield " ".join(statement.split())[:60]
            else:
                blank = len(statement) - len(statement.lstrip())
                raise ForeignDatabaseError(
                    f"SQLite does not accept this statement: {error}",
                    path=path,
                    line=line + statement.count("\n", 0, blank),
                    hint="write the dump in SQLite's dialect, as `sqlite3 FILE .dump` does",
                ) from error
        line += statement.count("\n")
    if connection.in_transaction:
        raise RefusedError(
            "the dump ends in the middle of a transaction",
            path=path,
            hint="write it again; it was cut off",
        )


def _statements(text: str) -> Iterator[str]:
    """The statements of a script; what is left at its end is one if it says anything."""
    start = 0
    for piece in _PIECES.finditer(text):
        if piece["end"] is None:
            continue
        statement = text[start : piece.end()]
        short = len(statement) < _TRIGGER_LIMIT
        if short and _TRIGGER.match(statement) and not sqlite3.complete_statement(statement):
            continue
        start = piece.end()
        yield statement
    if text[start:].strip():
        yield text[start:]
