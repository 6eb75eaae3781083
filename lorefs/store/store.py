"""The database: one connection, one writer at a time, and the tables behind it."""

from __future__ import annotations

from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Self

from lorefs.store.bulk import bulk
from lorefs.store.candidates import Candidates
from lorefs.store.connection import BUSY_TIMEOUT, GUARD, BusyDatabaseError, connect
from lorefs.store.copies import Copies
from lorefs.store.documents import Documents
from lorefs.store.entries import Entries
from lorefs.store.guests import Guests
from lorefs.store.ledger import Ledger
from lorefs.store.log import Log
from lorefs.store.outbox import Outbox
from lorefs.store.reads import Reads
from lorefs.store.remotes import Remotes
from lorefs.store.schema import migrate
from lorefs.store.search import Search
from lorefs.store.standings import Standings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from lorefs.store.backups import Backups


class Store:
    """The database of one worktree.

    Reading needs nothing; writing happens inside `with store.write():`, which is the one
    lock between processes. Raises `CorruptDatabaseError` where the file cannot be read and
    `NewerDatabaseError` where a later version has changed it.
    """

    def __init__(self, path: Path) -> None:
        self.connection = connect(path)
        try:
            migrate(self.connection)
        except BaseException:
            self.connection.close()
            raise
        self.entries = Entries(self.connection)
        self.documents = Documents(self.connection)
        self.copies = Copies(self.connection)
        self.log = Log(self.connection)
        self.outbox = Outbox(self.connection)
        self.ledger = Ledger(self.connection)
        self.search = Search(self.connection)
        self.candidates = Candidates(self.connection)
        self.guests = Guests(self.connection, self.entries)
        self.reads = Reads(self.connection, path.parent)
        self.remotes = Remotes(self.connection)
        self.standings = Standings(self.connection)

    @cached_property
    def backups(self) -> Backups:
        """What the backup of personal documents holds; few commands ask."""
        from lorefs.store.backups import Backups

        return Backups(self.connection)

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
        self.connection.begin()
        try:
            # tells the triggers that this is no foreign write
            self.connection.execute("INSERT INTO state VALUES (?, '')", (GUARD,))
            yield
            self.connection.execute("DELETE FROM state WHERE key = ?", (GUARD,))
            self.connection.execute("COMMIT")
        except BaseException:
            if self.connection.in_transaction:  # some errors have rolled it back already
                self.connection.execute("ROLLBACK")
            raise

    def shrink(self) -> None:
        """Let go of the pages that are kept in memory; who reads on fetches them again."""
        self.connection.execute("PRAGMA shrink_memory")

    def adding(self, number: int) -> AbstractContextManager[None]:
        """So many entries are added inside, which is cheaper so; inside of `write`."""
        return bulk(self.connection, number)

    def add_reads_up(self) -> None:
        """Add up what was noted of reads; left for another time where somebody else writes."""
        self.connection.execute("PRAGMA busy_timeout = 0")
        try:
            with self.write():
                files = self.reads.take()
        except BusyDatabaseError:
            return
        finally:
            self.connection.execute(f"PRAGMA busy_timeout = {int(BUSY_TIMEOUT * 1000)}")
        for file in files:
            file.unlink(missing_ok=True)

    def state(self, key: str) -> str | None:
        """A value that is kept between runs."""
        row = self.connection.execute("SELECT value FROM state WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    def set_state(self, key: str, value: str) -> None:
        """Keep a value between runs."""
        self.connection.execute("INSERT OR REPLACE INTO state VALUES (?, ?)", (key, value))

    def drop_state(self, key: str) -> None:
        """Keep a value no longer."""
        self.connection.execute("DELETE FROM state WHERE key = ?", (key,))

    @property
    def data_version(self) -> int:
        """A number that changes when another connection has committed."""
        return int(self.connection.execute("PRAGMA data_version").fetchone()[0])
