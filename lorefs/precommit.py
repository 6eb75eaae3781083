"""The commands `lorefs-check` and `lorefs-fix`: what hooks run before a commit.

They do what `lorefs check` does, without loading the command line, because everybody waits for
them at each commit.
"""

from __future__ import annotations

import sys

from lorefs.brief import brief

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lorefs.cli.checking import Options

INTERRUPTED = 130  # as a shell reports SIGINT
FLAGS = ("staged", "hook", "fix", "receive", "strict")
VALUES = ("commit", "since", "format", "select", "ignore")
HELP = """\
usage: {name} [OPTION]... [PATH]...

  --staged           look at the index
  --commit COMMIT    look at a commit
  --since COMMIT     only at what changed since that one
  --fix              mend what is mechanical first
  --select CODE      run these rules; repeatable
  --ignore CODE      leave these out; repeatable
  --strict           warnings fail, too
  --format FORM      text, json, github or sarif
  --hook             print what stops a commit, and nothing else
  --receive          look at the push whose lines git gives a pre-receive hook

`lorefs check --help` says more."""


def main() -> None:
    """Check: what `lorefs-check` and the native hook run."""
    sys.exit(brief(lambda: run(sys.argv[1:], "lorefs-check")))


def mend() -> None:
    """Mend, then check: what `lorefs-fix` runs."""
    sys.exit(brief(lambda: run(["--fix", *sys.argv[1:]], "lorefs-fix")))


def run(arguments: Sequence[str], name: str) -> int:
    """Run with arguments, and return the exit status; nothing is raised."""
    if {"-h", "--help"} & set(arguments):
        sys.stdout.write(HELP.format(name=name) + "\n")
        return 0
    return _status(lambda: _check(arguments), list(arguments))


def _check(arguments: Sequence[str]) -> int:
    from lorefs.cli.checking import run_check

    return run_check(read_options(arguments))


def read_options(arguments: Sequence[str]) -> Options:
    """The options of a command line. Raises `UsageError`."""
    from getopt import GetoptError, gnu_getopt

    from lorefs.cli.checking import Options
    from lorefs.errors import UsageError

    try:
        found, paths = gnu_getopt(list(arguments), "", [*FLAGS, *(f"{name}=" for name in VALUES)])
    except GetoptError as error:
        raise UsageError(error.msg, hint="see `lorefs-check --help`") from None
    given = [(name.removeprefix("--"), text) for name, text in found]
    values = dict(given)
    form = values.get("format", "text")
    if form not in {"text", "json", "github", "sarif"}:
        raise UsageError("--format is text, json, github or sarif", found=form)
    return Options(
        tuple(paths),
        commit=values.get("commit"),
        since=values.get("since"),
        form=form,  # type: ignore[arg-type]  # one of these, as just seen
        select=tuple(text for name, text in given if name == "select"),
        ignore=tuple(text for name, text in given if name == "ignore"),
        **{flag: flag in values for flag in FLAGS},
    )


def _status(check: Callable[[], int], arguments: list[str]) -> int:
    from lorefs.errors import ExitStatus, LorefsError, NotARepositoryError

    try:
        status = check()
        sys.stdout.flush()
    except LorefsError as error:
        from lorefs.cli.failure import explain

        explain(error)
        if isinstance(error, NotARepositoryError) and "--hook" in arguments:
            return ExitStatus.DONE  # a hook for all repositories, in one that is not for lorefs
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
