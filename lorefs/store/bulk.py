"""Many new rows at once: what costs something for each row is put aside until all are in.

All of it happens inside one transaction, in which nobody else can write, and which brings
everything back if it fails.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from sqlite3 import Connection

MANY: Final = 5000  # rows at once for which that is worth a change

# Rows that are indexed and logged while SQLite still holds their pages. FTS5 writes a segment for
# each portion, and no more than sixteen stand beside each other before it merges them.
PORTION: Final = 8000
_PAGES: Final = (
    16 << 10
)  # KiB that SQLite may hold of them; the index by id touches pages at random

# FTS5 writes a segment for each megabyte, and merges segments as it goes, which is a third of the
# work of a first ingest; see "configuration options" in its documentation.
_BULK: Final = {"hashsize": 16 << 20, "automerge": 0}
_USUAL: Final = {"hashsize": 1 << 20, "automerge": 4}

# They say no to each row of lorefs's own, but SQLite sets up their programs for each of them.
_TRIGGERS: Final = ("entries_insert", "entries_inserted")


@contextmanager
def bulk(connection: Connection, number: int) -> Iterator[None]:
    """Rows are added to `entries` inside, so many of them; must run inside `Store.write`."""
    if number < MANY:
        yield
        return
    triggers = connection.execute(
        "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND name IN (?, ?)", _TRIGGERS
    ).fetchall()
    (pages,) = connection.execute("PRAGMA cache_size").fetchone()
    connection.execute(f"PRAGMA cache_size = -{_PAGES + number // 4}")
    try:
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        _configure(connection, _BULK)
        yield
        _configure(connection, _USUAL)
        for _, sql in triggers:
            connection.execute(sql)
    finally:
        connection.execute(f"PRAGMA cache_size = {pages}")


def _configure(connection: Connection, values: dict[str, int]) -> None:
    connection.executemany(
        "INSERT INTO entries_fts (entries_fts, rank) VALUES (?, ?)", values.items()
    )
