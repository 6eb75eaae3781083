"""The entries table and its full-text index, written in sets and touching only what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lorefs.errors import AmbiguousIdError, UnknownEntryError
from lorefs.store.rows import (
    ALL,
    COLUMNS,
    Edit,
    Filter,
    Origin,
    Row,
    entry_hash,
    entry_values,
    first_values,
    read_row,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from sqlite3 import Connection

    from lorefs.core.model import Entry

_MARKS: Final = ", ".join("?" * len(COLUMNS.split(", ")))
_INDEXED: Final = "title, content, category, tags"


class Entries:
    """Access to the entries table."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def count(self) -> int:
        """How many entries there are."""
        return int(self.connection.execute("SELECT count(*) FROM entries").fetchone()[0])

    def rows(self, where: Filter = ALL) -> list[Row]:
        """The rows of a filter, by path, category and title."""
        condition, values = where.where()
        found = self.connection.execute(
            f"SELECT {COLUMNS} FROM entries WHERE {condition}"
            " ORDER BY path, category, title COLLATE NOCASE, id",
            values,
        )
        return [read_row(row) for row in found]

    def get(self, ident: str) -> Row | None:
        """The row with an id, None if there is none."""
        found = self.connection.execute(
            f"SELECT {COLUMNS} FROM entries WHERE id = ?",
            (ident,),
        ).fetchone()
        return None if found is None else read_row(found)

    def resolve(self, reference: str) -> Row:
        """The row whose id is, starts or ends with `reference`.

        Raises `UnknownEntryError` and `AmbiguousIdError`, which lists the candidates.
        """
        exact = self.get(reference) or self.get(reference.lower())
        if exact is not None:
            return exact
        text = reference.lower()
        found = [
            str(row[0])
            for row in self.connection.execute(
                "SELECT id FROM entries WHERE substr(lower(id), 1, ?) = ?"
                " OR substr(lower(id), -?) = ? ORDER BY id",
                (len(text), text, len(text), text),
            )
            if text
        ]
        if not found:
            raise UnknownEntryError(
                f"no entry has an id that starts or ends with {reference!r}",
                found=reference,
                hint="list the entries with `lorefs list`",
            )
        row = self.get(found[0])
        if len(found) > 1 or row is None:
            raise AmbiguousIdError(
                f"{reference!r} fits {len(found)} entries",
                candidates=tuple(found),
                hint="give more characters of the id",
            )
        return row

    def write(self, document: str, edits: Iterable[Edit], origin: Origin, epoch: int) -> None:
        """Insert, update and delete rows of one document, and index them.

        A new row starts at `rev` = `epoch`. Must run inside `Store.write`.
        """
        added: list[tuple[object, ...]] = []
        changed: list[Edit] = []
        for edit in edits:
            if edit.before is None and edit.after is not None:
                added.append(first_values(edit.after, document, epoch, origin))
            else:
                changed.append(edit)
        if changed:
            self._write_changed(document, changed, origin)
        if added:
            last = self.connection.execute("SELECT max(pk) FROM entries").fetchone()[0] or 0
            self.connection.executemany(
                f"INSERT INTO entries ({COLUMNS}) VALUES ({_MARKS})",
                added,
            )
            self._index("pk > ?", (last,))

    def _write_changed(self, document: str, edits: Sequence[Edit], origin: Origin) -> None:
        ids = [(edit.before.id,) for edit in edits if edit.before is not None]
        self.connection.execute("CREATE TEMP TABLE IF NOT EXISTS touched (id TEXT PRIMARY KEY)")
        self.connection.execute("DELETE FROM temp.touched")
        self.connection.executemany("INSERT OR IGNORE INTO temp.touched VALUES (?)", ids)
        self.connection.execute(
            f"INSERT INTO entries_fts (entries_fts, rowid, {_INDEXED})"
            f" SELECT 'delete', pk, {_INDEXED} FROM entries"
            " WHERE id IN (SELECT id FROM temp.touched)"
        )
        gone = [(edit.before.id,) for edit in edits if edit.before and edit.after is None]
        self.connection.executemany("DELETE FROM entries WHERE id = ?", gone)
        for edit in edits:
            if edit.after is not None:
                self._update(document, edit.after, origin)
        self._index("id IN (SELECT id FROM temp.touched)", ())

    def _update(self, document: str, entry: Entry, origin: Origin) -> None:
        values = entry_values(entry)
        columns = ", ".join(f"{name} = ?" for name in values)
        self.connection.execute(
            f"UPDATE entries SET {columns}, document = ?, rev = rev + 1, hash = ?,"
            " updated_at = ?, updated_by = ? WHERE id = ?",
            (
                *values.values(),
                document,
                entry_hash(entry),
                origin.at,
                origin.actor,
                entry.id,
            ),
        )

    def _index(self, condition: str, values: tuple[object, ...]) -> None:
        self.connection.execute(
            f"INSERT INTO entries_fts (rowid, {_INDEXED})"
            f" SELECT pk, {_INDEXED} FROM entries WHERE {condition}",
            values,
        )
