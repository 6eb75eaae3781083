"""What git runs after a merge, a checkout, a rewrite or a commit: a quiet reconcile.

A reconcile that fails never fails a git command; what went wrong is in
`<git dir>/lorefs/hooks.log`, and `lorefs status` says so again.
"""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Final

from lorefs.brief import brief

if TYPE_CHECKING:
    from collections.abc import Mapping

LOG_LIMIT: Final = 64 * 1024  # bytes; the log starts anew past that


def main() -> None:
    """Run the hook that the first argument names."""
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    brief(lambda: run(name, dict(os.environ), time.time_ns() // 1_000_000))


def run(name: str, env: Mapping[str, str], now: int) -> None:
    """Reconcile the worktree in which git runs the hook; `now` is in milliseconds."""
    from pathlib import Path

    from lorefs.errors import LorefsError
    from lorefs.repo import locate

    try:
        paths = locate(Path())
        if not (paths.lorefs_dir / "index.db").exists():
            return  # nobody has used lorefs in this worktree yet
        from lorefs.api import Workspace
        from lorefs.sync.branch.detached import leave_behind

        with Workspace.open(
            paths.worktree,
            env=env,
            clock=lambda: now,
            source="git",
            warn=lambda trouble: note(f"{name}: {trouble}"),
            after_change=leave_behind,
        ) as workspace:
            workspace.reconcile(discover=name != "post-commit")
    except LorefsError as error:
        note(f"{name}: {error}" + (f" ({error.hint})" if error.hint else ""))
    except OSError as error:
        note(f"{name}: {error}")


def note(line: str) -> None:
    """Add a line to the log of hooks, if there is a place for it."""
    from pathlib import Path

    from lorefs.errors import NotARepositoryError
    from lorefs.repo import locate

    try:
        log = locate(Path()).lorefs_dir / "hooks.log"
        small = log.exists() and log.stat().st_size < LOG_LIMIT
        with log.open("a" if small else "w", encoding="utf-8") as file:
            file.write(f"{line}\n")
    except (NotARepositoryError, OSError):
        return  # no repository, no place to write: git's command goes on all the same


if __name__ == "__main__":
    main()
