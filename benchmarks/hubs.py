"""What joining a hub costs, measured as in `measures.py`.

    python benchmarks/hubs.py [--runs N] [--documents N]

A hub carries a realm of 100 entries a document. A clone joins it; the reference is `executemany`
of the rows that it then has into a plain table, closed as the clone's database is.

To index is all that happens to the database between the arrival of the last commit and the end of
the transaction, reading and parsing included; the files that are written beside that are not.
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

from benchmarks.measures import ENV, Row, git, table
from benchmarks.sync import ENTRIES, NAMES, documents, exchanged, paths, shared
from lorefs.api import Workspace
from lorefs.sync.branch.join import Wanted

ARRIVED = "sync move"  # all commits are here, and nothing of them is in the rows yet
FILES = "write the new file"  # rows, search and documents are written; files are made now
COMMIT = "commit"  # the transaction ends now


class Times(NamedTuple):
    """Seconds by the clock, and seconds of this process's work, which others disturb less."""

    clock: float
    work: float

    @classmethod
    def now(cls) -> Times:
        """The time since some moment."""
        return cls(time.perf_counter(), time.process_time())

    def since(self, other: Times) -> Times:
        """How much passed between two times."""
        return Times(self.clock - other.clock, self.work - other.work)

    def plus(self, other: Times) -> Times:
        """Two spans of time together."""
        return Times(self.clock + other.clock, self.work + other.work)


class Joined(NamedTuple):
    """What joining took: to index alone, and in all with fetching and writing files."""

    indexing: Times
    whole: Times


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
    steps: list[tuple[str, Times]] = []

    def opened() -> Workspace:
        return Workspace.open(
            clone,
            env=ENV,
            clock=lambda: int(time.time() * 1000),
            step=lambda name: steps.append((name, Times.now())),
        )

    start = Times.now()
    with opened() as workspace:
        workspace.reconcile(discover=True)
        workspace.join_hub(workspace.look_at_hub(Wanted(str(hub), "bench"), clone))
    with closing(opened()) as workspace:
        steps.clear()
        exchanged(workspace)
        steps.append(("", Times.now()))
    end = Times.now()
    closing_it = end.since(steps[-1][1])
    return Joined(_indexing(steps).plus(closing_it), end.since(start))


def _indexing(steps: list[tuple[str, Times]]) -> Times:
    """From the last commit's arrival to the end of the transaction, files aside."""
    names = [name for name, _ in steps]
    arrived = names.index(ARRIVED) if ARRIVED in names else len(names)
    if COMMIT not in names[arrived:]:  # where the realm was made
        return Times(0, 0)
    commit = names.index(COMMIT, arrived)
    files = names.index(FILES, arrived)
    rows = steps[files][1].since(steps[arrived][1])
    return rows.plus(steps[commit + 1][1].since(steps[commit][1]))


def plain(folder: Path, values: list[tuple[object, ...]]) -> Times:
    """The reference: the rows in a table, and nothing else."""
    path = folder / "plain.db"
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = WAL")
    width = len(values[0])
    connection.execute(f"CREATE TABLE e ({', '.join(f'c{n}' for n in range(width))})")
    start = Times.now()
    connection.executemany(f"INSERT INTO e VALUES ({', '.join('?' * width)})", values)
    connection.commit()
    connection.close()
    return Times.now().since(start)


def rows_of(clone: Path) -> list[tuple[object, ...]]:
    """The rows of a clone with all their columns, as the reference writes them."""
    with closing(sqlite3.connect(clone / ".git" / "lorefs" / "index.db")) as connection:
        return connection.execute("SELECT * FROM entries").fetchall()


def join_rows(folder: Path, number: int, runs: int) -> list[Row]:
    """A clone joins a hub, over and over."""
    hub = hub_of(folder, number)
    found: list[tuple[Joined, Times]] = []
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
    indexing = statistics.median(took.indexing.clock / plain.clock for took, plain in found)
    work = statistics.median(took.indexing.work / plain.work for took, plain in found)
    whole = statistics.median(took.whole.clock / plain.clock for took, plain in found)
    count = f"{number * ENTRIES:,} entries in {number:,} documents"
    reference = "executemany into a plain table"
    return [
        Row(f"joining a hub: indexing its {count}", reference, indexing, 8.0),
        Row("the same, in processor time alone", reference, work, 8.0),
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
