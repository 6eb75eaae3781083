"""`lorefs promote`."""

from __future__ import annotations

from typing import Annotated

import typer

from lorefs.cli.held import tell_held
from lorefs.cli.here import directory_below, open_workspace
from lorefs.cli.moved import note_personal, write_moved
from lorefs.cli.options import Approve, Ids, Json

EXAMPLES = """
lorefs promote 6f1b0a11 9a7c2b44
lorefs promote 6f1b0a11 --to services/api
lorefs undo                               # they are personal again
"""


def run(
    ids: Ids,
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="DIR", help="To this directory's document, not its own."),
    ] = None,
    approve: Approve = False,
    json: Json = False,
) -> None:
    """Move personal entries to the team's document of their directory; their ids stay.

    All of them are moved or none. What is restricted is refused. Prints where each stands then:
    where the team's policy asks for approval, that is the review document beside.
    """
    with open_workspace() as workspace:
        directory = None if to is None else directory_below(workspace.root, to)
        rows = workspace.promote(ids, directory=directory, approve=approve)
        write_moved(rows, workspace.store.entries, as_json=json)
        if not json:
            note_personal(rows, workspace.store.entries)
        tell_held(workspace)
