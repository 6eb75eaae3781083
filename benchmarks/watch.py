"""How soon an editor's save is a row that another process sees, while watch runs.

    python benchmarks/watch.py [--saves N] [--documents N]

The reference is the debounce: so long watch waits on purpose, for the next save of a burst. The
ratio is that of the 95th percentile, from the moment the save is complete.
"""

from __future__ import annotations

import argparse
import contextlib
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.measures import ENV, Row, repository, table
from benchmarks.synthetic import document
from lorefs.core.schedule import DEBOUNCE

ENTRIES = 98  # of a document, in the median of real ones
ALLOWED = 0.150  # seconds above the debounce
PATIENCE = 30.0


@contextlib.contextmanager
def watching(repo: Path) -> Iterator[None]:
    """A watch in a process of its own that has taken everything in."""
    log = repo.parent / "watch.log"
    with log.open("w") as out:
        command = [sys.executable, "-m", "lorefs", "watch"]
        process = subprocess.Popen(command, cwd=repo, env=ENV, stdout=out, stderr=out)
    try:
        until = time.monotonic() + PATIENCE
        while "reconciled" not in log.read_text():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < until, "watch does not start"
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE)


def delays(repo: Path, saves: int) -> list[float]:
    """Seconds from each save to its row, as a program with a connection of its own sees it."""
    file = repo / "area0" / ".lore.md"
    text = file.read_text()
    lines = text.split("\n")
    at = next(n for n, line in enumerate(lines) if line.startswith("* **"))
    line, ident = lines[at], lines[at - 1].removeprefix("<!-- lore:").removesuffix(" -->")
    database = sqlite3.connect(repo / ".git/lorefs/index.db", isolation_level=None)
    found: list[float] = []
    for number in range(saves + 1):
        mark = f"changed{number}x"
        new = file.with_name(".lore.md.tmp")
        new.write_text(text.replace(line, f"{line} {mark}", 1))
        time.sleep(0.1 + 0.037 * (number % 7))  # no rhythm that would suit a poll
        new.replace(file)
        saved = time.monotonic()
        query = "SELECT content FROM entries WHERE id = ?"
        while not database.execute(query, (ident,)).fetchone()[0].endswith(mark):
            assert time.monotonic() < saved + PATIENCE, "the row does not come"
            time.sleep(0.002)
        found.append(time.monotonic() - saved)
    database.close()
    return found[1:]  # the first one warms up


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--saves", type=int, default=40, help="counted saves")
    parser.add_argument("--documents", type=int, default=100, help="of 98 entries each")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        files = {f"area{n}/.lore.md": document(ENTRIES, seed=n) for n in range(options.documents)}
        repo = repository(Path(name) / "repo", **files)
        with watching(repo):
            found = delays(repo, options.saves)
    p95 = statistics.quantiles(found, n=20)[-1]
    what = f"save to row in another process, p95, {options.documents} documents"
    limit = (DEBOUNCE + ALLOWED) / DEBOUNCE
    print(table([Row(what, f"the debounce ({DEBOUNCE:g} s)", p95 / DEBOUNCE, limit)]))
    print(f"\nabove the debounce: median {_above(statistics.median(found))}, p95 {_above(p95)}")


def _above(seconds: float) -> str:
    return f"{(seconds - DEBOUNCE) * 1000:.0f} ms"


if __name__ == "__main__":
    main()
