"""`lorefs mcp`."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lorefs.cli.here import current_directory, environment, milliseconds
from lorefs.errors import UsageError

if TYPE_CHECKING:
    from lorefs.api import Workspace

EXAMPLES = """
lorefs mcp                          # for the repository around the current directory
lorefs mcp --directory ~/src/shop   # for a client that starts it elsewhere
"""


def run(
    directory: Annotated[
        Path | None,
        typer.Option("--directory", "-C", metavar="DIR", help="The repository to serve."),
    ] = None,
) -> None:
    """Serve the lore of this worktree to an agent, over standard input and output.

    This is for programs: give the command to a client of the Model Context Protocol. It needs the
    extra of that name: pip install 'lorefs[mcp]'. docs/agents.md shows a session.
    """
    if find_spec("mcp") is None:
        raise UsageError(
            "the Model Context Protocol is not installed", hint="run `pip install 'lorefs[mcp]'`"
        )
    from lorefs.api import Workspace
    from lorefs.cli.failure import report
    from lorefs.mcp.server import serve

    start = current_directory() / (directory or "")
    env = environment()

    def open_workspace() -> Workspace:
        return Workspace.open(start, env=env, clock=milliseconds, source="mcp")

    open_workspace().close()  # what is wrong with the place is said before a client waits
    serve(open_workspace, lambda error: report(error, ["mcp"]))
