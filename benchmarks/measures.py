"""What lorefs promises about speed, measured: each row is a ratio to a reference of the same run.

    python benchmarks/measures.py [--runs N] [--only GROUP]

"Bare" is `python -I -c pass` of the same environment. A ratio is the median of ratios of pairs
that ran right after each other, so that a noisy machine moves both sides alike.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.synthetic import document
from lorefs.api import Workspace
from lorefs.core.document import parse
from lorefs.core.source import read_entry

ENTRIES = 13_000
REGEX = re.compile(r"<!-- lore:([0-9a-f-]{36}) -->\n\* \*\*(.*?)\*\*: (.*)")
BARE = [sys.executable, "-I", "-c", "pass"]
DRIVER = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from lorefs.driver import main; main()"
ENV = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
ENV["PYTHONPATH"] = str(ROOT)


class Row(NamedTuple):
    """One line of the table."""

    what: str
    reference: str
    ratio: float
    limit: float


def seconds(action: Callable[[], object]) -> float:
    """How long an action takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def ratio(action: Callable[[], float], reference: Callable[[], float], runs: int) -> float:
    """The median ratio of pairs; the first pair warms up and does not count."""
    pairs = [(action(), reference()) for _ in range(runs + 1)]
    return statistics.median(a / b for a, b in pairs[1:])


def process(command: list[str], folder: Path | None = None) -> float:
    """How long a whole process takes; it has to succeed."""
    return seconds(
        lambda: subprocess.run(command, check=True, capture_output=True, env=ENV, cwd=folder)
    )


def git(folder: Path, *arguments: str) -> None:
    """Run git."""
    name = ["-c", "user.name=Bench", "-c", "user.email=bench@example.invalid"]
    command = ["git", *name, *arguments]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, env=ENV)


def repository(folder: Path, **files: str) -> Path:
    """A repository with one commit."""
    folder.mkdir(parents=True)
    git(folder, "init", "--quiet", "--initial-branch=main")
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=base")
    return folder


def opened(folder: Path) -> Workspace:
    """A workspace."""
    return Workspace.open(folder, env=ENV, clock=lambda: int(time.time() * 1000))


# ---- the driver


def versions(text: str, number: int, meta: str = "") -> tuple[str, str, str]:
    """Three versions of a document of which a line merge conflicts and an entry merge does not."""
    lines = text.split("\n")
    bullets = [n for n, line in enumerate(lines) if line.startswith("* **")]
    at = bullets[number % len(bullets)]
    if meta:
        texts = (f"{meta}, tags: [a, b]", f"{meta}, tags: [a]", "confidence: 0.7, tags: [a, b]")
        base, ours, theirs = (
            "\n".join([*lines[:at], f"<!-- {{{words}}} -->", *lines[at:]]) for words in texts
        )
        return base, ours, theirs
    words = lines[at].split(" ")
    left, right = list(words), list(words)
    left[-9], right[-2] = "changed-by-ours", "changed-by-theirs"
    both = [[*lines[:at], " ".join(side), *lines[at + 1 :]] for side in (left, right)]
    return text, "\n".join(both[0]), "\n".join(both[1])


def apart(text: str) -> tuple[str, str, str]:
    """Three versions of a document whose sides changed different entries."""
    lines = text.split("\n")
    bullets = [n for n, line in enumerate(lines) if line.startswith("* **")]
    ours, theirs = (
        "\n".join([*lines[:at], lines[at] + " And more.", *lines[at + 1 :]])
        for at in (bullets[5], bullets[-5])
    )
    return text, ours, theirs


