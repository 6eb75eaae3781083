"""Says what the team's policy did not let a command do, where it held anything up."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lorefs.api import Workspace


def tell_held(workspace: Workspace) -> None:
    """Say on standard error what the last change was not let do; most commands have nothing."""
    if workspace.held:
        from lorefs.cli.proposals import write_held

        write_held(workspace)
