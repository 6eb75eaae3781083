"""`lorefs undo`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from lorefs.cli.changes import write_changes
from lorefs.cli.held import tell_held
from lorefs.cli.here import open_workspace
from lorefs.cli.moved import note_pushed
from lorefs.cli.options import Json
from lorefs.cli.output import write
from lorefs.core.model import PERSONAL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lorefs.store import Change
    from lorefs.store.entries import Entries

EXAMPLES = """
lorefs undo        # the last change
lorefs undo 3      # the last three; what was edited again since stays
"""


def run(
    count: Annotated[int, typer.Argument(metavar="[N]", min=1, help="How many changes.")] = 1,
    json: Json = False,
) -> None:
    """Take back the last changes made here, and show them.

    An undo is a change itself. What git did (a switch, a merge) is left to git. What a promotion
    sent to others stays in their history, and the command says so.
    """
    with open_workspace() as workspace:
        undone = workspace.undo(count)
        entries = workspace.store.entries
        pushed = workspace.pushed(_promoted(undone, entries))
        if undone or json:
            write_changes(entries, undone, as_json=json, pushed=pushed)
        else:
            write("nothing to undo")
        if not json:
            note_pushed(pushed, entries)
        tell_held(workspace)


def _promoted(undone: Sequence[Change], entries: Entries) -> list[str]:
    """The entries whose promotion was taken back: they are personal again."""
    moved = (c.entry for c in undone if c.field == "scope" and c.before == PERSONAL)
    rows = map(entries.get, dict.fromkeys(moved))
    return [row.entry.id for row in rows if row and row.entry.scope == PERSONAL]
