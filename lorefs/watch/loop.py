"""The loop of watch: gathers what happens, and does what the schedule says is due."""

from __future__ import annotations

import random
from contextlib import suppress
from queue import Empty, SimpleQueue
from sqlite3 import DatabaseError
from typing import TYPE_CHECKING, Final

from lorefs.core import schedule
from lorefs.core.schedule import Batch, Pace
from lorefs.errors import ConfigError, GitError, LorefsError, NotARepositoryError, StoreError
from lorefs.repo import locate
from lorefs.watch.lock import RunningError, hold
from lorefs.watch.memory import give_back, share_one_store
from lorefs.watch.messages import Message
from lorefs.watch.power import on_battery, seconds
from lorefs.watch.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lorefs.api import Workspace
    from lorefs.watch.cycle import Cycles
    from lorefs.watch.hubs import Looks
    from lorefs.watch.journal import Journal

TICK: Final = 0.25  # seconds between looks at rows, HEAD and the root, while anybody is active
REST: Final = 1.0  # and at rest
LATELY: Final = 60.0  # seconds after which nobody is active any more
ABSENT: Final = 1.0  # seconds between looks for a worktree that is gone
LEFT: Final = 3600.0  # seconds after which nobody expects it back
STOPPED: Final = "stopped"

# What may keep a worktree from being opened for a while; `watch --once` may be at work in it.
_PASSING: Final = (
    NotARepositoryError, StoreError, ConfigError, GitError, RunningError, OSError
)  # fmt: skip


