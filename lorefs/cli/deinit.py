"""`lorefs deinit`."""

from __future__ import annotations

from lorefs.cli.here import git_here
from lorefs.cli.output import one_line, write, write_lines

EXAMPLES = """
lorefs deinit      # documents stay; git merges them as text again
"""


def run() -> None:
    """Take back all that `lorefs init` installed. Documents stay as they are."""
    from lorefs.install import deinit

    outcomes = deinit(git_here())
    for outcome in outcomes:
        write_lines([[("  ", ""), (one_line(outcome.what), "")]])
    if not outcomes:
        write("nothing was installed")
