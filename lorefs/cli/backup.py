"""`lorefs backup`."""

from __future__ import annotations

from typing import Annotated

import typer

from lorefs.cli.backing_up import report_json, status_json, write_report, write_status
from lorefs.cli.backup_setup import disable, restore, setup
from lorefs.cli.here import open_workspace
from lorefs.cli.options import Json
from lorefs.cli.output import can_ask, write_json
from lorefs.errors import ExitStatus

EXAMPLES = """
lorefs backup setup git@host:me/lore-backup.git    # once in each clone
lorefs backup                                      # send and receive now
lorefs backup status
lorefs backup restore git@host:me/lore-backup.git  # on a new machine
lorefs backup setup --recipient ~/.ssh/id_ed25519.pub
"""


def run(
    context: typer.Context,
    accept_deletions: Annotated[
        bool, typer.Option("--accept-deletions", help="Take what deletes most of the lore.")
    ] = False,
    accept_rewrite: Annotated[
        bool, typer.Option("--accept-rewrite", help="Follow a backup that was made anew.")
    ] = False,
    replace_damaged: Annotated[
        bool, typer.Option("--replace-damaged", help="Send yours over what cannot be used.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print only what is wrong.")] = False,
    json: Json = False,
) -> ExitStatus | None:
    """Back up personal lore, encrypted: receive, merge, and send what changed.

    What leaves the machine can be read with your keys alone. Exits with 1 where something could
    not be used, or waits for you.
    """
    if context.invoked_subcommand is not None:
        return None
    with open_workspace() as workspace:
        report = workspace.backup(
            accept_deletions=accept_deletions,
            accept_rewrite=accept_rewrite,
            replace_damaged=replace_damaged,
            interactive=can_ask(),
        )
    if json:
        write_json(report_json(report))
    else:
        write_report(report, quiet=quiet)
    return ExitStatus.DONE if report.ok else ExitStatus.FINDINGS


def status(json: Json = False) -> ExitStatus:
    """Show what is backed up, where, for which keys, and how the last run went."""
    with open_workspace() as workspace:
        found = workspace.backup_status()
    if json:
        write_json(status_json(found))
    else:
        write_status(found)
    return ExitStatus.DONE if found.ok else ExitStatus.FINDINGS


COMMANDS = {"setup": setup, "restore": restore, "status": status, "disable": disable}
