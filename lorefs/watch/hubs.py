"""Further hubs, which watch looks at beside the rest: when the next look is due, and how it went.

They are only read. The exchange with the team neither waits for them nor fails because of one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple

from lorefs.errors import telling
from lorefs.watch.cycle import CycleResult, Worker
from lorefs.watch.messages import Message
from lorefs.watch.power import seconds
from lorefs.watch.state import HubTrouble

if TYPE_CHECKING:
    from lorefs.api import Workspace
    from lorefs.watch.messages import Tell

PAUSE: Final = 60.0  # seconds between two looks, at least


class HubLook(NamedTuple):
    """How it went with one hub: whether it had `news`, or why it cannot be read, and what helps."""

    hub: str
    news: bool = False
    error: str = ""
    hint: str = ""


# One look at the hubs that are due. It is called in a thread of its own, like a cycle.
Look = Callable[[], tuple[HubLook, ...]]

# What gives a workspace its look, None where it has no further hubs.
Looks = Callable[["Workspace"], Look | None]


def hubs_of(workspace: Workspace, opened: Callable[[], Workspace]) -> Look | None:
    """The look at a workspace's further hubs, be sync on or off; None where there are none.

    `opened` opens the workspace once more: it runs beside the loop.
    """
    if not workspace.config.hubs:
        return None
    workspace.here.load()

    def look() -> tuple[HubLook, ...]:
        with opened() as own:
            return tuple(
                HubLook(each.hub, each.news)
                if each.error is None
                else HubLook(each.hub, error=each.error.reason, hint=each.error.hint or "")
                for each in own.fetch_hubs(due=True)
            )

    return look


class Hubs:
    """The looks of one session; there are none without a `look`."""

    def __init__(self, workspace: Workspace, look: Look | None, tell: Tell) -> None:
        self._workspace = workspace
        self._tell = tell
        self._look = look
        self._looks: tuple[HubLook, ...] = ()
        self._worker = None if look is None else Worker(self._run, self._ended)
        self._due = seconds() + self._wait()

    def stop(self) -> None:
        """End what is under way."""
        if self._worker is not None:
            self._worker.stop()

    def start_if_due(self, now: float) -> None:
        """Begin a look, if it is time and none is under way."""
        if self._worker is not None and not self._worker.running and now >= self._due:
            self._due = float("inf")
            self._worker.start()

    def due(self) -> float:
        """When the next look is; never while one is under way, whose end tells it."""
        return self._due

    def ended(self) -> None:
        """A look is over; the loop says so, in its own thread."""
        self._due = seconds() + max(PAUSE, self._wait())

    def troubles(self) -> tuple[HubTrouble, ...]:
        """The hubs that cannot be read, as far as the database knows, whoever tried last."""
        return tuple(
            HubTrouble(hub.name, state.failing_since or 0, telling(state.words))
            for hub, state in self._workspace.hubs()
            if state.failures
        )

    def _wait(self) -> float:
        """The seconds until a hub is to be looked at."""
        return self._workspace.hubs_due_in() if self._worker is not None else float("inf")

    def _run(self) -> CycleResult:
        self._looks = ()
        if self._look is not None:
            self._looks = self._look()
        return CycleResult()

    def _ended(self, message: Message) -> None:
        """In the worker's thread."""
        self._tell(Message("hubs", result=message.result, bug=message.bug, hubs=self._looks))
