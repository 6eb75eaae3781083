"""What joining a hub costs, measured as in `measures.py`.

    python benchmarks/hubs.py [--runs N] [--documents N]

A hub carries a realm of 100 entries a document. A clone joins it; the reference is `executemany`
of the rows that it then has into a plain table, closed as the clone's database is.
"""

from __future__ import annotations

import argparse
import sqlite3
import statistics
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.measures import ENV, Row, git, seconds, table
from benchmarks.sync import ENTRIES, NAMES, documents, exchanged, paths, shared
from lorefs.api import Workspace
from lorefs.core.model import Entry
from lorefs.sync.branch.join import Wanted

ARRIVED = "sync move"  # all commits are here, and nothing of them is in the rows yet
INDEXED = "commit"  # rows, search and documents are written, and the transaction ends


class Joined(NamedTuple):
    """Seconds that joining took: to index alone, and in all with fetching and writing files."""

    indexing: float
    whole: float


def hub_of(folder: Path, number: int) -> Path:
    """A hub with a realm of so many documents."""
    first = shared(folder, documents(number))
    hub = folder / "hub.git"
    git(folder, "init", "--quiet", "--bare", "--initial-branch=lorefs-sync", hub.name)
    git(first, "config", "lorefs.sync.enabled", "false")
    join(first, hub)
    return hub


def join(clone: Path, hub: Path) -> Joined:
    """Join a clone to a hub, as the command does without questions."""
    steps: list[tuple[str, float]] = []

    def opened() -> Workspace:
        return Workspace.open(
            clone,
            env=ENV,
            clock=lambda: int(time.time() * 1000),
            step=lambda name: steps.append((name, time.perf_counter())),
        )

    start = time.perf_counter()
    with opened() as workspace:
        workspace.reconcile(discover=True)
        workspace.join_hub(workspace.look_at_hub(Wanted(str(hub), "bench"), clone))
    with closing(opened()) as workspace:
        steps.clear()
        exchanged(workspace)
        ended = time.perf_counter()
    end = time.perf_counter()
    arrived = next((at for name, at in steps if name == ARRIVED), start)
    indexed = next((at for name, at in steps if name == INDEXED and at > arrived), ended)
    return Joined(indexed - arrived + end - ended, end - start)


def plain(folder: Path, values: list[tuple[object, ...]]) -> float:
    """The reference: the rows in a table, and nothing else."""
    path = folder / "plain.db"
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"CREATE TABLE e ({', '.join(f'c{n}' for n in range(len(Entry._fields)))})")
    insert = f"INSERT INTO e VALUES ({', '.join('?' * len(Entry._fields))})"

    def write() -> None:
        connection.executemany(insert, values)
        connection.commit()
        connection.close()

    return seconds(write)


def rows_of(clone: Path) -> list[tuple[object, ...]]:
    """The rows of a clone, as the reference writes them."""
    with closing(sqlite3.connect(clone / ".git" / "lorefs" / "index.db")) as connection:
        return connection.execute(f"SELECT {', '.join(Entry._fields)} FROM entries").fetchall()


def join_rows(folder: Path, number: int, runs: int) -> list[Row]:
    """A clone joins a hub, over and over."""
    hub = hub_of(folder, number)
    found: list[tuple[Joined, float]] = []
    for run in range(runs):
        clone = folder / f"clone{run}"
        git(folder, "clone", "--quiet", "remote.git", clone.name)
        (clone / ".git" / "info" / "exclude").write_text(NAMES)
        for path in paths(number):
            (clone / path).parent.mkdir()
        took = join(clone, hub)
        values = rows_of(clone)
        assert len(values) == number * ENTRIES
        found.append((took, plain(folder, values)))
    indexing = statistics.median(took.indexing / plain for took, plain in found)
    whole = statistics.median(took.whole / plain for took, plain in found)
    count = f"{number * ENTRIES:,} entries in {number:,} documents"
    reference = "executemany into a plain table"
    return [
        Row(f"joining a hub: indexing its {count}", reference, indexing, 8.0),
        Row("the same, fetched, and with all files written", reference, whole, 0.0),
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--runs", type=int, default=3, help="clones that join")
    parser.add_argument("--documents", type=int, default=1000, help="of 100 entries each")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(table(join_rows(Path(folder), options.documents, options.runs)))


if __name__ == "__main__":
    main()
