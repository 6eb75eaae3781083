"""`lorefs reconcile`."""

from __future__ import annotations

from typing import Annotated

import typer

from lorefs.cli.here import open_workspace
from lorefs.cli.options import Json
from lorefs.cli.report import write_report
from lorefs.errors import ExitStatus, UsageError

EXAMPLES = """
lorefs reconcile
lorefs reconcile --restore             # write missing documents again
lorefs reconcile --accept-deletions    # yes, they were meant to go
"""


def run(
    restore: Annotated[
        bool, typer.Option("--restore", help="Write missing documents again.")
    ] = False,
    accept_deletions: Annotated[
        bool, typer.Option("--accept-deletions", help="Delete entries that are gone from files.")
    ] = False,
    json: Json = False,
) -> ExitStatus:
    """Make files and rows equal, and look for new documents.

    Every command does this for the documents it knows; git's hooks do all of it. Exits with 1
    where something waits for you.
    """
    if restore and accept_deletions:
        raise UsageError("--restore and --accept-deletions contradict each other")
    with open_workspace() as workspace:
        report = workspace.reconcile(
            restore=restore, accept_deletions=accept_deletions, discover=True
        )
    return write_report(report, as_json=json)
