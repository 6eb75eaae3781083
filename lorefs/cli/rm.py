"""`lorefs rm`."""

from __future__ import annotations

from lorefs.cli.held import tell_held
from lorefs.cli.here import open_workspace
from lorefs.cli.listing import short_ids, title_line
from lorefs.cli.options import Ids
from lorefs.cli.output import write_lines

EXAMPLES = """
lorefs rm 6f1b0a11
lorefs undo          # brings it back
"""


def run(ids: Ids) -> None:
    """Delete entries; where the team's policy asks for approval, some of that waits."""
    with open_workspace() as workspace:
        rows = workspace.remove(ids)
        known = workspace.store.entries
        short = short_ids([row.entry.id for row in rows], known)
        gone = [row for row in rows if known.get(row.entry.id) is None]
        write_lines([("deleted ", ""), *title_line(row, short)] for row in gone)
        tell_held(workspace)
