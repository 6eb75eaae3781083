"""The `lorefs` command: answers `--version` at once and loads the command line for the rest."""

from __future__ import annotations

import gc
import sys
from typing import Final

from lorefs import __version__

LASTING: Final = {"mcp", "watch"}  # commands that go on until somebody ends them
OBJECTS: Final = 50_000  # that a short command makes before it looks for garbage


def main() -> int:
    """Run the command line on `sys.argv` and return its exit status.

    Nearly all that a short command loads lives until it ends. Searching that for garbage again
    and again, and once more at the end, would be a tenth of its time.
    """
    arguments = sys.argv[1:]
    if LASTING.isdisjoint(arguments[:1]):
        gc.set_threshold(OBJECTS)
    status = _run(arguments)
    gc.freeze()
    return status


def _run(arguments: list[str]) -> int:
    if arguments == ["--version"]:
        print(f"lorefs {__version__}")
        return 0
    if arguments[:1] == ["sync"]:
        from lorefs.cli.exchange import PLAIN, run_plain

        if tuple(arguments) in PLAIN:
            return run_plain(arguments)
    from lorefs.cli.app import run

    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())
