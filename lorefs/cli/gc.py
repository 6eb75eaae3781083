"""`lorefs gc`."""

from __future__ import annotations

from lorefs.cli.here import open_workspace
from lorefs.cli.options import Json
from lorefs.cli.output import counted, one_line, write_json, write_lines

EXAMPLES = """
lorefs gc
"""


def run(json: Json = False) -> None:
    """Pack what the exchange wrote, and drop backups of the sync branch that are 90 days old.

    A sync does this by itself once a day if there is much (`sync.gc`). It touches nothing that
    is not behind the sync branch, and no setting of git's.
    """
    with open_workspace() as workspace:
        done = workspace.collect_garbage()
    if json:
        write_json({"packed": done.packed, "dropped": list(done.dropped)})
        return
    write_lines([[("packed: ", "bold"), (counted(done.packed, "object", "objects"), "")]])
    write_lines([[("dropped: ", "bold"), (one_line(ref), "")] for ref in done.dropped])
