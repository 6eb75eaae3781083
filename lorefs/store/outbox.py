"""The outbox: rows that other programs changed through SQL, until they are taken in."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lorefs.store.rows import COLUMNS, read_entry, read_row

if TYPE_CHECKING:
    from sqlite3 import Connection

    from lorefs.core.model import Entry


@dataclass(frozen=True, slots=True)
class ForeignEdit:
    """What became of one row: from the last state that lorefs wrote to the one found now.

    `document` is that of the row before, "" for a new row.
    """

    pk: int
    before: Entry | None
    after: Entry | None
    document: str


class Outbox:
    """Access to the outbox table."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def __bool__(self) -> bool:
        return self.connection.execute("SELECT 1 FROM outbox LIMIT 1").fetchone() is not None

    def edits(self) -> list[ForeignEdit]:
        """One edit for each row that was touched, however often."""
        first = self.connection.execute(
            "SELECT pk, before FROM outbox WHERE seq IN (SELECT min(seq) FROM outbox GROUP BY pk)"
            " ORDER BY seq"
        ).fetchall()
        return [self._edit(pk, before) for pk, before in first]

    def _edit(self, pk: int, before: str | None) -> ForeignEdit:
        old = None if before is None else json.loads(before)
        row = self.connection.execute(
            f"SELECT {COLUMNS} FROM entries WHERE pk = ?",
            (pk,),
        ).fetchone()
        # a new row may come without an id; Entry has "" for it then
        new = None if row is None else read_row(row).entry
        return ForeignEdit(
            pk, None if old is None else read_entry(old), new, old["document"] if old else ""
        )

    def revert(self) -> None:
        """Put the rows back to what lorefs last wrote, which is what the index holds.

        The edits are then made again through the document's text, like all others. Must run
        inside `Store.write`.
        """
        rows = self.connection.execute(
            "SELECT pk, before FROM outbox WHERE seq IN (SELECT min(seq) FROM outbox GROUP BY pk)"
        ).fetchall()
        for pk, _ in rows:
            self.connection.execute("DELETE FROM entries WHERE pk = ?", (pk,))
        for pk, before in rows:
            if before is not None:
                values = json.loads(before)
                names = ", ".join(values)
                marks = ", ".join("?" * len(values))
                self.connection.execute(
                    f"INSERT INTO entries (pk, {names}) VALUES (?, {marks})",
                    (pk, *values.values()),
                )
        self.connection.execute("DELETE FROM outbox")
