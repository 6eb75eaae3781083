"""The `lorefs` command: answers `--version` at once and loads the command line for the rest."""

from __future__ import annotations

import sys

from lorefs import __version__


def main() -> int:
    """Run the command line on `sys.argv` and return its exit status."""
    if sys.argv[1:] == ["--version"]:
        print(f"lorefs {__version__}")
        return 0
    if sys.argv[1:2] == ["sync"]:
        from lorefs.cli.exchange import PLAIN, run_plain

        if tuple(sys.argv[1:]) in PLAIN:
            return run_plain(sys.argv[1:])
    from lorefs.cli.app import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
