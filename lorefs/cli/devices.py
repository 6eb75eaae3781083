"""`lorefs devices`."""

from __future__ import annotations

from lorefs.cli.here import open_workspace
from lorefs.cli.listing import timestamp
from lorefs.cli.options import Json
from lorefs.cli.output import (
    ID_STYLE,
    counted,
    for_person,
    one_line,
    write_columns,
    write_json,
    write_lines,
)

EXAMPLES = """
lorefs devices
"""


def run(json: Json = False) -> None:
    """Show the machines that took part, by the commits on the sync branch.

    A device is a clone with a database of its own; its id is random.
    """
    with open_workspace() as workspace:
        found = workspace.devices()
        own = workspace.store.state("device")
    if json:
        write_json([each._asdict() | {"last_commit": timestamp(each.last_commit * 1000)}
                    for each in found])  # fmt: skip
    elif not for_person():
        write_columns(
            (each.id, each.platform, each.author, timestamp(each.last_commit * 1000))
            for each in found
        )
    else:
        write_lines(
            [
                (f"{one_line(each.id)}  ", ID_STYLE),
                (timestamp(each.last_commit * 1000), ""),
                (f"  {counted(each.commits, 'commit', 'commits')}".ljust(14), "dim"),
                (f"  {one_line(each.author)}  {one_line(each.platform)}", ""),
                ("  (this one)" if each.id == own else "", "green"),
            ]
            for each in found
        )
