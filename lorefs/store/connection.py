"""Connections to the database, and what SQLite's errors mean to a person."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from functools import wraps
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar

from lorefs.errors import LorefsError, RefusedError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

P = ParamSpec("P")
T = TypeVar("T")

# While lorefs itself writes, this row of `state` stands in its own transaction, so that it
# alone sees it; the triggers let such writes pass.
GUARD: Final = "writing"

BUSY_TIMEOUT: Final = 30.0  # seconds to wait for another process that writes
_SLICE: Final = 250  # milliseconds of it in which no signal is heard

# How large the WAL grows before it is copied into the database, in pages of 4 KB. A document of
# 10 MB is written whole at each save; by default it would be copied each time, too.
_WAL_PAGES: Final = 8192

_TRIES: Final = 100  # to become the first connection, or to see that another is

# What to do about a result code, or all that share a primary one (https://sqlite.org/rescode.html).
_HINTS: Final = {
    sqlite3.SQLITE_BUSY: "end the program that holds it, and try again",
    sqlite3.SQLITE_LOCKED: "end the program that holds it, and try again",
    sqlite3.SQLITE_FULL: "make room on the disk, and try again",
    sqlite3.SQLITE_IOERR_SHMSIZE: "make room on the disk, and try again",
    sqlite3.SQLITE_IOERR: "look after the disk, and try again",
    sqlite3.SQLITE_READONLY: "make the file and its directory writable, and try again",
    sqlite3.SQLITE_CANTOPEN: "make the file and its directory accessible, and try again",
    sqlite3.SQLITE_PERM: "make the file and its directory accessible, and try again",
}
_BUSY: Final = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_CORRUPT: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_PRIMARY: Final = 0xFF  # of an extended result code


class BusyDatabaseError(StoreError):
    """Another program holds the database."""


class CorruptDatabaseError(StoreError):
    """The file is no database that can be read; it can be rebuilt from files and git."""


def _explaining(method: Callable[P, T]) -> Callable[P, T]:
    """A cursor's method with the errors of `explained`; those of a wrong statement stay."""

    @wraps(method)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return method(*args, **kwargs)
        except (sqlite3.DatabaseError, UnicodeEncodeError) as error:
            explanation = explained(error)
            if explanation is None:
                raise
            raise explanation from error

    return call


class _Cursor(sqlite3.Cursor):
    execute = _explaining(sqlite3.Cursor.execute)
    executemany = _explaining(sqlite3.Cursor.executemany)
    fetchone = _explaining(sqlite3.Cursor.fetchone)
    fetchall = _explaining(sqlite3.Cursor.fetchall)
    __next__ = _explaining(sqlite3.Cursor.__next__)  # type: ignore[arg-type] # of any iterator


class Connection(sqlite3.Connection):
    """A connection that raises `StoreError` for all that is not the statement's own fault."""

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:  # noqa: ANN401
        """Run a statement in a cursor of its own."""
        return super().cursor(_Cursor).execute(sql, parameters)

    def executemany(self, sql: str, parameters: Iterable[Any], /) -> sqlite3.Cursor:
        """Run a statement for each of the parameters, which may be a stream."""
        return super().cursor(_Cursor).executemany(sql, parameters)

    def begin(self) -> None:
        """Begin a transaction that holds the write lock, which may mean to wait for another's.

        While SQLite waits, no signal of this process is heard, so it is asked to wait a little,
        and again. Raises `BusyDatabaseError` after as long as the connection waits elsewhere.
        """
        patience = int(self.execute("PRAGMA busy_timeout").fetchone()[0])
        self.execute(f"PRAGMA busy_timeout = {min(patience, _SLICE)}")
        try:
            for _ in range(patience // _SLICE - 1):
                with suppress(BusyDatabaseError):
                    self.execute("BEGIN IMMEDIATE")
                    return
            self.execute("BEGIN IMMEDIATE")
        finally:
            self.execute(f"PRAGMA busy_timeout = {patience}")


def connect(path: Path) -> Connection:
    """A connection in which nothing is written outside of an explicit transaction.

    Raises `StoreError`, `CorruptDatabaseError` for a file that is no database.
    """
    try:
        connection = sqlite3.connect(
            path, timeout=BUSY_TIMEOUT, isolation_level=None, factory=Connection
        )
    except sqlite3.DatabaseError as error:
        raise explained(error) or error from error
    try:
        _use_wal(connection)
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_WAL_PAGES}")
    except BaseException as error:
        connection.close()
        if isinstance(error, StoreError):
            error.path = str(path)
        raise
    return connection


def _use_wal(connection: Connection) -> None:
    """Switch the database to WAL, which only its first connection really does.

    SQLite does not wait for others there, to avoid deadlocks, but it does for a transaction.
    """
    for _ in range(_TRIES):
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except BusyDatabaseError:
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("ROLLBACK")
    connection.execute("PRAGMA journal_mode = WAL")


def not_of_lorefs(error: sqlite3.DatabaseError) -> CorruptDatabaseError:
    """The error for a database that lorefs did not write, or that was damaged since."""
    return CorruptDatabaseError(
        f"the database cannot be read: {error}",
        hint="run `lorefs rebuild`; entries are restored from files and git",
    )


def explained(error: sqlite3.DatabaseError | UnicodeEncodeError) -> LorefsError | None:
    """What an error means to a person, None if it means that a statement is wrong."""
    if isinstance(error, UnicodeEncodeError):
        return RefusedError(
            "text that is not UTF-8 cannot be stored",
            found=ascii(error.object[error.start : error.start + 8]),
            hint="give the text in UTF-8",
        )
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:  # from Python's module, about a value that it cannot read
        return StoreError(
            f"a row cannot be read: {error}", hint="correct the row with SQL, or delete it"
        )
    primary = code & _PRIMARY
    if primary in _CORRUPT or str(error).startswith("no such table"):
        return not_of_lorefs(error)
    if primary in _HINTS:
        kind = BusyDatabaseError if primary in _BUSY else StoreError
        hint = _HINTS.get(code, _HINTS[primary])
        return kind(f"the database cannot be used: {error}", hint=hint)
    return None
