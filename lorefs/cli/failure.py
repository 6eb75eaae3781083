"""Turns whatever goes wrong into words on standard error and an exit status."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from lorefs.cli.output import ID_STYLE, one_line, safe, write_lines
from lorefs.errors import AmbiguousIdError, ConflictError, ExitStatus, GitError, LorefsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from lorefs.cli.output import Span

INTERRUPTED = 130  # as a shell reports SIGINT
PIPE_CLOSED = 141  # and SIGPIPE
CANDIDATES = 10  # entries that an ambiguous id is shown to fit


def status_of(command: Callable[[], object], arguments: list[str]) -> int:
    """Run a command and return its exit status; failures are worded on standard error."""
    try:
        status = command()
        sys.stdout.flush()
    except LorefsError as error:
        explain(error)
        return error.status
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # who reads has seen enough; Python must not complain when it closes what is left
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except Exception as error:  # noqa: BLE001  # the one place where a bug becomes a report
        ended = _ended_by_typer(error)
        if ended is None:
            report(error, arguments)
            return ExitStatus.INTERNAL
        return ended
    return status if isinstance(status, int) else ExitStatus.DONE


def _ended_by_typer(error: Exception) -> int | None:
    """The exit status that typer wants with what it raises, None for all else."""
    if "typer" not in sys.modules:  # not every command line needs it
        return None
    from typer import Abort, Exit
    from typer.exceptions import TyperException

    match error:
        case TyperException():
            _explain_usage(error)
            return ExitStatus.USAGE
        case Exit():  # of --help, --version and the like
            return error.exit_code
        case Abort():  # a question was not answered, and its line is not at its end
            write_lines([[], [("nothing was changed", "")]], sys.stderr)
            if not sys.stdin.isatty():
                words = "nobody is here to answer; --yes asks nothing"
                write_lines([[("hint: ", "bold"), (words, "")]], sys.stderr)
            return INTERRUPTED
        case _:
            return None


def explain(error: LorefsError) -> None:
    """Say on standard error what is wrong, where, and what helps."""
    write_lines(_words(error), sys.stderr)


def warn(trouble: LorefsError) -> None:
    """Say on standard error what went wrong beside the work, which is done."""
    write_lines(_words(trouble, ("warning: ", "bold yellow")), sys.stderr)


def _words(error: LorefsError, label: Span = ("error: ", "bold red")) -> Iterator[list[Span]]:
    yield [label, (_message(error), "")]
    match error:
        case GitError() if "\n" in error.words:
            said = (line.rstrip() for line in error.words.split("\n"))
            yield from ([("  git: ", "dim"), (safe(line), "")] for line in said if line)
        case AmbiguousIdError():
            shown = error.candidates[:CANDIDATES]
            yield from ([(f"  {one_line(ident)}", ID_STYLE)] for ident in shown)
        case ConflictError():
            from lorefs.cli.listing import current_lines

            yield from current_lines(error.current)
        case _:
            pass
    if error.hint:
        yield [("hint: ", "bold"), (one_line(error.hint), "")]


def _message(error: LorefsError) -> str:
    """The error on one line: where, what, and what stood there, nothing twice."""
    message = one_line(error.message)
    line = f":{error.line}" if error.line else ""
    if error.path is not None and (line or error.path not in error.message):
        message = f"{one_line(error.path)}{line}: {message}"
    elif line:
        message = f"line {error.line}: {message}"
    found = error.found
    if found is not None and "\n" not in found and found not in error.message:
        message += f": {one_line(found)!r}"
    return message


def _explain_usage(error: Exception) -> None:
    """An argument that cannot be parsed; typer words these, and shows the help it asks for."""
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError" and context is not None:
        sys.stderr.write(context.get_help() + "\n")
        return
    message = getattr(error, "format_message", error.__str__)()
    write_lines([[("error: ", "bold red"), (one_line(message), "")]], sys.stderr)
    if context is not None:
        write_lines(
            [[("hint: ", "bold"), (f"see `{context.command_path} --help`", "")]], sys.stderr
        )


def report(error: Exception, arguments: list[str]) -> None:
    """Save what a bug report needs, and say where. Values of entries are not in it."""
    import platform
    import traceback

    from lorefs import __version__

    text = (
        f"lorefs {__version__}, Python {platform.python_version()}, {platform.platform()}\n"
        f"command: {' '.join(arguments[:1])} (with {len(arguments) - 1} arguments)\n\n"
        f"{''.join(traceback.format_exception(error))}"
    )
    path = _save(text)
    lines: list[list[Span]] = [
        [("error: ", "bold red"), ("lorefs failed in a way that it should not", "")],
        [("hint: ", "bold"), (f"the report is in {path}", "")],
    ]
    if path is None:
        lines = [lines[0], [(safe(text), "")]]
    write_lines(lines, sys.stderr)


def _save(text: str) -> Path | None:
    """The file that holds a report now: in the repository's git directory, else a temporary one."""
    import tempfile
    from pathlib import Path

    places: list[Path] = []
    with suppress(Exception):  # what is broken may be the very code that finds the repository
        from lorefs.repo import locate

        places.append(locate(Path()).lorefs_dir / "reports")
    places.append(Path(tempfile.gettempdir()) / "lorefs-reports")
    for place in places:
        try:
            place.mkdir(parents=True, exist_ok=True)
            number, name = tempfile.mkstemp(".txt", "report-", place)
            with open(number, "w", encoding="utf-8", errors="backslashreplace") as file:  # noqa: PTH123
                file.write(text)
            return Path(name)
        except OSError:
            continue
    return None