class Loop:
    """Watches one worktree until somebody calls `stop`, which any thread or signal may do."""

    def __init__(
        self,
        root: Path,
        opened: Callable[[], Workspace],
        cycles: Cycles,
        journal: Journal,
        backups: Cycles = lambda _: None,
        hubs: Looks = lambda _: None,
    ) -> None:
        self._root = root
        self._open = opened
        self._cycles = cycles
        self._backups = backups
        self._hubs = hubs
        self._journal = journal
        self._inbox: SimpleQueue[Message] = SimpleQueue()
        self._stopping = False
        self.leaving = False  # nothing is under way any more
        self._began = False
        self._reset("start")

    def _reset(self, reason: str) -> None:
        now = seconds()
        self._batch = Batch()
        self._pace = Pace(active=now)
        self._active = now
        self._failures = 0
        self._new_settings = False
        self._cycle_started = 0.0
        self._glance_at: float | None = None
        self._everything, self._anew = "", False
        self._look_at_everything(reason)

    def stop(self) -> None:
        """End as soon as what is under way is done."""
        self._stopping = True
        self._inbox.put(Message("stop"))

    def run(self) -> None:
        """Watch. Raises what keeps it from beginning, such as `RunningError`.

        Raises `NotARepositoryError`, too, once the worktree was gone for long.
        """
        share_one_store()
        reason, told, since = "start", "", 0.0
        while not self._stopping:
            try:
                reason, told = self._watch_one(reason), ""
            except BrokenPipeError:
                raise
            except _PASSING as error:
                if not self._began:
                    raise
                gone = isinstance(error, NotARepositoryError)
                if str(error) != told:
                    self._journal.trouble("cannot open", self._gone() if gone else error)
                    told, since = str(error), seconds()
                if gone and seconds() - since > LEFT:
                    raise self._gone() from error
                self._journal.publish()
                self._receive(None, ABSENT)

    def _gone(self) -> NotARepositoryError:
        return NotARepositoryError(
            "the worktree is gone",
            path=str(self._root),
            hint=f"watch goes on when it is back, and ends after {LEFT / 60:.0f} minutes without",
        )

    def _watch_one(self, reason: str) -> str:
        """Watches a worktree until it is lost or the loop ends; returns why."""
        if locate(self._root).worktree != self._root:  # one further up, while this one is gone
            raise NotARepositoryError(
                f"{self._root} is not inside a git worktree", path=str(self._root)
            )
        with self._open() as workspace:
            folder = workspace.paths.lorefs_dir
            self._reset(reason)
            with (
                hold(folder),
                Session(
                    workspace, self._cycles, self._inbox.put, self._backups, self._hubs
                ) as session,
            ):
                self._began = True
                syncing = session.worker is not None
                self._journal.opened(folder, str(self._root), sync=syncing)
                self._journal.looked_at_hubs((), session.hubs.troubles())
                self._pace = self._pace._replace(
                    ssh=syncing and session.over_ssh(), battery=on_battery()
                )
                ended = STOPPED
                try:
                    ended = self._serve(session)
                finally:
                    self.leaving = self._stopping
                    self._journal.closed(ended, stopped=self._stopping)
                return ended

    # ---- one session

    def _serve(self, session: Session) -> str:
        while not self._stopping:
            if session.lost:
                return "worktree or database were replaced"
            if self._new_settings and self._settings_changed(session):
                return "settings changed"
            self._poll(session)
            self._take_if_due(session)
            self._cycle_if_due(session)
            if not self._everything:
                session.backups.start_if_due(seconds())
                session.hubs.start_if_due(seconds())
            self._receive(session, self._pause(session))
        return STOPPED

    def _poll(self, session: Session) -> None:
        """Looks at what no event tells of reliably."""
        now = seconds()
        if session.head_moved():
            self._gather(now, wide=True)
        elif session.rows_changed():
            self._gather(now)
        if now >= self._rescan_at:
            self._look_at_everything("periodic")
        elif self._glance_at is not None and now >= self._glance_at:
            self._glance_at = None
            self._batch = schedule.gathered(self._batch, now - schedule.DEBOUNCE, events=0)

    def _take_if_due(self, session: Session) -> None:
        now = seconds()
        due = schedule.due(self._batch)
        if due is not None and now >= due:
            waiting = schedule.held(self._batch, now) if session.git_is_busy() else None
            if waiting is None:
                self._take(session)
            else:
                self._batch = waiting
        first = self._batch.first
        waited = None if first is None or not self._batch.events else seconds() - first
        self._journal.queued(self._batch.events, waited)

    def _take(self, session: Session) -> None:
        batch, self._batch = self._batch, Batch()
        started = seconds()
        try:
            if self._everything:
                session.recover(anew=self._anew)
            report = session.take(batch)
            changed = session.changed_here()
            session.nominate(started)
        except (LorefsError, OSError, DatabaseError) as error:
            # DatabaseError: of a trigger that another program has made
            self._failures += 1
            now = seconds()
            self._batch = schedule.failed(batch, now, self._failures, _jitter())
            self._journal.failed(error)
            return
        now = seconds()
        self._failures = 0
        if self._everything:
            self._journal.rescanned(self._everything, overflow=self._anew)
            self._everything, self._anew = "", False
        polling = bool(session.watcher.limited)
        if batch.wide:
            self._rescan_at = schedule.next_rescan(now, now - started, polling=polling)
        self._glance_at = schedule.next_glance(now, now - started, polling=polling)
        self._journal.watching(session.watcher.directories, session.watcher.limited)
        self._journal.reconciled(report, now - started)
        if batch.wide or report.changes:
            session.workspace.store.shrink()
            give_back()
        if changed or report.changes:
            self._active = now
        if changed:
            self._pace = schedule.changed(self._pace, now)
            session.backups.changed(now)

    def _cycle_if_due(self, session: Session) -> None:
        now = seconds()
        worker = session.worker
        if worker is None:
            self._journal.cycle_is_due(None)
        elif not worker.running and not self._everything:
            due = schedule.next_cycle(self._pace, now)
            if now >= due:
                self._cycle_started = now
                worker.start()
            else:
                self._journal.cycle_is_due(due - now)

    def _settings_changed(self, session: Session) -> bool:
        self._new_settings = False
        try:
            return session.settings_changed()
        except ConfigError as error:  # what held so far goes on to hold
            self._journal.trouble("settings are wrong", error)
            return False

    # ---- what is to be done

    def _look_at_everything(self, reason: str, *, anew: bool = False) -> None:
        """Has all documents looked for, and all directories, without further delay."""
        now = seconds()
        self._everything = reason
        self._anew = self._anew or anew
        self._rescan_at = now + schedule.RESCAN
        self._batch = schedule.gathered(self._batch, now - schedule.LONGEST, wide=True, events=0)

    def _gather(self, now: float, *, wide: bool = False) -> None:
        self._active = now
        self._batch = schedule.gathered(self._batch, now, wide=wide)

    def _pause(self, session: Session) -> float:
        """For how long nothing is due."""
        now = seconds()
        times = [now + (TICK if now - self._active < LATELY else REST), self._rescan_at]
        times += [now + self._journal.publish(), session.backups.due(), session.hubs.due()]
        times += [each for each in (self._glance_at, schedule.due(self._batch)) if each]
        if session.worker is not None and not session.worker.running:
            times.append(schedule.next_cycle(self._pace, now))
        return max(0.0, min(times) - now)

    # ---- messages

    def _receive(self, session: Session | None, pause: float) -> None:
        """Waits for a message, and takes in all that have come."""
        messages: list[Message] = []
        with suppress(Empty):
            messages.append(self._inbox.get(timeout=pause))
            while True:
                messages.append(self._inbox.get_nowait())
        self._sort(session, messages)

    def _sort(self, session: Session | None, messages: list[Message]) -> None:
        now = seconds()
        documents = {message.path for message in messages if message.topic == "document"}
        directories = {message.path for message in messages if message.topic == "directory"}
        if documents or directories:
            events = sum(message.topic in {"document", "directory"} for message in messages)
            self._active = now
            self._batch = schedule.gathered(
                self._batch, now, documents=documents, directories=directories, events=events
            )
        for message in messages:
            match message.topic:
                case "ignores":
                    self._look_at_everything("what git ignores changed")
                case "settings":
                    self._new_settings = True
                case "overflow":
                    self._look_at_everything("events were lost", anew=True)
                case "cycle":
                    self._end_cycle(message)
                case "backup":
                    self._end_backup(message)
                case "hubs":
                    self._end_look(session, message)
                case "document" | "directory" | "head" | "root" | "stop":
                    pass  # taken above, or seen by the next look

    def _end_cycle(self, message: Message) -> None:
        if message.bug is not None:
            raise message.bug
        if message.result is None:
            return
        now, started, result = seconds(), self._cycle_started, message.result
        active = result.active or result.fetched > 0
        self._pace = schedule.cycled(
            self._pace._replace(battery=on_battery()), started, now,
            ok=result.ok, active=active, jitter=_jitter(),
        )  # fmt: skip
        if active:
            self._active = now
        self._journal.cycled(result, now - started)
        if active or result.pushed:
            give_back()

    def _end_backup(self, message: Message) -> None:
        if message.bug is not None:
            raise message.bug
        if message.result is not None:
            self._journal.backed_up(message.result)

    def _end_look(self, session: Session | None, message: Message) -> None:
        if message.bug is not None:
            raise message.bug
        if message.result is not None and not message.result.ok:
            self._journal.hubs_failed(message.result)
        if session is not None:
            session.hubs.ended()
            self._journal.looked_at_hubs(message.hubs, session.hubs.troubles())


def _jitter() -> float:
    return random.random()  # noqa: S311  # spreads retries, hides nothing
