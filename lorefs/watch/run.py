"""Runs the loop in this process, until a signal ends it."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from lorefs.watch.cycle import run_cycle
from lorefs.watch.journal import Journal
from lorefs.watch.lock import hold
from lorefs.watch.loop import Loop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from types import FrameType

    from lorefs.api import Workspace
    from lorefs.sync.report import Report
    from lorefs.watch.cycle import CycleResult, Cycles
    from lorefs.watch.hubs import HubLook, Looks
    from lorefs.watch.journal import Line
    from lorefs.watch.state import State

SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
GRACE: Final = 0.5  # seconds for what is under way when a signal comes


class _OverdueError(BaseException):
    """What is under way takes too long; it is rolled back."""


def watch(  # noqa: PLR0913  # what it does beside the rest, each by its name
    root: Path,
    opened: Callable[[], Workspace],
    cycles: Cycles,
    clock: Callable[[], int],
    log: Callable[[Line], None],
    show: Callable[[State], None] = lambda _: None,
    *,
    backups: Cycles = lambda _: None,
    hubs: Looks = lambda _: None,
) -> None:
    """Watch the worktree at `root` until SIGTERM, SIGINT or SIGHUP, then end within a second.

    `cycles` gives its exchange with the team, `backups` its backup, `hubs` its look at hubs.
    `opened` opens its workspace, again whenever it was replaced. Raises `RunningError` where
    another watch runs, and what opening raises at the first time. Only in the main thread.
    """
    loop = Loop(root, opened, cycles, Journal(os.getpid(), clock, log, show), backups, hubs)
    with _ended_by_signals(loop):
        try:
            loop.run()
        except _OverdueError:
            return


def once(
    workspace: Workspace, cycles: Sequence[Cycles], hubs: Looks
) -> tuple[Report, list[CycleResult | None], tuple[HubLook, ...]]:
    """Look at everything once, make each cycle once that is on, and look at hubs that are due.

    Raises `RunningError` where a watch runs, which does that by itself.
    """
    with hold(workspace.paths.lorefs_dir):
        report = workspace.reconcile(discover=True)
        found = (each(workspace) for each in cycles)
        results = [None if cycle is None else run_cycle(cycle) for cycle in found]
        look = hubs(workspace)
        return report, results, () if look is None else look()


@contextmanager
def _ended_by_signals(loop: Loop) -> Iterator[None]:
    """Has signals end the loop, and an alarm what is then still under way."""

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        loop.stop()
        signal.setitimer(signal.ITIMER_REAL, GRACE)

    def interrupt(number: int, frame: FrameType | None) -> None:
        del number, frame
        if not loop.leaving:  # what comes then is bounded by itself
            raise _OverdueError

    before = {each: signal.signal(each, stop) for each in SIGNALS}
    before[signal.SIGALRM] = signal.signal(signal.SIGALRM, interrupt)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for each, handler in before.items():
            signal.signal(each, handler)
