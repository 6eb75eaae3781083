"""The outbox: rows that other programs changed through SQL, until they are taken in."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lorefs.store.rows import COLUMNS, read_row

if TYPE_CHECKING:
    from sqlite3 import Connection

    from lorefs.core.model import Entry


class ForeignEdit(NamedTuple):
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
        touched = self.connection.execute(
            f"SELECT pk, op, {COLUMNS} FROM outbox ORDER BY pk"
        ).fetchall()
        now = [self._now(pk) for pk, *_ in touched]
        after = {entry.id: entry for entry in now if entry is not None and entry.id}
        edits: list[ForeignEdit] = []
        for _, op, *values in touched:
            if op != "insert":
                row = read_row(values)
                edits.append(ForeignEdit(row.entry, after.pop(row.entry.id, None), row.document))
        # a new row may come without an id; Entry has "" for it then
        added = [each for each in now if each is not None and (not each.id or each.id in after)]
        edits += [ForeignEdit(None, entry, "") for entry in added]
        return [edit for edit in edits if edit.before != edit.after]

    def _now(self, pk: int) -> Entry | None:
        row = self.connection.execute(
            f"SELECT {COLUMNS} FROM entries WHERE pk = ?",
            (pk,),
        ).fetchone()
        return None if row is None else read_row(row).entry

    def revert(self) -> None:
        """Put the rows back to what lorefs last wrote, which is what the index holds.

        The edits are then made again through the document's text, like all others. Revisions
        stay, because somebody may have read them. Must run inside `Store.write`.
        """
        self.connection.execute(
            "UPDATE outbox SET rev = coalesce((SELECT rev FROM entries"
            " WHERE entries.pk = outbox.pk AND entries.id = outbox.id), rev)"
        )
        self.connection.execute("DELETE FROM entries WHERE pk IN (SELECT pk FROM outbox)")
        self.connection.execute(
            f"INSERT INTO entries (pk, {COLUMNS}) SELECT pk, {COLUMNS} FROM outbox"
            " WHERE op != 'insert'"
        )
        self.connection.execute("DELETE FROM outbox")
