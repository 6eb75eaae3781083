"""The log: append-only, a line for each field that changed."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from lorefs.core.model import Entry
from lorefs.store.rows import COLUMNS as ROW
from lorefs.store.rows import Change, Edit, Origin, entry_values, read_row, storable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from sqlite3 import Connection

COLUMNS: Final = (
    "seq, batch, entry, op, field, before, after, source, actor, at, device, session, hash, rev"
)
_NEW: Final = (
    "INSERT INTO changes (batch, entry, op, field, before, after, source, actor, device, session,"
    " at, hash, rev) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
    " coalesce((SELECT rev FROM entries WHERE id = ?), 0))"
)


# When entries were touched last; a confirmation or dismissal that was undone is none.
TOUCHED: Final = (
    # most lines are those of a first ingest, and an index would visit each
    "SELECT entry, max(at) FROM changes NOT INDEXED WHERE op IN ({})"
    " AND (op NOT IN ('confirm', 'dismiss')"
    " OR batch NOT IN (SELECT after FROM changes WHERE op = 'undo')) GROUP BY entry"
)
CHANGED_OR_CONFIRMED: Final = TOUCHED.format("'add', 'edit', 'confirm'")


class Log:
    """Access to the changes table."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def append(self, edits: Iterable[Edit], origin: Origin) -> int:
        """Record what changes; returns how many lines were written."""
        lines = (_line(change, origin) for edit in edits for change in _changes(edit))
        return self.connection.executemany(_NEW, lines).rowcount

    def append_ingest(self, last: int, origin: Origin) -> None:
        """Record the first sight of all rows behind a primary key; their texts stay there."""
        self.connection.execute(
            "INSERT INTO changes (batch, entry, op, source, actor, device, session, at, hash, rev)"
            " SELECT ?, id, 'ingest', ?, ?, ?, ?, ?, hash, rev FROM entries WHERE pk > ?",
            (
                origin.batch,
                origin.source,
                origin.actor,
                origin.device,
                origin.session,
                origin.at,
                last,
            ),
        )

    def changes(
        self, *, entry: str | None = None, limit: int | None = None, since: int = 0
    ) -> list[Change]:
        """The newest changes first, of one entry or of all."""
        condition = "seq > ?" + (" AND entry = ?" if entry is not None else "")
        values: list[object] = [since, *([entry] if entry is not None else [])]
        rows = self.connection.execute(
            f"SELECT {COLUMNS} FROM changes WHERE {condition} ORDER BY seq DESC LIMIT ?",
            (*values, -1 if limit is None else limit),
        )
        return [Change(*row) for row in rows]

    def append_added(self, last: int, origin: Origin) -> None:
        """Record rows behind a primary key as added, with all their values."""
        rows = self.connection.execute(f"SELECT {ROW} FROM entries WHERE pk > ?", (last,))
        self.append([Edit(None, read_row(row).entry) for row in rows.fetchall()], origin)

    def since(self, position: int, limit: int | None = None) -> list[Change]:
        """The lines behind a line, the oldest first."""
        rows = self.connection.execute(
            f"SELECT {COLUMNS} FROM changes WHERE seq > ? ORDER BY seq LIMIT ?",
            (position, -1 if limit is None else limit),
        )
        return [Change(*row) for row in rows]

    def last(self) -> int:
        """The number of the newest line, 0 for an empty log."""
        row = self.connection.execute("SELECT coalesce(max(seq), 0) FROM changes").fetchone()
        return int(row[0])

    def resolved(self, since: int) -> list[str]:
        """The records of the ledger that were settled behind a line."""
        rows = self.connection.execute(
            "SELECT DISTINCT after FROM changes WHERE op = 'resolve' AND seq > ?"
            " AND batch NOT IN (SELECT after FROM changes WHERE op = 'undo') ORDER BY seq",
            (since,),
        )
        return [str(row[0]) for row in rows]

    def reopened(self, since: int) -> list[str]:
        """The records of the ledger whose settlement was undone behind a line."""
        rows = self.connection.execute(
            # few lines are behind that one, so these are looked at first
            "SELECT DISTINCT settled.after FROM changes AS undone CROSS JOIN changes AS settled"
            " ON settled.batch = undone.after AND settled.op = 'resolve'"
            " WHERE undone.op = 'undo' AND undone.seq > ? ORDER BY settled.seq",
            (since,),
        )
        return [str(row[0]) for row in rows]

    def origins(self, since: int, *, without: str) -> tuple[list[str], list[str]]:
        """Who changed rows behind a line, and through what, one source aside."""
        rows = self.connection.execute(
            "SELECT DISTINCT actor, source FROM changes WHERE seq > ? AND source != ?",
            (since, without),
        ).fetchall()
        return sorted({row[0] for row in rows if row[0]}), sorted({row[1] for row in rows})

    def last_before(self, at: int) -> int | None:
        """The newest line at or before a time (milliseconds since 1970), None if all are later."""
        row = self.connection.execute(
            "SELECT max(seq) FROM changes WHERE at <= ?", (at,)
        ).fetchone()
        return None if row[0] is None else int(row[0])

    def ids(self, reference: str) -> list[str]:
        """The ids in the log that start or end with `reference`."""
        text = storable(reference.lower())
        rows = self.connection.execute(
            "SELECT DISTINCT entry FROM changes WHERE entry != ''"
            " AND (substr(entry, 1, ?) = ? OR substr(entry, -?) = ?)",
            (len(text), text, len(text), text),
        )
        return [str(row[0]) for row in rows]

    def batches(self, sources: tuple[str, ...], count: int) -> list[list[Change]]:
        """The newest batches from some sources that no later batch has undone.

        One that only took in entries from a file is none: to undo it would be to edit the file.
        """
        marks = ", ".join("?" * len(sources))
        names = self.connection.execute(
            f"SELECT batch FROM changes WHERE source IN ({marks}) AND op != 'ingest'"
            " AND batch NOT IN (SELECT after FROM changes WHERE op = 'undo')"
            " AND batch NOT IN (SELECT batch FROM changes WHERE op = 'undo')"
            " GROUP BY batch ORDER BY max(seq) DESC LIMIT ?",
            (*sources, count),
        )
        return [self._batch(str(row[0])) for row in names.fetchall()]

    def _batch(self, batch: str) -> list[Change]:
        rows = self.connection.execute(
            f"SELECT {COLUMNS} FROM changes WHERE batch = ? ORDER BY seq DESC",
            (batch,),
        )
        return [Change(*row) for row in rows]

    def note_resolution(self, record: str, entry: str, field: str, origin: Origin) -> None:
        """Record that a record of the ledger was closed by the batch of `origin`."""
        self.connection.execute(_NEW, _line((entry, "resolve", field, None, record), origin))

    def note_confirmation(self, entry: str, origin: Origin) -> None:
        """Record that somebody looked at an entry, and that it still holds."""
        self.connection.execute(_NEW, _line((entry, "confirm", "", None, None), origin))

    def note_dismissal(self, entry: str, origin: Origin) -> None:
        """Record that an entry is not to be suggested to the team as it is."""
        self.connection.execute(_NEW, _line((entry, "dismiss", "", None, None), origin))

    def note_discard(self, entry: str, draft: str, origin: Origin) -> None:
        """Record that a local draft of an entry went away; `draft` is what it was, as JSON."""
        self.connection.execute(_NEW, _line((entry, "discard", "", draft, None), origin))

    def dismissed(self) -> set[str]:
        """The entries that were dismissed and not changed since."""
        changed = dict(self.connection.execute(TOUCHED.format("'add', 'edit'")))
        dismissed = self.connection.execute(TOUCHED.format("'dismiss'"))
        return {entry for entry, at in dismissed if changed.get(entry, -1) <= at}

    def touched(self, *, confirmed: bool = False) -> dict[str, int]:
        """When entries were changed or confirmed last, or confirmed alone (milliseconds).

        What was only taken in was not touched, and a confirmation that was undone is none.
        """
        query = TOUCHED.format("'confirm'") if confirmed else CHANGED_OR_CONFIRMED
        return dict(self.connection.execute(query))

    def counts(self) -> list[tuple[str, int]]:
        """The entries that were edited, with how often; several fields at once count once."""
        return self.connection.execute(
            "SELECT entry, count(DISTINCT batch) AS number FROM changes WHERE op = 'edit'"
            " GROUP BY entry ORDER BY number DESC, entry"
        ).fetchall()

    def note_undo(self, undone: str, origin: Origin) -> None:
        """Record that a batch was undone by the batch of `origin`."""
        self.connection.execute(_NEW, _line(("", "undo", "", None, undone), origin))


def _line(
    change: tuple[str, str, str, str | None, str | None], origin: Origin
) -> tuple[object, ...]:
    """The values for `_NEW`; the last one finds the revision."""
    entry, op, field, before, after = change
    line = (
        origin.batch,
        entry,
        op,
        field,
        before,
        after,
        origin.source,
        origin.actor,
        origin.device,
        origin.session,
        origin.at,
    )
    checksum = sha256(repr(line).encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return (*line, checksum, entry)


def _changes(edit: Edit) -> Iterator[tuple[str, str, str, str | None, str | None]]:
    before, after = edit.before, edit.after
    if before is None and after is not None:
        yield after.id, "add", "", None, to_json(after)
    elif before is not None and after is None:
        yield before.id, "delete", "", to_json(before), None
    elif before is not None and after is not None:
        old, new = entry_values(before), entry_values(after)
        for field in Entry._fields:
            if old[field] != new[field]:
                yield after.id, "edit", field, str(old[field]), str(new[field])


def to_json(entry: Entry) -> str:
    """All values of an entry."""
    return json.dumps(entry_values(entry), ensure_ascii=False)