def driver_rows(folder: Path, runs: int) -> list[Row]:
    """The merge driver, alone and under git."""
    text = document(165)
    rows = []
    for what, three, limit in (
        ("merge driver process, 124 KB document, clean merge", apart(text), 3.5),
        ("the same, both changed one paragraph", versions(text, 80), 0.0),
        ("the same, metadata changed on both sides", versions(text, 80, "confidence: 0.8"), 6.0),
    ):
        names = [folder / name for name in ("base", "ours", "theirs")]
        for name, version in zip(names, three, strict=True):
            name.write_text(version)
        merged = shutil.copy(names[1], folder / "merged")
        files = [str(names[0]), str(merged), str(names[2])]
        command = [sys.executable, "-I", "-S", "-c", DRIVER, *files, "7", ".lore.md"]
        rows.append(
            Row(
                what,
                "bare",
                ratio(partial(process, command), partial(process, BARE), runs),
                limit,
            )
        )
    names = [folder / name for name in ("base", "ours", "theirs")]
    for name, version in zip(names, versions(text, 80), strict=True):
        name.write_text(version)
    files = [str(names[0]), str(shutil.copy(names[1], folder / "merged")), str(names[2])]
    command = [sys.executable, "-I", "-S", "-c", DRIVER, *files, "7", ".lore.md"]
    repo = merging_repository(folder / "twenty", text)

    def merge() -> float:
        git(repo, "reset", "--quiet", "--hard", "main")
        return process(["git", "-c", "user.name=B", "-c", "user.email=b@example.invalid", "merge",
                        "--quiet", "topic"], repo)  # fmt: skip

    found = ratio(merge, lambda: sum(process(command) for _ in range(20)), max(3, runs // 3))
    rows.append(Row("git merge with 20 lore documents", "20 x the driver", found, 1.3))
    return rows


def merging_repository(folder: Path, text: str) -> Path:
    """A repository in which 20 documents conflict for git and not for the driver."""
    from lorefs.install import driver_command

    names = [f"d{n:02}/.lore.md" for n in range(20)]
    three = [versions(text, 7 * n) for n in range(20)]
    base = {name: version[0] for name, version in zip(names, three, strict=True)}
    repo = repository(folder, **{".gitattributes": ".lore.md merge=lorefs\n", **base})
    git(repo, "config", "merge.lorefs.driver", driver_command())
    for branch, side in (("topic", 2), ("main", 1)):
        git(repo, "switch", "--quiet", *(["--create"] if side == 2 else []), branch)
        for name, version in zip(names, three, strict=True):
            (repo / name).write_text(version[side])
        git(repo, "commit", "--quiet", "--all", "--message", branch)
        git(repo, "switch", "--quiet", "main")
    git(repo, "switch", "--quiet", "--detach")
    return repo


# ---- the parser and the store


def parse_rows(text: str, runs: int) -> list[Row]:
    """The parser."""

    def fields() -> object:
        return [read_entry(b, path="") for b in parse(text).blocks if b.id]

    found = ratio(lambda: seconds(fields), lambda: seconds(lambda: REGEX.findall(text)), runs)
    return [Row("parse 10 MB (13,000 entries), fields included", "one findall", found, 5.0)]


def reconcile_rows(folder: Path, text: str, runs: int) -> list[Row]:
    """Reconciles of one document with 13,000 entries."""
    values = [tuple(map(str, read_entry(b, path=""))) for b in parse(text).blocks if b.id]
    repo = repository(folder / "big", **{".lore.md": text})
    file = repo / ".lore.md"

    def first() -> float:
        shutil.rmtree(repo / ".git" / "lorefs", ignore_errors=True)
        workspace = opened(repo)
        return seconds(workspace.reconcile) + seconds(workspace.close)

    def plain_table() -> float:
        (folder / "plain.db").unlink(missing_ok=True)
        connection = sqlite3.connect(folder / "plain.db")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"CREATE TABLE e ({', '.join(f'c{n}' for n in range(15))})")
        insert = f"INSERT INTO e VALUES ({', '.join('?' * 15)})"
        with connection:
            took = seconds(lambda: connection.executemany(insert, values))
            took += seconds(connection.commit)
        return took + seconds(connection.close)

    rows = [
        Row("first reconcile of 13,000 entries", "executemany into a plain table",
            ratio(first, plain_table, max(3, runs // 3)), 10.0)
    ]  # fmt: skip
    first()
    with opened(repo) as workspace:
        workspace.reconcile()
        found = ratio(
            lambda: seconds(workspace.take_in),
            lambda: seconds(lambda: sha256(file.read_bytes()).hexdigest()),
            runs,
        )
        rows.append(Row("reconcile with nothing changed", "read + sha256 of the file", found, 1.5))

        def one_changed() -> float:
            lines = file.read_text().split("\n")
            at = len(lines) // 2 + 1
            at = next(n for n in range(at, len(lines)) if lines[n].startswith("* **"))
            lines[at] += " More."
            file.write_text("\n".join(lines))
            return seconds(workspace.reconcile)

        def fields() -> object:
            return [read_entry(b, path="") for b in parse(text).blocks if b.id]

        found = ratio(one_changed, lambda: seconds(fields), runs)
        rows.append(Row("reconcile after one entry changed", "parse with fields", found, 2.0))
    return rows


def command_rows(folder: Path, runs: int) -> list[Row]:
    """Whole commands."""
    lorefs = [sys.executable, "-m", "lorefs"]
    repo = folder / "big"
    rows = []
    for what, command, limit in (
        ("lorefs search, most frequent word, whole process", [*lorefs, "search", "the"], 14.0),
        ("lorefs --version, whole process", [*lorefs, "--version"], 6.0),
    ):
        found = ratio(partial(process, command, repo), partial(process, BARE, repo), runs)
        rows.append(Row(what, "bare", found, limit))
    return rows


MEMORY = """
import os, sys
sys.path.insert(0, sys.argv[1])

def highest():  # unlike getrusage it starts anew with the program
    status = open("/proc/self/status").read()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024

from pathlib import Path
from lorefs.api import Workspace
with Workspace.open(Path(sys.argv[2]), env=dict(os.environ), clock=lambda: 1) as workspace:
    before = highest()
    workspace.reconcile()
    print(highest() - before)
"""


def memory_rows(folder: Path, text: str) -> list[Row]:
    """Memory at its highest: one emoji makes Python keep four bytes a character."""
    middle = text.index("\n", len(text) // 2)
    emoji = text[:middle] + " \N{ROCKET}" + text[middle:]
    repo = repository(folder / "emoji", **{".lore.md": emoji})
    command = [sys.executable, "-c", MEMORY, str(ROOT), str(repo)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=ENV)
    found = int(done.stdout) / len(emoji.encode())
    return [Row("memory of the first reconcile, one emoji", "size of the document", found, 10.0)]


def table(rows: list[Row]) -> str:
    """The rows as a Markdown table."""
    lines = ["| what | reference | measured | at most |", "|---|---|---|---|"]
    for row in rows:
        mark = " (missed)" if row.limit and row.ratio > row.limit else ""
        limit = f"{row.limit:g}x" if row.limit else ""
        lines.append(f"| {row.what} | {row.reference} | {row.ratio:.2f}x{mark} | {limit} |")
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--runs", type=int, default=9, help="counted pairs a row")
    parser.add_argument("--only", choices=("driver", "parse", "reconcile", "memory"))
    options = parser.parse_args()
    text = document(ENTRIES)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if options.only in {None, "driver"}:
            rows += driver_rows(folder, options.runs)
        if options.only in {None, "parse"}:
            rows += parse_rows(text, options.runs)
        if options.only in {None, "reconcile"}:
            rows += reconcile_rows(folder, text, options.runs)
            rows += command_rows(folder, options.runs)
        if options.only in {None, "memory"}:
            rows += memory_rows(folder, text)
    print(table(rows))


if __name__ == "__main__":
    main()
