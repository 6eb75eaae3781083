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
    """What became of one entry: from the last state that lorefs wrote to the one found now.

    `document` is that of the row before, "" for a new row.
    """

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
        """What became of the entries that were touched, one edit for each that is another now.

        Entries are told apart by their ids, because a row that was replaced has another key,
        and a key that became free may belong to another entry.
        """
        rows = self._touched()
        now = [self._now(pk) for pk, _ in rows]
        after = {entry.id: entry for entry in now if entry is not None and entry.id}
        edits: list[ForeignEdit] = []
        for _, before in rows:
            if before is not None:
                values = json.loads(before)
                old = read_entry(values)
                edits.append(ForeignEdit(old, after.pop(old.id, None), values["document"]))
        # a new row may come without an id; Entry has "" for it then
        added = [
            entry for entry in now if entry is not None and (not entry.id or entry.id in after)
        ]
        edits += [ForeignEdit(None, entry, "") for entry in added]
        return [edit for edit in edits if edit.before != edit.after]

    def _touched(self) -> list[tuple[int, str | None]]:
        """The keys of the rows that were touched, with the rows as they were before."""
        return self.connection.execute(
            "SELECT pk, before FROM outbox WHERE seq IN (SELECT min(seq) FROM outbox GROUP BY pk)"
            " ORDER BY seq"
        ).fetchall()

    def _now(self, pk: int) -> Entry | None:
        row = self.connection.execute(
            f"SELECT {COLUMNS} FROM entries WHERE pk = ?",
            (pk,),
        ).fetchone()
        return None if row is None else read_row(row).entry

    def revert(self) -> None:
        """Put the rows back to what lorefs last wrote, which is what the index holds.

        The edits are then made again through the document's text, like all others. Must run
        inside `Store.write`.
        """
        rows = self._touched()
        self.connection.executemany(
            "DELETE FROM entries WHERE pk = ?",
            ((pk,) for pk, _ in rows),
        )
        for pk, before in rows:
            if before is not None:
                values = {"pk": pk, **json.loads(before)}
                marks = ", ".join("?" * len(values))
                self.connection.execute(
                    f"INSERT INTO entries ({', '.join(values)}) VALUES ({marks})",
                    tuple(values.values()),
                )
        self.connection.execute("DELETE FROM outbox")
