"""The database: one connection, one writer at a time, and the tables behind it."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Self

from lorefs.errors import StoreError
from lorefs.store.documents import Documents
from lorefs.store.entries import Entries
from lorefs.store.ledger import Ledger
from lorefs.store.log import Log
from lorefs.store.outbox import Outbox
from lorefs.store.schema import migrate
from lorefs.store.search import Search

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BUSY_TIMEOUT: Final = 30.0  # seconds to wait for another process that writes


class CorruptDatabaseError(StoreError):
    """The file is no database that can be read; it can be rebuilt from files and git."""


class Store:
    """The database of one worktree.

    Reading needs nothing; writing happens inside `with store.write():`, which is the one
    lock between processes. Raises `CorruptDatabaseError` where the file cannot be read and
    `NewerDatabaseError` where a later version has changed it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self.connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT, isolation_level=None)
            self.connection.execute("PRAGMA journal_mode = WAL")
            self.connection.execute("PRAGMA synchronous = NORMAL")
            migrate(self.connection)
        except sqlite3.DatabaseError as error:
            raise _error(path, error) from error
        self.entries = Entries(self.connection)
        self.documents = Documents(self.connection)
        self.log = Log(self.connection)
        self.outbox = Outbox(self.connection)
        self.ledger = Ledger(self.connection)
        self.search = Search(self.connection)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; what was committed is on disk."""
        self.connection.close()

    @contextmanager
    def write(self) -> Iterator[None]:
        """A transaction that holds the write lock; rolled back if anything is raised."""
        try:
            self.connection.execute("BEGIN IMMEDIATE")
        except sqlite3.DatabaseError as error:
            raise _error(self.path, error) from error
        try:
            # tells the triggers that this is no foreign write
            self.connection.execute("INSERT INTO state VALUES ('writing', '1')")
            yield
            self.connection.execute("DELETE FROM state WHERE key = 'writing'")
            self.connection.execute("COMMIT")
        except BaseException as error:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            if isinstance(error, sqlite3.DatabaseError):
                raise _error(self.path, error) from error
            raise

    def state(self, key: str) -> str | None:
        """A value that is kept between runs."""
        row = self.connection.execute("SELECT value FROM state WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    def set_state(self, key: str, value: str) -> None:
        """Keep a value between runs."""
        self.connection.execute("INSERT OR REPLACE INTO state VALUES (?, ?)", (key, value))

    @property
    def data_version(self) -> int:
        """A number that changes when another connection has committed."""
        return int(self.connection.execute("PRAGMA data_version").fetchone()[0])


def _error(path: Path, error: sqlite3.DatabaseError) -> StoreError:
    """A database error as a fact: broken for good, or just not now."""
    now = isinstance(error, sqlite3.OperationalError) and "malformed" not in str(error)
    if now:
        return StoreError(
            f"the database cannot be used: {error}",
            path=str(path),
            hint="end the program that holds it, or make room on the disk, and try again",
        )
    return CorruptDatabaseError(
        f"the database cannot be read: {error}",
        path=str(path),
        hint="run `lorefs rebuild`; entries are restored from files and git",
    )
