"""Migrations: one process runs them, all of them or none, and never those of the future."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lorefs.store import CorruptDatabaseError, NewerDatabaseError, Store
from lorefs.store.connection import connect
from lorefs.store.migrations import MIGRATIONS
from lorefs.store.schema import VERSION, apply

TOP = Path(__file__).resolve().parents[2]

# Opens a database for each line, which all of them get at the same moment.
OPENER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from lorefs.store import Store
print("ready", flush=True)
for line in sys.stdin:
    with Store(Path(line.strip())) as store, store.write():
        store.set_state(sys.argv[2], "was here")
    print("done", flush=True)
"""
ROUNDS = 20


def tables(path: Path) -> set[str]:
    connection = sqlite3.connect(path)
    found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    connection.close()
    return {str(name) for (name,) in found}


def test_the_version_counts_the_migrations() -> None:
    assert len(MIGRATIONS) == VERSION


@pytest.fixture
def openers() -> Iterator[dict[str, subprocess.Popen[str]]]:
    """Processes that wait for a database to open, by name."""
    started = {
        name: subprocess.Popen(
            [sys.executable, "-c", OPENER, str(TOP), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in ("a", "b", "c", "d")
    }
    for process in started.values():
        assert answer(process) == "ready"
    yield started
    for process in started.values():
        process.communicate(timeout=50)


def answer(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_processes_that_open_a_new_database_at_once_share_it(
    tmp_path: Path, openers: dict[str, subprocess.Popen[str]]
) -> None:
    for number in range(ROUNDS):
        database = tmp_path / f"{number}.db"
        for process in openers.values():
            assert process.stdin is not None
            process.stdin.write(f"{database}\n")
            process.stdin.flush()
        assert [answer(process) for process in openers.values()] == ["done"] * len(openers)
        with Store(database) as store:
            assert [store.state(name) for name in openers] == ["was here"] * len(openers)


def test_an_older_database_is_migrated_and_keeps_its_rows(database: Path) -> None:
    with Store(database) as store:
        with store.write():
            store.set_state("kept", "yes")
        second = "CREATE TABLE later (a TEXT); INSERT INTO later VALUES ('a; b');"
        apply(store.connection, (*MIGRATIONS, second))
        assert store.state("kept") == "yes"
        assert store.connection.execute("SELECT a FROM later").fetchall() == [("a; b",)]
        assert store.connection.execute("PRAGMA user_version").fetchone() == (VERSION + 1,)


def test_a_migration_that_fails_leaves_nothing_behind(database: Path) -> None:
    connection = connect(database)
    with pytest.raises(CorruptDatabaseError):
        apply(connection, ("CREATE TABLE one (a); CREATE TABLE one (b);",))
    assert connection.execute("PRAGMA user_version").fetchone() == (0,)
    connection.close()
    assert tables(database) == set()


def test_a_newer_database_is_refused_with_both_versions(database: Path) -> None:
    Store(database).close()
    connection = sqlite3.connect(database)
    connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    connection.close()
    before = database.read_bytes()
    with pytest.raises(NewerDatabaseError) as caught:
        Store(database)
    assert f"version {VERSION + 1}" in caught.value.message
    assert f"knows {VERSION}" in caught.value.message
    assert database.read_bytes() == before


def test_the_database_of_another_program_is_not_touched(database: Path) -> None:
    connection = sqlite3.connect(database)
    connection.execute("CREATE TABLE entries (mine TEXT)")
    connection.close()
    with pytest.raises(CorruptDatabaseError) as caught:
        Store(database)
    assert "rebuild" in (caught.value.hint or "")
    assert tables(database) == {"entries"}


def test_databases_start_at_epochs_of_their_own(tmp_path: Path) -> None:
    epochs = set()
    for name in ("one.db", "two.db"):
        with Store(tmp_path / name) as store:
            epochs.add(int(store.state("epoch") or 0))
    assert len(epochs) == 2
    assert min(epochs) > 0
