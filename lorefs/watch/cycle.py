"""A sync cycle beside the loop, so that a slow network keeps no save waiting."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import DatabaseError
from typing import TYPE_CHECKING, Final

from lorefs.errors import LorefsError
from lorefs.watch.messages import Message

if TYPE_CHECKING:
    from lorefs.api import Workspace
    from lorefs.watch.messages import Tell

PATIENCE: Final = 0.3  # seconds, twice, for a cycle to end when watch does


@dataclass(frozen=True, slots=True)
class CycleResult:
    """What one exchange with the remote did.

    `pushed` and `fetched` count commits, `conflicts` records that are new in the ledger, and
    `bytes` what was sent and received, as git stores it. `active` says that something arrived
    from others. Where it failed, `error` and `hint` say why and what helps.
    """

    ok: bool = True
    error: str = ""
    hint: str = ""
    pushed: int = 0
    fetched: int = 0
    conflicts: int = 0
    bytes: int = 0
    active: bool = False


# One exchange with the remote. It is called in a thread of its own, and has to open a database
# connection of its own there. It may raise `LorefsError`, which is a failure like any other.
Cycle = Callable[[], CycleResult]

# What gives a workspace its cycle, None where it exchanges nothing with anybody.
Cycles = Callable[["Workspace"], Cycle | None]


class Worker:
    """Runs a cycle in a thread, one at a time, and tells how it ended."""

    def __init__(self, cycle: Cycle, tell: Tell) -> None:
        self._cycle = cycle
        self._tell = tell
        self._thread: threading.Thread | None = None

    @property
    def running(self) -> bool:
        """Whether a cycle is under way."""
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        """Begin a cycle; its end is told as a message."""
        self._thread = threading.Thread(target=self._run, name="lorefs-cycle", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Wait a moment for the cycle to end, then end what it is waiting for.

        A thread that goes on all the same dies with the process; like after a power cut, the
        next cycle finds everything in order.
        """
        if self._thread is None:
            return
        self._thread.join(PATIENCE)
        if self._thread.is_alive():
            for child in _children():
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(child, signal.SIGTERM)
            self._thread.join(PATIENCE)

    def _run(self) -> None:
        try:
            message = Message("cycle", result=run_cycle(self._cycle))
        except BaseException as bug:  # noqa: BLE001  # the loop raises it again, in its thread
            message = Message("cycle", bug=bug)
        self._tell(message)


def run_cycle(cycle: Cycle) -> CycleResult:
    """The result of a cycle, be it that of a failure."""
    try:
        return cycle()
    except LorefsError as error:
        return CycleResult(ok=False, error=error.message, hint=error.hint or "")
    except (OSError, DatabaseError) as error:  # the latter of another program's trigger
        return CycleResult(ok=False, error=str(error))


def _children() -> list[int]:
    """The processes that this one has started and that still run, where the system tells."""
    found: list[int] = []
    for task in Path("/proc/self/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += map(int, task.read_text().split())
    return found
