"""`lorefs rm`."""

from __future__ import annotations

from lorefs.cli.here import open_workspace
from lorefs.cli.listing import short_ids, title_line
from lorefs.cli.options import Ids
from lorefs.cli.output import write_lines

EXAMPLES = """
lorefs rm 6f1b0a11
lorefs undo          # brings it back
"""


def run(ids: Ids) -> None:
    """Delete entries."""
    with open_workspace() as workspace:
        rows = workspace.remove(ids)
        short = short_ids([row.entry.id for row in rows], workspace.store.entries)
    write_lines([("deleted ", ""), *title_line(row, short)] for row in rows)
