"""`lorefs undo`."""

from __future__ import annotations

from typing import Annotated

import typer

from lorefs.cli.changes import write_changes
from lorefs.cli.here import open_workspace
from lorefs.cli.options import Json
from lorefs.cli.output import write

EXAMPLES = """
lorefs undo        # the last change
lorefs undo 3      # the last three; what was edited again since stays
"""


def run(
    count: Annotated[int, typer.Argument(metavar="[N]", min=1, help="How many changes.")] = 1,
    json: Json = False,
) -> None:
    """Take back the last changes made here, and show them.

    An undo is a change itself. What git did (a switch, a merge) is left to git.
    """
    with open_workspace() as workspace:
        undone = workspace.undo(count)
        if undone or json:
            write_changes(workspace.store.entries, undone, as_json=json)
        else:
            write("nothing to undo")
