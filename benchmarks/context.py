"""What `lorefs context` costs over 13,000 entries, as ratios to a bare interpreter.

python benchmarks/context.py [--runs N]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.measures import BARE, ENTRIES, Row, opened, process, ratio, repository, table
from benchmarks.synthetic import document

LIMIT = 30.0
DIRECTORIES = ("", "src/", "src/api/", "src/store/", "docs/")
QUESTION = "why does the worker drop the queue when a retry times out"


def lore() -> dict[str, str]:
    """Documents of five directories, 13,000 entries in all."""
    share = ENTRIES // len(DIRECTORIES)
    return {
        f"{directory}.lore.md": document(share, seed)
        for seed, directory in enumerate(DIRECTORIES, 1)
    }


def rows(folder: Path, runs: int) -> list[Row]:
    """Whole processes: files alone, a question alone, both, and everything."""
    repo = repository(folder / "repo", **lore())
    with opened(repo) as workspace:
        workspace.reconcile()
        assert workspace.store.entries.count() == ENTRIES
    command = [sys.executable, "-m", "lorefs", "context"]
    files = ["src/api/index.ts", "src/store/config.py"]
    found = []
    for what, arguments in (
        ("two files", files),
        ("a question", ["--query", QUESTION]),
        ("two files and a question", [*files, "--query", QUESTION]),
        ("the same, as JSON, 20,000 tokens",
         [*files, "--query", QUESTION, "--json", "--budget", "20000"]),
        ("the whole repository", []),
    ):  # fmt: skip
        measured = ratio(
            partial(process, [*command, *arguments], repo), partial(process, BARE, repo), runs
        )
        found.append(Row(f"lorefs context, {what}", "bare", measured, LIMIT))
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--runs", type=int, default=9, help="counted pairs a row")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        print(table(rows(Path(name), options.runs)))


if __name__ == "__main__":
    main()
