"""What SQLite cannot do comes out as an error that names a remedy, never as a traceback."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from lorefs.errors import RefusedError, StoreError
from lorefs.store import CorruptDatabaseError, Filter, Store
from tests.store.conftest import Program, add, made

Damage = Callable[[bytes], bytes]

DAMAGES: dict[str, Damage] = {
    "truncated": lambda data: data[: len(data) // 2],
    "cut inside the first page": lambda data: data[:1000],
    "no database": lambda data: b"not a database at all\n" * (len(data) // 22),
    "no header": lambda data: bytes(100) + data[100:],
    "zeroes": lambda data: data[:4096] + bytes(len(data) - 4096),
}


def filled(database: Path) -> Path:
    with Store(database) as store:
        add(store, *(made(n, content=f"word{n} " * 200) for n in range(200)))
    return database


def use(database: Path) -> None:
    """All that reads and writes."""
    with Store(database) as store:
        store.entries.rows(Filter(status="active"))
        list(store.log.changes())
        store.search.find("word7")
        store.documents.states()
        store.ledger.records()
        add(store, made(1000))


def test_what_is_not_damaged_can_be_used(database: Path) -> None:
    use(filled(database))


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_database_says_that_it_can_be_rebuilt(database: Path, damage: Damage) -> None:
    filled(database).write_bytes(damage(database.read_bytes()))
    damaged = database.read_bytes()
    with pytest.raises(CorruptDatabaseError) as caught:
        use(database)
    assert "lorefs rebuild" in (caught.value.hint or "")
    assert database.read_bytes() == damaged, "what is broken is evidence, and not ours to change"


READS: dict[str, Callable[[Store], object]] = {
    "row by row": lambda store: store.entries.rows(),
    "all at once": lambda store: store.connection.execute("SELECT * FROM entries").fetchall(),
    "one": lambda store: store.entries.resolve(made(150).id),
}


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_damage_behind_what_opening_reads_is_found_when_it_is_read(
    database: Path, read: Callable[[Store], object]
) -> None:
    filled(database)
    data = database.read_bytes()
    middle = data.index(b"word150 word150")
    page = middle // 4096 * 4096
    database.write_bytes(data[:page] + b"\xff" * 4096 + data[page + 4096 :])
    with Store(database) as store, pytest.raises(CorruptDatabaseError):
        read(store)


def test_an_empty_file_becomes_a_database(database: Path) -> None:
    database.touch()
    with Store(database) as store:
        assert store.entries.count() == 0


def test_a_table_that_is_gone(store: Store, program: Program) -> None:
    program("DROP TABLE changes")
    with pytest.raises(CorruptDatabaseError):
        store.log.changes()


def test_a_directory_in_its_place(database: Path) -> None:
    database.mkdir()
    with pytest.raises(StoreError) as caught:
        Store(database)
    assert "accessible" in (caught.value.hint or "")


def test_a_full_disk_leaves_rows_as_they_were_until_there_is_room(store: Store) -> None:
    used = store.connection.execute("PRAGMA page_count").fetchone()[0]
    store.connection.execute(f"PRAGMA max_page_count = {used}")
    with pytest.raises(StoreError) as caught:
        add(store, made(9, content="long " * 10_000))
    assert "room on the disk" in (caught.value.hint or "")
    assert store.entries.count() == 3
    store.connection.execute("PRAGMA max_page_count = 100000")
    add(store, made(9, content="long " * 10_000))
    assert store.entries.count() == 4


def test_a_database_that_another_program_holds(store: Store, database: Path) -> None:
    holder = sqlite3.connect(database, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    store.connection.execute("PRAGMA busy_timeout = 0")
    with pytest.raises(StoreError) as caught, store.write():
        pytest.fail("the lock is taken")
    assert "end the program" in (caught.value.hint or "")
    assert store.entries.count() == 3, "readers never wait"
    holder.execute("ROLLBACK")
    holder.close()
    add(store, made(4))


def test_a_database_that_may_not_be_written(store: Store) -> None:
    store.connection.execute("PRAGMA query_only = 1")
    with pytest.raises(StoreError) as caught:
        add(store, made(4))
    assert "writable" in (caught.value.hint or "")


def test_text_that_is_not_utf8_is_refused_before_it_is_stored(store: Store) -> None:
    with pytest.raises(RefusedError) as caught:
        add(store, made(4), made(5, content="a\udcff"))
    assert "\\udcff" in (caught.value.found or "")
    assert store.entries.count() == 3


def test_a_row_in_which_another_program_wrote_no_utf8(store: Store, program: Program) -> None:
    program("UPDATE entries SET content = CAST(x'61ff' AS TEXT) WHERE id = ?", made(2).id)
    with pytest.raises(StoreError) as caught:
        store.entries.rows()
    assert "SQL" in (caught.value.hint or "")


def test_a_wrong_statement_is_a_bug_and_stays_one(store: Store) -> None:
    with pytest.raises(sqlite3.OperationalError):
        store.connection.execute("SELEC 1")
    with pytest.raises(sqlite3.IntegrityError):
        add(store, made(1))


def test_what_is_raised_inside_a_transaction_takes_it_back(store: Store) -> None:
    def fail() -> None:
        with store.write():
            store.set_state("a", "b")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert store.state("a") is None
    assert not store.connection.in_transaction
    add(store, made(4))
