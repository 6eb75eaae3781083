"""How much memory watch needs after an hour of edits, and how much it needed after its start.

    python benchmarks/memory.py [--minutes N]

The hour is simulated: what may happen in a minute comes at once, and the next minute as soon as
watch has taken that in. People save files, a program changes rows through SQL, and commits of
others arrive. The memory is what the system says of the process (VmRSS).
"""

from __future__ import annotations

import argparse
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from itertools import count
from pathlib import Path

import pygit2

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.measures import ENV, Row, opened, table
from benchmarks.sync import another_line, documents, exchanged, paths, shared
from lorefs.repo.libgit import LibgitObjects
from lorefs.repo.objects import RefMovedError, Signature
from lorefs.watch.state import read

DOCUMENTS = 1000  # of 100 entries each
SAVES, UPDATES = 6, 2  # in a minute: files, rows
ARRIVALS, APART = 12, 6  # documents in one commit of others, and minutes between these
PATIENCE = 60.0
BRANCH = "refs/heads/lorefs-sync"


@contextmanager
def watching(repo: Path) -> Iterator[int]:
    """A watch in a process of its own, by its number."""
    log = repo.parent / "watch.log"
    with log.open("w") as out:
        command = [sys.executable, "-m", "lorefs", "watch"]
        process = subprocess.Popen(command, cwd=repo, env=ENV, stdout=out, stderr=out)
    try:
        yield process.pid
        assert process.poll() is None, log.read_text()
    finally:
        process.terminate()
        process.wait(PATIENCE)


def until(done: Callable[[], bool]) -> None:
    """Wait for watch to come so far."""
    end = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < end, "watch does not come to an end"
        time.sleep(0.05)


def is_at_rest(repo: Path, pid: int) -> bool:
    """Whether a watch has looked at everything, and met the remote."""
    state = read(repo / ".git" / "lorefs")
    return bool(state and state.pid == pid and state.totals.rescans and state.totals.cycles)


def memory(pid: int) -> dict[str, int]:
    """Megabytes of a process now (VmRSS) and at its highest (VmHWM)."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    values = dict(line.split(":", 1) for line in lines)
    return {name: int(values[name].split()[0]) // 1024 for name in ("VmRSS", "VmHWM")}


def memory_at_rest(pid: int) -> dict[str, int]:
    """The same, once what is under way is over."""
    time.sleep(2)
    return memory(pid)


class Hour:
    """What people and programs do to a clone, minute by minute."""

    def __init__(self, repo: Path) -> None:
        self.repo = repo
        self.objects = LibgitObjects(pygit2.Repository(str(repo.parent / "remote.git")))
        self.rows = sqlite3.connect(repo / ".git/lorefs/index.db", isolation_level=None, timeout=30)
        self.turns = count()

    def documents(self, number: int) -> list[str]:
        """The documents whose turn it is; all have theirs before one comes again."""
        return [paths(DOCUMENTS)[7 * next(self.turns) % DOCUMENTS] for _ in range(number)]

    def minute(self, number: int) -> None:
        """Have things change, and wait until all is taken in."""
        saved = self.documents(SAVES)
        for path in saved:
            another_line(self.repo / path, number)
        for path in self.documents(UPDATES):
            query = "SELECT id FROM entries WHERE path = ? ORDER BY id LIMIT 1"
            ident = self.rows.execute(query, (path.rpartition("/")[0],)).fetchone()[0]
            update = "UPDATE entries SET content = content || ? WHERE id = ?"
            self.rows.execute(update, (f" By a program, {number}.", ident))
        until(lambda: self.is_taken_in(saved))
        if number % APART == 0:
            while not self.others(number):
                pass
            until(self.has_arrived)

    def is_taken_in(self, saved: list[str]) -> bool:
        """Whether no row waits for its file, and no file for its rows."""
        if self.rows.execute("SELECT count(*) FROM outbox").fetchone()[0]:
            return False
        query = "SELECT worktree_hash FROM documents WHERE path = ?"
        return all(
            self.rows.execute(query, (path,)).fetchone()[0]
            == sha256((self.repo / path).read_bytes()).hexdigest()
            for path in saved
        )

    def has_arrived(self) -> bool:
        """Whether the clone has all commits of the remote."""
        tip = self.objects.tip(BRANCH)
        query = "SELECT value FROM state WHERE key = 'sync.applied'"
        return bool(self.rows.execute(query).fetchone()[0] == tip)

    def others(self, number: int) -> bool:
        """Commit to the remote as another clone would; False where watch was faster."""
        objects = self.objects
        tip = objects.tip(BRANCH)
        assert tip is not None
        before = objects.commit(tip)
        leaves = objects.leaves_at(before.tree, self.documents(ARRIVALS))
        texts = objects.blobs([leaf.oid for leaf in leaves.values()])
        changes: dict[str, bytes | None] = {
            path: texts[leaf.oid].replace(b"* **", b"* **Renamed by others, ", 1)
            for path, leaf in leaves.items()
        }
        who = Signature("Other", "other@example.invalid", before.committer.time + 60)
        tree = objects.write_tree(before.tree, changes)
        commit = objects.write_commit(tree, [tip], f"Minute {number}\n", who, who)
        try:
            objects.move(BRANCH, commit, tip, "push")
        except RefMovedError:
            return False
        return True

    def close(self) -> None:
        """Close what was opened."""
        self.rows.close()
        self.objects.close()


def measured(repo: Path, minutes: int) -> tuple[dict[str, int], dict[str, int]]:
    """Memory after the start, and after so many minutes of edits."""
    with watching(repo) as pid:
        until(lambda: is_at_rest(repo, pid))
        before = memory_at_rest(pid)
        hour = Hour(repo)
        for minute in range(minutes):
            hour.minute(minute)
        until(hour.has_arrived)
        hour.close()
        after = memory_at_rest(pid)
    return before, after


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--minutes", type=int, default=60, help="of the simulated hour")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        repo = shared(Path(name), documents(DOCUMENTS))
        with opened(repo) as workspace:
            exchanged(workspace)
        before, after = measured(repo, options.minutes)
    what = f"memory of watch, 100,000 entries, after {options.minutes} minutes of edits"
    print(table([Row(what, "after its start", after["VmRSS"] / before["VmRSS"], 1.3)]))
    print(f"\nmegabytes: {before['VmRSS']}, then {after['VmRSS']}, at most {after['VmHWM']}")


if __name__ == "__main__":
    main()
