"""The entries table and its full-text index, written in sets and touching only what changed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from lorefs.core.guests import MARK, is_guest
from lorefs.errors import AmbiguousIdError, UnknownEntryError
from lorefs.store.rows import (
    ALL,
    COLUMNS,
    READ_COLUMNS,
    UNAPPROVED,
    Edit,
    Filter,
    Origin,
    Row,
    entry_hash,
    entry_values,
    first_values,
    read_row,
    storable,
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

    def count(self, where: Filter = ALL) -> int:
        """How many entries there are."""
        condition, values = where.where()
        found = self.connection.execute(f"SELECT count(*) FROM entries WHERE {condition}", values)
        return int(found.fetchone()[0])

    def alike(self, ends: Iterable[str], length: int) -> list[str]:
        """The ids, in lower case, that start or end with one of `ends`, all of one length."""
        rows = self.connection.execute(
            "WITH ends (text) AS (SELECT value FROM json_each(?))"
            " SELECT lower(id) FROM entries WHERE substr(lower(id), 1, ?) IN ends"
            " OR substr(lower(id), -?) IN ends",
            (json.dumps(list(ends)), length, length),
        )
        return [str(row[0]) for row in rows]

    def rows(self, where: Filter = ALL) -> list[Row]:
        """The rows of a filter, by path, category and title."""
        condition, values = where.where()
        found = self.connection.execute(
            f"SELECT {READ_COLUMNS} FROM entries WHERE {condition}"
            " ORDER BY path, category, title COLLATE NOCASE, id",
            values,
        )
        return [read_row(row) for row in found]

    def get(self, ident: str) -> Row | None:
        """The row with an id, None if there is none."""
        found = self.connection.execute(
            f"SELECT {READ_COLUMNS} FROM entries WHERE id = ?",
            (ident,),
        ).fetchone()
        return None if found is None else read_row(found)

    def own(self, ident: str) -> Row | None:
        """The row with an id, None if there is none or it is a guest."""
        row = self.get(ident)
        return None if row is None or is_guest(row.document) else row

    def owners(self, ids: Iterable[str]) -> dict[str, str]:
        """The documents of this repository that hold the rows of some ids, by id.

        Ids without a row, and those of guests, are left out.
        """
        if self.connection.execute("SELECT 1 FROM entries LIMIT 1").fetchone() is None:
            return {}  # before a first ingest, of all ids
        rows = self.connection.execute(
            "SELECT id, document FROM entries WHERE id IN (SELECT value FROM json_each(?))"
            f" AND instr(document, '{MARK}') = 0",
            (json.dumps(list(ids)),),
        )
        return dict(rows)

    def resolve(self, reference: str) -> Row:
        """The row whose id is, starts or ends with `reference`.

        Raises `UnknownEntryError` and `AmbiguousIdError`, which lists the candidates.
        """
        text = storable(reference)
        exact = self.get(text) or self.get(text.lower())
        if exact is not None:
            return exact
        found = self._fitting(text.lower()) if text else []
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

    def _fitting(self, text: str) -> list[str]:
        """The ids that start or end with a text in lower case."""
        rows = self.connection.execute(
            "SELECT id FROM entries WHERE substr(lower(id), 1, ?) = ?"
            " OR substr(lower(id), -?) = ? ORDER BY id",
            (len(text), text, len(text), text),
        )
        return [str(row[0]) for row in rows]

    def add(self, entries: Iterable[tuple[Entry, str]], origin: Origin) -> int:
        """Insert rows (entry, document) and index them; their `rev` starts at the epoch.

        Rows are streamed; see `bulk` for many. Returns the number behind which their primary keys
        lie. Must run inside `Store.write`, as `change` must.
        """
        last, epoch = self.connection.execute(
            "SELECT (SELECT coalesce(max(pk), 0) FROM entries), CAST(value AS INTEGER)"
            " FROM state WHERE key = 'epoch'"
        ).fetchone()
        self.connection.executemany(
            f"INSERT INTO entries ({COLUMNS}) VALUES ({_MARKS})",
            (first_values(entry, document, epoch, origin) for entry, document in entries),
        )
        self._index("pk > ?", (last,))
        return int(last)

    def change(self, edits: Sequence[Edit], origin: Origin) -> None:
        """Update and delete rows that are there, and index them."""
        if edits:
            self._write_changed(edits, origin)

    def _write_changed(self, edits: Sequence[Edit], origin: Origin) -> None:
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
        if gone:
            # an entry that comes back must not get a revision that it once had
            self.connection.execute(
                "UPDATE state SET value = max(CAST(value AS INTEGER), (SELECT max(rev) + 1"
                " FROM entries WHERE id IN (SELECT id FROM temp.touched))) WHERE key = 'epoch'"
            )
        self.connection.executemany("DELETE FROM entries WHERE id = ?", gone)
        for edit in edits:
            if edit.after is not None:
                self._update(edit.document, edit.after, origin)
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

    def mark(self, unapproved: Iterable[str]) -> None:
        """Say in the rows which of them nobody entitled has approved: these, and no others."""
        idents = json.dumps(list(unapproved))
        self.connection.execute(
            "UPDATE entries SET standing = '' WHERE standing != ''"
            " AND id NOT IN (SELECT value FROM json_each(?))",
            (idents,),
        )
        self.connection.execute(
            "UPDATE entries SET standing = ? WHERE id IN (SELECT value FROM json_each(?))"
            " AND standing = ''",
            (UNAPPROVED, idents),
        )

    def _index(self, condition: str, values: tuple[object, ...]) -> None:
        self.connection.execute(
            f"INSERT INTO entries_fts (rowid, {_INDEXED})"
            f" SELECT pk, {_INDEXED} FROM entries WHERE {condition}",
            values,
        )
