"""Show what gave way in automatic resolutions, and nobody has looked at yet.

Nothing is lost in a merge that asked nobody: the value that had to give way waits here until
somebody settles it with `lorefs resolve`.
"""

from __future__ import annotations

from typing import Annotated

import typer

from lorefs.cli.here import open_workspace
from lorefs.cli.options import Json
from lorefs.cli.output import write, write_json
from lorefs.cli.records import conflict_json, write_conflict, write_conflicts

EXAMPLES = """
lorefs conflicts
lorefs conflicts --all         # those that are settled, too
lorefs conflicts show 3
"""

Reference = Annotated[
    str, typer.Argument(metavar="N", help="The number, or the start of the record's id.")
]


def run(
    context: typer.Context,
    all_: Annotated[bool, typer.Option("--all", help="Those that are settled, too.")] = False,
    json: Json = False,
) -> None:
    """List the records; `lorefs conflicts show N` shows one with its sides."""
    if context.invoked_subcommand is not None:
        return
    with open_workspace() as workspace:
        found = workspace.conflicts.all() if all_ else workspace.conflicts.open()
        if found or json:
            write_conflicts(found, as_json=json)
        else:
            write("nothing gave way" if all_ else "no open conflicts")


def show(reference: Reference, json: Json = False) -> None:
    """Show a record: base, ours and theirs, what differs from the base marked word by word."""
    with open_workspace() as workspace:
        conflict = workspace.conflicts.get(reference)
        writers = workspace.conflicts.writers(conflict)
        if json:
            write_json({**conflict_json(conflict), "writers": writers})
        else:
            write_conflict(conflict, writers)


COMMANDS = {"show": show}
