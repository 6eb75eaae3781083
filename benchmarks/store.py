"""What the store costs, as ratios to plain SQLite in the same run.

    python benchmarks/store.py [--runs N] [--entries N]

The reference of writes is `executemany` of the same rows into a plain table without any index;
that of searches is reading all rows of that table.
"""

from __future__ import annotations

import argparse
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.synthetic import entries
from lorefs.core.model import Entry
from lorefs.store import Edit, Origin, Store

ORIGIN: Final = Origin("editor", "bench@example.invalid", 1_700_000_000_000, "batch")
DOCUMENT: Final = ".lore.md"
FREQUENT: Final = "the"
RARE: Final = "journal NEAR shard"


def seconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


@contextmanager
def emptied(path: Path) -> Iterator[Path]:
    """A path at which no database stands, before or after."""
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    yield path


def write_plain(path: Path, found: list[Entry]) -> float:
    """The reference: the rows' values in a table, and nothing else."""
    values = [tuple(map(str, entry)) for entry in found]
    with emptied(path):
        connection = sqlite3.connect(path, isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"CREATE TABLE plain ({', '.join(Entry._fields)})")
        insert = f"INSERT INTO plain VALUES ({', '.join('?' * len(Entry._fields))})"

        def write() -> None:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(insert, values)
            connection.execute("COMMIT")

        took = seconds(write)
        connection.close()
    return took


def write_all(path: Path, found: list[Entry]) -> float:
    """A first ingest: rows, full-text index and log."""

    def write() -> None:
        with store.write(), store.adding(len(found)):
            last = store.entries.add(((entry, DOCUMENT) for entry in found), ORIGIN)
            store.log.append_ingest(last, ORIGIN)

    with emptied(path), Store(path) as store:
        return seconds(write)


def write_one(store: Store, number: int) -> float:
    """One entry changes."""
    row = store.entries.rows()[number]
    edit = Edit(row.entry, row.entry._replace(content=f"{row.entry.content} More."), DOCUMENT)

    def write() -> None:
        with store.write():
            store.log.append([edit], ORIGIN)
            store.entries.change([edit], ORIGIN)

    return seconds(write)


def read_plain(path: Path) -> float:
    """The other reference: all rows, read."""
    connection = sqlite3.connect(path)
    took = seconds(lambda: connection.execute("SELECT * FROM plain").fetchall())
    connection.close()
    return took


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--runs", type=int, default=7, help="counted pairs a row")
    parser.add_argument("--entries", type=int, default=13_000)
    options = parser.parse_args()
    found = entries(options.entries)
    with tempfile.TemporaryDirectory() as name:
        plain, real = Path(name, "plain.db"), Path(name, "index.db")

        def ratio(action: Callable[[], float], reference: Callable[[], float]) -> float:
            pairs = [(action(), reference()) for _ in range(options.runs + 1)]
            return statistics.median(a / b for a, b in pairs[1:])

        print("| what | reference | ratio |\n|---|---|---|")

        def row(what: str, reference: str, measured: float) -> None:
            print(f"| {what} | {reference} | {measured:.3g}x |", flush=True)

        first = ratio(lambda: write_all(real, found), lambda: write_plain(plain, found))
        row(f"first ingest of {options.entries:,} entries", "executemany, plain table", first)
        with Store(real) as store:
            numbers = iter(range(options.runs + 1))
            one = ratio(lambda: write_one(store, next(numbers)), lambda: write_plain(plain, found))
            row("one entry changed", "executemany of all", one)
            for query in (FREQUENT, RARE, f"{FREQUENT[:2]}*", 'not: "a query', FREQUENT.upper()):
                searched = ratio(
                    lambda q=query: seconds(lambda: store.search.find(q)),  # type: ignore[misc]
                    lambda: read_plain(plain),
                )
                row(f"search `{query}`", "reading all rows, plain table", searched)
            text = found[0].content
            alike = ratio(
                lambda: seconds(lambda: store.search.similar(text)), lambda: read_plain(plain)
            )
            row("similar", "reading all rows, plain table", alike)
            resolved = ratio(
                lambda: seconds(lambda: store.entries.resolve(found[7].id[-12:])),
                lambda: read_plain(plain),
            )
            row("an entry by the end of its id", "reading all rows, plain table", resolved)


if __name__ == "__main__":
    main()
