"""The commands `lorefs-check` and `lorefs-fix`: what hooks run before a commit.

They do what `lorefs check` does, without loading the command line, because everybody waits for
them at each commit.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

INTERRUPTED: Final = 130  # as a shell reports SIGINT


def main() -> None:
    """Check: what `lorefs-check` and the native hook run."""
    sys.exit(run(sys.argv[1:], "lorefs-check"))


def mend() -> None:
    """Mend, then check: what `lorefs-fix` runs."""
    sys.exit(run(["--fix", *sys.argv[1:]], "lorefs-fix"))


def run(arguments: Sequence[str], name: str) -> int:
    """Run with arguments, and return the exit status; nothing is raised."""
    options = vars(_parser(name).parse_args(arguments))

    def check() -> int:
        from lorefs.cli.checking import Options, run_check

        for key in ("paths", "select", "ignore"):
            options[key] = tuple(options[key] or ())
        return run_check(Options(**options))

    return _status(check, list(arguments))


def _parser(name: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(name, description="See `lorefs check --help`.")
    parser.add_argument("paths", nargs="*", metavar="PATH")
    parser.add_argument("--staged", action="store_true", help="look at the index")
    parser.add_argument("--fix", action="store_true", help="mend what is mechanical first")
    parser.add_argument("--hook", action="store_true", help="print what stops a commit alone")
    parser.add_argument(
        "--receive",
        action="store_true",
        help="look at the push whose lines git gives a pre-receive hook",
    )
    parser.add_argument("--commit", metavar="COMMIT", help="look at a commit")
    parser.add_argument("--since", metavar="COMMIT", help="only at what changed since that one")
    parser.add_argument("--format", dest="form", default="text",
                        choices=("text", "json", "github", "sarif"))  # fmt: skip
    parser.add_argument("--select", action="append", metavar="CODE")
    parser.add_argument("--ignore", action="append", metavar="CODE")
    parser.add_argument("--strict", action="store_true", help="warnings fail, too")
    return parser


def _status(check: Callable[[], int], arguments: list[str]) -> int:
    from lorefs.errors import ExitStatus, LorefsError

    try:
        status = check()
        sys.stdout.flush()
    except LorefsError as error:
        from lorefs.cli.failure import explain

        explain(error)
        return error.status
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001  # a bug becomes a report, as in the command line
        from lorefs.cli.failure import report

        report(error, arguments)
        return ExitStatus.INTERNAL
    return status


if __name__ == "__main__":
    main()
