"""The cycle that watch makes: one exchange with the team, on a workspace of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lorefs.remote import RemoteError
from lorefs.watch.cycle import CycleResult

if TYPE_CHECKING:
    from collections.abc import Callable

    from lorefs.api import Workspace
    from lorefs.sync.branch.report import CycleReport
    from lorefs.watch.cycle import Cycle


def cycle_of(workspace: Workspace, opened: Callable[[], Workspace]) -> Cycle | None:
    """The exchange of a workspace's worktree, None while sync is off.

    `opened` opens the workspace once more: a cycle runs beside the loop.
    """
    if not workspace.config.sync.enabled:
        return None
    workspace.here.load()

    def run() -> CycleResult:
        with opened() as own:
            report = own.sync(fetch="news", rescan=False, hubs=False)  # they come beside
            return result_of(report, own.traffic(report))

    return run


def result_of(report: CycleReport, moved: int = 0) -> CycleResult:
    """What the watch's journal tells of a cycle that moved so many bytes."""
    error = next(iter(report.failures), None)
    words = error.message if error is not None else ""
    if isinstance(error, RemoteError) and error.words:
        words = f"{words}: {error.reason}"
    return CycleResult(
        ok=report.ok,
        error=words,
        hint=(error.hint or "") if error is not None else "",
        pushed=sum(each.sent for each in report.exchanges),
        fetched=sum(each.received for each in report.exchanges),
        conflicts=len(report.arrived.conflicts),
        bytes=moved,
        active=bool(report.arrived.changes),
    )
