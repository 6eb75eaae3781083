"""`lorefs reject`."""

from __future__ import annotations

from typing import Annotated

import typer

from lorefs.cli.here import open_workspace
from lorefs.cli.listing import row_json, short_ids, title_line
from lorefs.cli.options import Json
from lorefs.cli.output import write_json, write_lines

EXAMPLES = """
lorefs reject 6f1b0a11 --why "the gateway was replaced in May"
lorefs edit 6f1b0a11 --status pending       # proposes it again
"""


def run(
    ids: Annotated[
        list[str], typer.Argument(metavar="ID...", help="Of proposals, as `review` lists them.")
    ],
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="For whoever proposed it.")],
    json: Json = False,
) -> None:
    """Turn proposals down. They stay in the review document, with the reason.

    That is for those whom the team's policy names, and for whoever proposed it.
    """
    with open_workspace() as workspace:
        rows = workspace.reject(ids, why)
        if json:
            write_json([row_json(row) for row in rows])
            return
        short = short_ids([row.entry.id for row in rows], workspace.store.entries)
    write_lines([("rejected ", ""), *title_line(row, short)] for row in rows)
