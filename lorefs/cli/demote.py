"""`lorefs demote`."""

from __future__ import annotations

from lorefs.cli.here import open_workspace
from lorefs.cli.moved import note_pushed, write_moved
from lorefs.cli.options import Ids, Json

EXAMPLES = """
lorefs demote 6f1b0a11
lorefs undo            # the team has it again
"""


def run(ids: Ids, json: Json = False) -> None:
    """Move entries of the team to the personal document of their directory; their ids stay.

    All of them are moved or none. The team loses them with the next commit or exchange; history
    that was pushed keeps their texts, and the command says so.
    """
    with open_workspace() as workspace:
        rows = workspace.demote(ids)
        pushed = workspace.pushed([row.entry.id for row in rows])
        write_moved(rows, workspace.store.entries, as_json=json, pushed=pushed)
        if not json:
            note_pushed(pushed, workspace.store.entries)
