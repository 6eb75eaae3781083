"""`lorefs sync` once its options are known.

Without any but `--quiet` it does not need the parser of options, which would take as long to
load as a cycle with nothing to do.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from lorefs.cli.cycle import cycle_json, write_cycle
from lorefs.cli.failure import status_of
from lorefs.cli.here import open_workspace
from lorefs.cli.output import can_ask, write_json
from lorefs.cli.report import needs_attention
from lorefs.errors import ExitStatus

# Command lines that mean a cycle, by whether it is a quiet one.
PLAIN: Final = {("sync",): False, ("sync", "-q"): True, ("sync", "--quiet"): True}


def run_plain(arguments: list[str]) -> int:
    """Run one of the plain command lines and return its exit status; nothing is raised."""
    return status_of(partial(exchange, quiet=PLAIN[tuple(arguments)]), arguments)


def exchange(
    *,
    accept_deletions: bool = False,
    accept_rewrite: bool = False,
    quiet: bool = False,
    as_json: bool = False,
) -> ExitStatus:
    """Run one cycle here and print what it did."""
    with open_workspace() as workspace:
        report = workspace.sync(
            accept_deletions=accept_deletions,
            accept_rewrite=accept_rewrite,
            interactive=can_ask(),
        )
    if as_json:
        write_json(cycle_json(report))
    else:
        write_cycle(report, quiet=quiet)
    done = report.ok and not needs_attention(report.reconciled)
    return ExitStatus.DONE if done else ExitStatus.FINDINGS
