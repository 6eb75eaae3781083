"""The standings table: what was found out about commits of the sync branch, to go on from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from sqlite3 import Connection

KEPT: Final = 64  # others build on commits about as old; what is older is found out again


class Standings:
    """Access to the standings table; git can always give again what it holds."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def get(self, oid: str) -> str | None:
        """The standing of a commit, as it was put."""
        row = self.connection.execute("SELECT data FROM standings WHERE oid = ?", (oid,)).fetchone()
        return None if row is None else str(row[0])

    def any(self) -> bool:
        """Whether any standing is kept."""
        return self.connection.execute("SELECT 1 FROM standings LIMIT 1").fetchone() is not None

    def all(self) -> dict[str, str]:
        """The standings that are kept, by commit, the newest first."""
        return dict(self.connection.execute("SELECT oid, data FROM standings ORDER BY seq DESC"))

    def put(self, found: Mapping[str, str]) -> None:
        """Keep standings, given in the order of their commits, and let go of the oldest."""
        newest = list(found.items())[-KEPT:]
        self.connection.executemany(
            "INSERT OR REPLACE INTO standings (oid, data) VALUES (?, ?)", newest
        )
        self.connection.execute(
            "DELETE FROM standings WHERE seq <= (SELECT max(seq) FROM standings) - ?", (KEPT,)
        )
