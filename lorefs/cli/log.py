"""`lorefs log`."""

from __future__ import annotations

from typing import Annotated

import typer

from lorefs.cli.changes import write_changes
from lorefs.cli.freshness import freshen
from lorefs.cli.here import open_workspace
from lorefs.cli.options import Json, Limit, ReadAfter

EXAMPLES = """
lorefs log -n 10
lorefs log 6f1b0a11        # works for deleted entries, too
"""


def run(
    id: Annotated[str | None, typer.Argument(metavar="[ID]", help="Of this entry alone.")] = None,
    limit: Limit = 50,
    json: Json = False,
    read_after: ReadAfter = False,
) -> None:
    """Show what changed, the newest first: field by field, when, by whom, through what."""
    with open_workspace() as workspace:
        freshen(workspace, read_after=read_after)
        changes = workspace.log(id, limit)
        write_changes(workspace.store.entries, changes, as_json=json, revisions=id is not None)
