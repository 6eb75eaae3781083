"""`lorefs publish`."""

from __future__ import annotations

from typing import Annotated

import typer

from lorefs.cli.here import directory_below, open_workspace
from lorefs.cli.options import Json
from lorefs.cli.output import write, write_json

EXAMPLES = """
lorefs publish && git commit -m "Lore of this week" .lore.md
"""


def run(
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PATH...]", help="Documents; all if none."),
    ] = None,
    json: Json = False,
) -> None:
    """Write what arrived from others into the files that git tracks, ready to be committed."""
    with open_workspace() as workspace:
        wanted = [directory_below(workspace.root, path) for path in paths or ()]
        written = workspace.publish(wanted)
    if json:
        write_json(written)
        return
    for document in written:
        write(f"wrote {document}")
    if not written:
        write("every file is up to date")
