"""`lorefs mv`."""

from __future__ import annotations

from typing import Annotated

import typer

from lorefs.cli.here import directory_below, open_workspace
from lorefs.cli.listing import short_ids, title_line
from lorefs.cli.options import Id
from lorefs.cli.output import one_line, write_lines

EXAMPLES = """
lorefs mv 6f1b0a11 services/api
lorefs mv 6f1b0a11 .           # to the document of this directory
"""


def run(
    id: Id,
    directory: Annotated[str, typer.Argument(metavar="DIR", help="It has to exist.")],
) -> None:
    """Move an entry to the document of another directory; its id stays."""
    with open_workspace() as workspace:
        row = workspace.move(id, directory_below(workspace.root, directory))
        short = short_ids([row.entry.id], workspace.store.entries)
    write_lines([[*title_line(row, short), (f"  → {one_line(row.document)}", "dim")]])
