"""The `lorefs` command: answers `--version` at once and loads the command line for the rest."""

from __future__ import annotations

import sys
from functools import partial

from lorefs import __version__
from lorefs.brief import brief

LASTING = {"mcp", "watch"}  # commands that go on until somebody ends them


def main() -> int:
    """Run the command line on `sys.argv` and return its exit status."""
    arguments = sys.argv[1:]
    run = partial(_run, arguments)
    return brief(run) if LASTING.isdisjoint(arguments[:1]) else run()


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
