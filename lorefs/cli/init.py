"""`lorefs init`."""

from __future__ import annotations

from lorefs.cli.here import git_here, open_workspace
from lorefs.cli.output import counted, one_line, write, write_lines

EXAMPLES = """
lorefs init        # again after moving or upgrading lorefs; it is safe to repeat
"""


def run() -> None:
    """Install the merge driver and the hooks in this repository, and index its lore.

    Prints what it changed. Nothing of yours is overwritten; `lorefs deinit` takes all back.
    """
    from lorefs.install import init

    outcomes = init(git_here())
    for outcome in outcomes:
        mark = ("to do: ", "bold yellow") if outcome.todo else ("  ", "")
        write_lines([[mark, (one_line(outcome.what), "")]])
    if not outcomes:
        write("everything is installed already")
    with open_workspace() as workspace:
        workspace.reconcile(discover=True)
        status = workspace.status()
        entries = counted(status.entries, "entry", "entries")
        documents = counted(len(status.documents), "document", "documents")
        write(f"indexed {entries} in {documents}")
