"""`lorefs check`."""

from __future__ import annotations

from typing import Annotated

import typer

from lorefs.cli.checking import Options, run_check
from lorefs.cli.findings import Format
from lorefs.cli.options import Json
from lorefs.errors import ExitStatus

EXAMPLES = """
lorefs check                         # every document of this worktree
lorefs check --staged                # what the next commit would hold
lorefs check --fix                   # ids, copies, lost markers, characters nobody sees
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
    fix: Annotated[bool, typer.Option("--fix", help="Mend what is mechanical first.")] = False,
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
    options = Options(
        tuple(paths or ()), staged, commit, since, "json" if json else form,
        tuple(select or ()), tuple(ignore or ()), strict, fix=fix,
    )  # fmt: skip
    return run_check(options)
