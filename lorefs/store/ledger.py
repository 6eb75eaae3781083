"""The conflict ledger: what automatic resolutions discarded, until somebody looked at it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lorefs.core.ledger import Discard, record_id

if TYPE_CHECKING:
    from collections.abc import Iterable
    from sqlite3 import Connection


class Record(NamedTuple):
    """One record. Times are milliseconds since 1970; `resolved_at` is None while it is open."""

    id: str
    discard: Discard
    merge_commit: str
    recorded_at: int
    resolved_at: int | None


class Ledger:
    """Access to the conflicts table."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def record(self, discards: Iterable[Discard], at: int, merge_commit: str = "") -> list[str]:
        """File records; one that is known already stays as it is. Returns the new ids."""
        rows = [
            (record_id(discard), *discard, merge_commit, at, at if discard.closed else None)
            for discard in discards
        ]
        return [
            str(row[0])
            for row in rows
            if self.connection.execute(
                "INSERT OR IGNORE INTO conflicts (id, entry, field, base, ours, theirs, chosen,"
                " reason, merge_commit, recorded_at, resolved_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                row,
            ).rowcount
        ]

    def close(self, record: str, at: int) -> None:
        """Note that somebody settled a record."""
        self.connection.execute("UPDATE conflicts SET resolved_at = ? WHERE id = ?", (at, record))

    def reopen(self, record: str) -> None:
        """Note that the settlement of a record was taken back."""
        self.connection.execute("UPDATE conflicts SET resolved_at = NULL WHERE id = ?", (record,))

    def ids(self) -> list[str]:
        """The ids of all records, oldest first."""
        rows = self.connection.execute("SELECT id FROM conflicts ORDER BY recorded_at, id")
        return [str(row[0]) for row in rows]

    def is_open(self) -> bool:
        """Whether any record is open."""
        query = "SELECT 1 FROM conflicts WHERE resolved_at IS NULL LIMIT 1"
        return self.connection.execute(query).fetchone() is not None

    def records(self, *, open_only: bool = False) -> list[Record]:
        """The records, newest first."""
        condition = "WHERE resolved_at IS NULL" if open_only else ""
        rows = self.connection.execute(
            "SELECT id, merge_commit, recorded_at, resolved_at, entry, field, base, ours, theirs,"
            f" chosen, reason FROM conflicts {condition}"
            " ORDER BY recorded_at DESC, id"
        )
        return [Record(row[0], Discard(*row[4:]), row[1], row[2], row[3]) for row in rows]
