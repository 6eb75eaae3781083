"""How a program follows what changes, whoever changes it."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final, Self

from lorefs.api.base import DATABASE, Base
from lorefs.errors import LorefsError, UsageError
from lorefs.repo import Seen
from lorefs.store import Store
from lorefs.sync.known import Known

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lorefs.store import Change

INTERVAL: Final = 0.5  # seconds between two looks


class Following(Base):
    """The log of a worktree, followed.

    A position is the number of a line of the log (`Change.seq`); 0 stands before the first.
    """

    def position(self) -> int:
        """Where the log ends now."""
        self.take_in()
        return self.store.log.last()

    def changes_since(self, position: int, limit: int | None = None) -> list[Change]:
        """What changed behind a position, the oldest first, at most `limit` lines.

        Raises `UsageError` for a position that this log never reached: `rebuild` starts it anew.
        """
        self.take_in()
        return self._behind(position, limit)

    def follow(
        self,
        position: int | None = None,
        *,
        interval: float = INTERVAL,
        until: threading.Event | None = None,
        timeout: float | None = None,
    ) -> Iterator[list[Change]]:
        """The changes behind a position (None: those from now on) in lists, as they come.

        Looks at files and rows every `interval` seconds, and ends once `until` is set or after
        `timeout` seconds. Changes through this very workspace are among them.
        """
        stop = until or threading.Event()
        end = None if timeout is None else time.monotonic() + timeout
        position = self.position() if position is None else position
        seen = None
        while True:
            self.take_in()
            # costs nothing where no other connection has written since
            now = (self.store.data_version, self.store.connection.total_changes)
            if now != seen:
                seen = now
                found = self._behind(position)
                if found:
                    position = found[-1].seq
                    yield found
                    continue
            if (end is not None and time.monotonic() >= end) or stop.wait(interval):
                return

    def on_change(
        self, callback: Callable[[list[Change]], object], *, interval: float = INTERVAL
    ) -> Subscription:
        """Call a function with the changes from now on, in a thread of its own, as they come.

        The function gets them in order and never twice at a time. What goes wrong with looking
        goes to `warn`; what the function raises ends the subscription, and its `close` raises it.
        """
        subscription = Subscription(self._again, self.position(), callback, interval, self._warn)
        self._subscriptions.append(subscription)
        return subscription

    def _behind(self, position: int, limit: int | None = None) -> list[Change]:
        last = self.store.log.last()
        if position > last:
            raise UsageError(
                f"the log ends at {last}, before position {position}",
                hint="the database was made anew: read all entries again, and go on from there",
            )
        return self.store.log.since(position, limit)

    def _again(self) -> Self:
        """The same workspace with a connection of its own, for another thread."""
        store = Store(self.paths.lorefs_dir / DATABASE)
        site = self.site._replace(store=store, known=Known(), seen=Seen())
        return type(self)(site, self.paths, self._clock, self._source, self._warn)


class Subscription:
    """A function that is told of changes until `close`; a context manager, too."""

    def __init__(
        self,
        reopen: Callable[[], Following],
        position: int,
        callback: Callable[[list[Change]], object],
        interval: float,
        warn: Callable[[LorefsError], None],
    ) -> None:
        self._reopen = reopen
        self._position = position
        self._callback = callback
        self._interval = interval
        self._warn = warn
        self._stop = threading.Event()
        self._raised: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="lorefs changes", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop, after the call that is under way; raises what the function has raised."""
        self._stop.set()
        if threading.current_thread() is not self._thread:
            self._thread.join()
        raised, self._raised = self._raised, None
        if raised is not None:
            raise raised

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                with self._reopen() as workspace:
                    self._listen(workspace)
            except LorefsError as error:
                self._warn(error)
                self._stop.wait(self._interval)

    def _listen(self, workspace: Following) -> None:
        for found in workspace.follow(self._position, interval=self._interval, until=self._stop):
            self._position = found[-1].seq
            try:
                self._callback(found)
            except BaseException as error:  # noqa: BLE001  # it is raised where the program sees it
                self._raised = error
                self._stop.set()
                return
