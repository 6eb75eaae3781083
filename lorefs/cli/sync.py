"""`lorefs sync`."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from lorefs.api import Workspace
from lorefs.cli.cycle import write_preview, write_sync_status
from lorefs.cli.exchange import exchange
from lorefs.cli.here import open_workspace
from lorefs.cli.options import Json
from lorefs.cli.sync_setup import disable, setup
from lorefs.errors import ExitStatus

EXAMPLES = """
lorefs sync setup              # once in each clone
lorefs sync setup --yes --remote upstream --prefix realms/shop
lorefs sync                    # send and receive now
lorefs sync --dry-run          # what would that do?
lorefs sync status
lorefs sync disable
"""


def run(
    context: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the plan only.")] = False,
    accept_deletions: Annotated[
        bool, typer.Option("--accept-deletions", help="Take what deletes most of the lore.")
    ] = False,
    accept_rewrite: Annotated[
        bool, typer.Option("--accept-rewrite", help="Follow a remote whose branch was rewritten.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print only what is wrong.")] = False,
    detached: Annotated[bool, typer.Option("--detached", hidden=True)] = False,
    json: Json = False,
) -> ExitStatus | None:
    """Exchange lore with the team: one cycle of sending and receiving.

    What cannot be sent now waits on the local branch. Exits with 1 where something waits, or
    waits for you.
    """
    if context.invoked_subcommand is not None:
        return None
    if detached:
        with open_workspace() as workspace:
            return _sync_alone(workspace)
    if dry_run:
        with open_workspace() as workspace:
            return write_preview(workspace.preview_sync(), as_json=json)
    return exchange(
        accept_deletions=accept_deletions,
        accept_rewrite=accept_rewrite,
        quiet=quiet,
        as_json=json,
    )


def _sync_alone(workspace: Workspace) -> ExitStatus:
    """What a command has left behind: one process at a time, and nobody reads what it says."""
    from lorefs.sync.branch.detached import run_wanted

    run_wanted(workspace.paths.lorefs_dir, partial(workspace.sync, fetch="news"))
    return ExitStatus.DONE


def status(json: Json = False) -> ExitStatus:
    """Show the sync branch, what waits to be sent, and how the last exchange went."""
    with open_workspace() as workspace:
        return write_sync_status(workspace.sync_status(), workspace.config.sync, as_json=json)


COMMANDS = {"setup": setup, "status": status, "disable": disable}
