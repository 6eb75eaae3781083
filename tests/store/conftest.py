from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from lorefs.core.model import Entry
from lorefs.store import Edit, Origin, Store
from tests.lore import ident

DOCUMENT = ".lore.md"
ORIGIN = Origin("cli", "ada@example.invalid", 1_700_000_000_000, "batch-1", "device", "session")

Program = Callable[..., list[tuple[object, ...]]]


def made(number: int, title: str = "", content: str = "Something to know.") -> Entry:
    """An entry with the id of a small number."""
    return Entry(ident(number), title or f"Title {number}", content, "Gotcha")


def add(store: Store, *entries: Entry) -> None:
    """Write new rows as lorefs does."""
    with store.write():
        store.entries.add(((entry, DOCUMENT) for entry in entries), ORIGIN)


def change(store: Store, edits: Sequence[Edit], origin: Origin = ORIGIN) -> None:
    """Change rows and log as lorefs does."""
    with store.write():
        store.log.append(edits, origin)
        store.entries.change(edits, origin)


def check_index(store: Store) -> None:
    """Fails with "database disk image is malformed" if the index is not that of the rows."""
    store.connection.execute(
        "INSERT INTO entries_fts (entries_fts, rank) VALUES ('integrity-check', 1)"
    )


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Where the database of the test stands."""
    return tmp_path / "index.db"


@pytest.fixture
def store(database: Path) -> Iterator[Store]:
    """A store with three entries."""
    with Store(database) as opened:
        add(opened, made(1), made(2), made(3))
        yield opened


@pytest.fixture
def program(store: Store, database: Path) -> Iterator[Program]:
    """Another program: a connection that knows nothing of lorefs, committing each statement."""
    assert store.connection.in_transaction is False
    connection = sqlite3.connect(database, isolation_level=None)

    def run(statement: str, *values: object) -> list[tuple[object, ...]]:
        return connection.execute(statement, values).fetchall()

    yield run
    connection.close()
