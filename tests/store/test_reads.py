"""Counters of reads: noted beside the database, added up in it, and never in anybody's way."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from lorefs.store import Store
from lorefs.store.reads import DAY, FULL, NAME, Use


def test_reads_are_counted_by_time_and_day(store: Store) -> None:
    reads = store.reads
    for at in (5, 7, DAY + 1, DAY + 2, 3 * DAY):
        assert not reads.note(["a"], at)
    reads.note(["b", "a"], 4 * DAY)
    reads.note([], 9 * DAY)
    assert reads.all() == {"a": Use(6, 4, 5, 4 * DAY), "b": Use(1, 1, 4 * DAY, 4 * DAY)}
    assert reads.since() == 5


def test_adding_up_changes_no_count(store: Store, tmp_path: Path) -> None:
    store.reads.note(["a"], 5)
    store.add_reads_up()
    store.reads.note(["a", "b"], DAY)
    before = store.reads.all()
    store.add_reads_up()
    store.add_reads_up()
    assert store.reads.all() == before == {"a": Use(2, 2, 5, DAY), "b": Use(1, 1, DAY, DAY)}
    assert not list(tmp_path.rglob(f"{NAME}*"))


def test_notes_of_a_killed_process_count(store: Store, tmp_path: Path) -> None:
    store.reads.note(["a"], 5)
    (log,) = tmp_path.rglob(NAME)
    log.rename(log.with_name(f"{NAME}.99999"))
    store.reads.note(["a"], 6)
    assert store.reads.all()["a"].times == 2
    store.add_reads_up()
    assert store.reads.all()["a"].times == 2


def test_damaged_notes_are_left_out(store: Store, tmp_path: Path) -> None:
    store.reads.note(["a"], 5)
    (log,) = tmp_path.rglob(NAME)
    with log.open("ab") as file:
        file.write(b"x b\n\xff\n\n7 a\n8 cut o")
    assert store.reads.all() == {"a": Use(2, 1, 5, 7)}


def test_nobody_waits_for_who_writes(store: Store, tmp_path: Path) -> None:
    (path,) = tmp_path.rglob("*.db")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        started = time.monotonic()
        store.reads.note(["a"], 5)
        store.add_reads_up()
        assert time.monotonic() - started < 5
    assert store.reads.all() == {"a": Use(1, 1, 5, 5)}


def test_many_notes_ask_to_be_added_up(store: Store) -> None:
    ident = "x" * 1000
    asked = [store.reads.note([ident], n) for n in range(FULL // 1000 + 2)]
    assert not asked[0]
    assert asked[-1]


def test_a_place_that_cannot_be_written_is_no_trouble(store: Store, tmp_path: Path) -> None:
    (path,) = tmp_path.rglob("*.db")
    (path.parent / NAME).mkdir()
    assert not store.reads.note(["a"], 5)
    assert store.reads.all() == {}


@given(st.lists(st.integers(0, 10 * DAY), min_size=1).map(sorted))
def test_uses_add_up(times: list[int]) -> None:
    use = Use(1, 1, times[0], times[0])
    for at in times[1:]:
        use = use.again(at)
    assert use == Use(len(times), len({at // DAY for at in times}), times[0], times[-1])
