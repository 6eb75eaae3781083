"""What a commit waits for: the pre-commit check of one staged document without a finding.

    python benchmarks/check.py [--runs N]

"Bare" is `python -I -c pass` of the same environment, in pairs as in measures.py.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.measures import BARE, Row, git, process, ratio, repository, table
from benchmarks.synthetic import document

ENTRIES = 175  # 124 KB
SECRETS = ["--ignore", "LORE403,LORE404"]


def rows(folder: Path, runs: int) -> list[Row]:
    """The entry point as a hook calls it, with and without the search for secrets."""
    repo = repository(folder / "repo", **{"code.py": "x = 1\n"})
    (repo / ".lore.md").write_text(document(ENTRIES))
    git(repo, "add", "--all")
    program = shutil.which("lorefs-check", path=str(Path(sys.executable).parent))
    if program is None:
        sys.exit("lorefs-check is not installed beside this Python: make setup")
    command = [program, "--staged", "--hook"]
    bare = partial(process, BARE, repo)
    what = "lorefs-check of a staged document, 124 KB, no finding"
    return [
        Row(f"{what}, without secrets", "bare",
            ratio(partial(process, [*command, *SECRETS], repo), bare, runs), 12.0),
        Row(f"{what}", "bare", ratio(partial(process, command, repo), bare, runs), 40.0),
    ]  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--runs", type=int, default=9, help="counted pairs a row")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        print(table(rows(Path(name), options.runs)))


if __name__ == "__main__":
    main()
