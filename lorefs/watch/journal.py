"""Keeps account of what watch does: the state file, lines for a log, and whoever looks on."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Literal

from lorefs.errors import LorefsError
from lorefs.watch import state as states
from lorefs.watch.state import Cycled, Reconciled, State

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from lorefs.sync.report import Report
    from lorefs.watch.cycle import CycleResult
    from lorefs.watch.hubs import HubLook
    from lorefs.watch.state import HubTrouble

PAUSE: Final = 0.2  # seconds between two writes of the file, at least
HEARTBEAT: Final = 60.0  # and at most

Level = Literal["info", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the log. `at` is in milliseconds since 1970."""

    at: int
    level: Level
    event: str
    facts: Mapping[str, object] = field(default_factory=dict)


class Journal:
    """What watch tells others. `log` gets each line once, `show` the state whenever it changes."""

    def __init__(
        self,
        pid: int,
        clock: Callable[[], int],
        log: Callable[[Line], None],
        show: Callable[[State], None] = lambda _: None,
    ) -> None:
        self._clock = clock
        self._log = log
        self._show = show
        self._folder: Path | None = None
        self._written: State | None = None
        self._wrote_at = 0.0
        self._told: set[tuple[str, str]] = set()
        self._hubs: dict[str, str] = {}  # those that cannot be read, and why
        self.state = State(pid, clock())

    # ---- what happens

    def opened(self, folder: Path, root: str, *, sync: bool) -> None:
        """A worktree was opened; `folder` is where its state belongs."""
        self._folder = folder
        self._change(sync=sync, next_cycle_at=None, stopped_at=None)
        self.line("opened", root=root, sync=sync)
        self.publish(at_once=True)  # the first look at everything may take long

    def closed(self, reason: str, *, stopped: bool) -> None:
        """Watch ends, or the worktree is not what was opened any more."""
        now = self._clock()
        self._change(
            stopped_at=now, directories=0, limited="", queue=0, oldest=None, next_cycle_at=None
        )
        self.line("closed", "info" if stopped else "warning", reason=reason)
        self.publish(at_once=True)
        self._folder = None

    def queued(self, count: int, waiting: float | None) -> None:
        """So many events wait, the oldest for so many seconds."""
        oldest = None if waiting is None else self._clock() - round(waiting * 1000)
        if (count > 0) != (self.state.queue > 0):
            self._change(queue=count, oldest=oldest)
        elif count != self.state.queue:
            self._change(queue=count)  # the oldest is the one that it was

    def watching(self, directories: int, limited: str) -> None:
        """So many directories are watched, and why these are not all."""
        if limited and limited != self.state.limited:
            self.line("limited", "warning", reason=limited)
        self._change(directories=directories, limited=limited)

    def rescanned(self, reason: str, *, overflow: bool) -> None:
        """Everything was looked at."""
        totals = self.state.totals
        totals = replace(totals, rescans=totals.rescans + 1, overflows=totals.overflows + overflow)
        self._change(rescan_at=self._clock(), rescan_reason=reason, totals=totals)
        if overflow:
            self.line("rescanned", "warning", reason=reason)

    def reconciled(self, report: Report, seconds: float) -> None:
        """A batch was taken in."""
        added, edited, deleted = map(len, (report.added, report.edited, report.deleted))
        written, old = len(report.written), self.state.totals
        totals = replace(
            old,
            reconciles=old.reconciles + 1,
            reconcile_seconds=old.reconcile_seconds + seconds,
            added=old.added + added,
            edited=old.edited + edited,
            deleted=old.deleted + deleted,
            written=old.written + written,
            discards=old.discards + report.discards,
        )
        self._change(totals=totals, reconcile_failures=0)
        self._tell_what_waits(report)
        if not (report.changes or written):
            return
        last = Reconciled(self._clock(), seconds, added, edited, deleted, written)
        self._change(reconcile=last)
        self.line(
            "reconciled", added=added, edited=edited, deleted=deleted, written=written,
            discards=report.discards, seconds=round(seconds, 3),
        )  # fmt: skip

    def _tell_what_waits(self, report: Report) -> None:
        """A line for each document that is left alone, when that begins."""
        waits = {(each.document, each.reason) for each in report.waiting}
        waits |= {(each.document, each.reason) for each in report.questions}
        waits |= {(error.path or "", error.message) for error in report.refusals}
        for document, reason in sorted(waits - self._told):
            self.line("left alone", "warning", document=document, reason=reason)
        self._told = waits

    def failed(self, error: Exception) -> None:
        """A batch could not be taken in; it is tried again."""
        totals = self.state.totals
        self._change(
            totals=replace(totals, reconcile_failures=totals.reconcile_failures + 1),
            reconcile_failures=self.state.reconcile_failures + 1,
        )
        self.trouble("reconcile failed", error)

    def trouble(self, event: str, error: Exception) -> None:
        """Something failed."""
        message = error.message if isinstance(error, LorefsError) else str(error)
        hint = (error.hint or "") if isinstance(error, LorefsError) else ""
        self.state = self.state.with_trouble(self._clock(), message, hint)
        self.line(event, "error", message=message, hint=hint)

    def cycled(self, result: CycleResult, seconds: float) -> None:
        """An exchange with the remote ended."""
        now, old, failing = self._clock(), self.state.totals, self.state.failing_since
        totals = replace(
            old,
            cycles=old.cycles + 1,
            cycle_failures=old.cycle_failures + (not result.ok),
            cycle_seconds=old.cycle_seconds + seconds,
            pushed=old.pushed + result.pushed,
            fetched=old.fetched + result.fetched,
            conflicts=old.conflicts + result.conflicts,
            bytes=old.bytes + result.bytes,
        )
        counts = (result.pushed, result.fetched, result.conflicts, result.bytes)
        self._change(
            totals=totals,
            cycle=Cycled(now, seconds, result.ok, result.error, *counts),
            last_success_at=now if result.ok else self.state.last_success_at,
            failing_since=None if result.ok else failing or now,
        )
        if not result.ok:
            self.state = self.state.with_trouble(now, result.error, result.hint)
            self.line("sync failed", "error", message=result.error, hint=result.hint)
        elif result.pushed or result.fetched or result.conflicts or failing is not None:
            self.line(
                "synced", pushed=result.pushed, fetched=result.fetched,
                conflicts=result.conflicts, bytes=result.bytes, seconds=round(seconds, 3),
            )  # fmt: skip

    def backed_up(self, result: CycleResult) -> None:
        """A backup ended; how it stands is in the database, for `backup status`."""
        if not result.ok:
            self.state = self.state.with_trouble(self._clock(), result.error, result.hint)
            self.line("backup failed", "error", message=result.error, hint=result.hint)
        elif result.pushed or result.fetched:
            self.line("backed up", sent=result.pushed, received=result.fetched)

    def looked_at_hubs(self, looks: Sequence[HubLook], troubles: tuple[HubTrouble, ...]) -> None:
        """Further hubs were looked at, and these cannot be read; a line when that changes."""
        hints = {each.hub: each.hint for each in looks}
        for each in troubles:
            if self._hubs.get(each.hub) != each.error:
                hint = hints.get(each.hub, "")
                self.line("hub failed", "warning", hub=each.hub, message=each.error, hint=hint)
        for look in looks:
            if not look.error and (look.news or look.hub in self._hubs):
                self.line("hub read", hub=look.hub, news=look.news)
        self._hubs = {each.hub: each.error for each in troubles}
        self._change(hubs=troubles)

    def hubs_failed(self, result: CycleResult) -> None:
        """Further hubs could not be looked at, for a reason that is none of theirs."""
        self.line("hubs failed", "warning", message=result.error, hint=result.hint)

    def cycle_is_due(self, seconds: float | None) -> None:
        """The next exchange is so many seconds away; None if there is none."""
        at = None if seconds is None else self._clock() + round(seconds * 1000)
        known = self.state.next_cycle_at
        if at is None or known is None or abs(at - known) >= 1000:  # noqa: PLR2004  # a second
            self._change(next_cycle_at=at)

    # ---- telling

    def line(self, event: str, level: Level = "info", **facts: object) -> None:
        """Add a line to the log; a log that cannot be written to stops nothing.

        Raises `BrokenPipeError`: who read the lines has seen enough.
        """
        try:
            self._log(Line(self._clock(), level, event, facts))
        except BrokenPipeError:
            raise
        except OSError:
            pass

    def publish(self, *, at_once: bool = False) -> float:
        """Write the file if there is something new; returns in how many seconds to call again."""
        waited = time.monotonic() - self._wrote_at
        if self.state == self._written and waited < HEARTBEAT:
            return HEARTBEAT - waited
        if waited < PAUSE and not at_once:
            return PAUSE - waited
        self.state = replace(self.state, updated_at=self._clock())
        self._written, self._wrote_at = self.state, time.monotonic()
        if self._folder is not None:
            with suppress(OSError):  # a full disk, or the worktree is being deleted
                states.write(self._folder, self.state)
        self._show(self.state)
        return HEARTBEAT

    def _change(self, **changes: object) -> None:
        self.state = replace(self.state, **changes)  # type: ignore[arg-type]  # fields of State
