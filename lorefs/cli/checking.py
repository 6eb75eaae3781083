"""Runs a check and prints what it found; for `lorefs check` and for the hooks alike.

Hooks start this on every commit, so it imports no command-line library.
"""

from __future__ import annotations

from dataclasses import dataclass

from lorefs.check.finding import ERROR
from lorefs.check.run import fails
from lorefs.cli.failure import explain
from lorefs.cli.findings import Format, write_findings, write_for_hook
from lorefs.cli.here import current_directory, directory_below, environment, standard_input
from lorefs.errors import ExitStatus, UsageError
from lorefs.inspection import Request, fix, inspect, open_git, open_receiving, receive


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for; `paths` are as they were typed, codes may stand between commas."""

    paths: tuple[str, ...] = ()
    staged: bool = False
    commit: str | None = None
    since: str | None = None
    form: Format = "text"
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    strict: bool = False
    hook: bool = False
    fix: bool = False
    receive: bool = False


def run_check(options: Options) -> ExitStatus:
    """Check, print, and say whether anything fails."""
    if options.since is not None and options.commit is None:
        raise UsageError("--since belongs to --commit", hint="lorefs check --commit B --since A")
    if options.staged and options.commit is not None:
        raise UsageError("--staged and --commit are two different places", hint="name one of them")
    if options.receive:
        return _receive(options)
    git = open_git(current_directory(), environment(), staged=options.staged)
    root = git.paths.worktree
    request = Request(
        tuple(directory_below(root, path) for path in options.paths),
        staged=options.staged,
        commit=options.commit,
        since=options.since,
        select=_codes(options.select),
        ignore=_codes(options.ignore),
    )
    outcome = fix(git, request) if options.fix else None
    found = inspect(git, request)
    mended, refused = (outcome.mended, outcome.refused) if outcome else ((), ())
    for error in refused:
        explain(error)
    if options.hook:
        write_for_hook(found.findings, found.documents)
    else:
        write_findings(found.findings, found.documents, options.form, mended)
    failed = fails(found.findings, strict=options.strict) or bool(refused)
    return ExitStatus.FINDINGS if failed else ExitStatus.DONE


def _receive(options: Options) -> ExitStatus:
    """Check the push whose lines git gives on standard input; who pushes sees what is printed."""
    request = Request(select=_codes(options.select), ignore=_codes(options.ignore))
    git = open_receiving(current_directory(), environment())
    found = receive(git, standard_input().splitlines(), request)
    errors = [each for each in found.findings if options.strict or each.severity == ERROR]
    if errors:
        write_findings(errors, found.documents)
    return ExitStatus.FINDINGS if errors else ExitStatus.DONE


def _codes(options: tuple[str, ...]) -> tuple[str, ...]:
    words = [word.strip() for option in options for word in option.split(",")]
    return tuple(word for word in words if word)
