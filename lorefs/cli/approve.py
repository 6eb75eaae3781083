"""`lorefs approve`."""

from __future__ import annotations

from typing import Annotated

import typer

from lorefs.cli.here import open_workspace
from lorefs.cli.listing import row_json, short_ids, title_line
from lorefs.cli.options import Json
from lorefs.cli.output import write_json, write_lines

EXAMPLES = """
lorefs approve 6f1b0a11
lorefs approve 6f1b0a11 8f3c5d0e
lorefs approve 6f1b0a11 --if-rev 5c1f0a…     # only what `lorefs review` showed
lorefs undo                                  # takes it back
"""


def run(
    ids: Annotated[
        list[str], typer.Argument(metavar="ID...", help="Of proposals, as `review` lists them.")
    ],
    if_rev: Annotated[
        str | None,
        typer.Option(
            metavar="N|HASH", help="Only if it still is at this revision, or says just that."
        ),
    ] = None,
    force: Annotated[
        bool,
        typer.Option("--force", help="Also where the entry has changed since it was proposed."),
    ] = False,
    json: Json = False,
) -> None:
    """Let proposals stand: in the team's document, or in the entry that they are about.

    That is for those whom the team's policy names. The approval goes for what the entry says
    then. Exits with 4 where the entry that is to change says something else by now.
    """
    with open_workspace() as workspace:
        rows = workspace.approve(ids, if_rev=if_rev, force=force)
        known = workspace.store.entries
        gone = {row.entry.id for row in rows if known.get(row.entry.id) is None}
        if json:
            write_json([row_json(row) for row in rows])
            return
        short = short_ids([row.entry.id for row in rows], known)
    for row in rows:
        word = "removed " if row.entry.id in gone else "approved "
        write_lines([[(word, "green"), *title_line(row, short)]])
