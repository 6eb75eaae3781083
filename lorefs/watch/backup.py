"""The backup that watch makes beside the rest: when it is due, and how it went.

Nothing waits for it, and what goes wrong with it keeps neither files nor the team waiting.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from lorefs.core import schedule
from lorefs.core.model import PERSONAL
from lorefs.core.schedule import Pace
from lorefs.watch.cycle import CycleResult, Worker
from lorefs.watch.messages import Message
from lorefs.watch.power import seconds

if TYPE_CHECKING:
    from collections.abc import Callable

    from lorefs.api import Workspace
    from lorefs.sync.backup.report import BackupReport
    from lorefs.watch.cycle import Cycle
    from lorefs.watch.messages import Tell


def backup_of(workspace: Workspace, opened: Callable[[], Workspace]) -> Cycle | None:
    """The backup of a workspace's personal documents, None while it is off.

    `opened` opens the workspace once more: it runs beside the loop.
    """
    if not workspace.config.backup.enabled:
        return None

    def run() -> CycleResult:
        with opened() as own:
            return result_of(own.backup(rescan=False))

    return run


def result_of(report: BackupReport) -> CycleResult:
    """What the watch's journal tells of a backup; documents count as commits do elsewhere."""
    words, hint = "", ""
    if report.damaged:
        words, hint = report.damaged[0].message, report.damaged[0].hint or ""
    elif report.questions:
        words = f"{report.questions[0].document}: {report.questions[0].reason}"
        hint = "see `lorefs backup`"
    return CycleResult(
        ok=report.ok,
        error=words,
        hint=hint,
        pushed=len(report.sent),
        fetched=len(report.received),
        conflicts=len(report.arrived.conflicts),
    )


class Backups:
    """The backups of one session; there are none without a `cycle`."""

    def __init__(self, workspace: Workspace, cycle: Cycle | None, tell: Tell) -> None:
        self._workspace = workspace
        self._tell = tell
        self._worker = None if cycle is None else Worker(cycle, self._ended)
        self._pace = Pace()
        self._began = seconds()
        self._started = 0.0
        self._documents = self._hashes() if self._worker else ()

    def stop(self) -> None:
        """End what is under way."""
        if self._worker is not None:
            self._worker.stop()

    def changed(self, now: float) -> None:
        """Something changed on this machine; only personal documents count."""
        if self._worker is None:
            return
        before, self._documents = self._documents, self._hashes()
        if self._documents != before:
            self._pace = schedule.changed(self._pace, now)

    def start_if_due(self, now: float) -> None:
        """Begin a backup, if it is time and none is under way."""
        if self._worker is not None and not self._worker.running and now >= self.due():
            self._started = now
            self._worker.start()

    def due(self) -> float:
        """When the next one is; never while one is under way, whose end tells it."""
        if self._worker is None or self._worker.running:
            return float("inf")
        return schedule.next_backup(self._pace, self._began)

    def _ended(self, message: Message) -> None:
        """In the worker's thread: notes the end for `due`, and tells the loop."""
        if message.result is not None:
            self._pace = schedule.cycled(
                self._pace, self._started, seconds(), ok=message.result.ok, active=False,
                jitter=random.random(),  # noqa: S311  # spreads retries, hides nothing
            )  # fmt: skip
        self._tell(Message("backup", result=message.result, bug=message.bug))

    def _hashes(self) -> tuple[tuple[str, str], ...]:
        states = self._workspace.store.documents.states()
        return tuple((each.path, each.hash) for each in states if each.scope == PERSONAL)
