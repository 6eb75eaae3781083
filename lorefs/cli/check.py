"""`lorefs check`."""

from __future__ import annotations

from typing import Annotated

import typer

from lorefs.cli.findings import Format, write_findings
from lorefs.cli.here import current_directory, directory_below, environment
from lorefs.cli.options import Json
from lorefs.errors import ExitStatus, UsageError

EXAMPLES = """
lorefs check                         # every document of this worktree
lorefs check --staged                # what the next commit would hold
lorefs check services --ignore LORE6
lorefs check --format sarif > lore.sarif
"""


def run(
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="[PATH]...", help="Files or directories.")
    ] = None,
    staged: Annotated[bool, typer.Option("--staged", help="Look at the index.")] = False,
    commit: Annotated[str | None, typer.Option(metavar="COMMIT", help="Look at a commit.")] = None,
    since: Annotated[
        str | None, typer.Option(metavar="COMMIT", help="Only at what changed since that one.")
    ] = None,
    form: Annotated[
        Format, typer.Option("--format", "-f", help="How findings are printed.")
    ] = "text",
    select: Annotated[
        list[str] | None, typer.Option(metavar="CODE", help="Run these rules; repeatable.")
    ] = None,
    ignore: Annotated[
        list[str] | None, typer.Option(metavar="CODE", help="Leave these out; repeatable.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings fail, too.")] = False,
    json: Json = False,
) -> ExitStatus:
    """Look for what should not be committed, read, or fed to an agent.

    A CODE is that of a rule, or its start: LORE3 means all rules of that family. Exits with 1
    if there are errors. docs/rules.md explains each rule.
    """
    from lorefs.check.run import fails
    from lorefs.inspection import Request, inspect, open_git

    if since is not None and commit is None:
        raise UsageError("--since belongs to --commit", hint="lorefs check --commit B --since A")
    git = open_git(current_directory(), environment(), staged=staged)
    root = git.paths.worktree
    request = Request(
        tuple(directory_below(root, path) for path in paths or ()),
        staged=staged,
        commit=commit,
        since=since,
        select=_codes(select),
        ignore=_codes(ignore),
    )
    found = inspect(git, request)
    write_findings(found.findings, found.documents, "json" if json else form)
    return ExitStatus.FINDINGS if fails(found.findings, strict=strict) else ExitStatus.DONE


def _codes(options: list[str] | None) -> tuple[str, ...]:
    """Codes from options that may hold several between commas."""
    return tuple(
        code.strip() for option in options or () for code in option.split(",") if code.strip()
    )
