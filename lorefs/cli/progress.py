"""Shows what takes long, on standard error: only to a person, and only past half a second."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from lorefs.cli.output import console
from lorefs.sync.progress import RECEIVING, SENDING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TextIO

DELAY: Final = 0.5  # seconds
OFTEN: Final = 50  # how many records pass between two looks at the screen
_TALKING: Final = (SENDING, RECEIVING)  # git may ask for a password meanwhile


class Progress:
    """A bar for the phase that work is in; `tell` is what the work calls.

    Where somebody can be asked for a password, a plain line takes the place of the bar while
    git talks to a remote, so that the question is not painted over.
    """

    def __init__(self, stream: TextIO, *, asks: bool, delay: float = DELAY) -> None:
        self._stream = stream
        self._asks = asks
        self._delay = delay
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        self._late = False  # whether the delay is over
        self._bar: Any = None
        self._phase: tuple[str, int, int] = ("", 0, 0)
        self._line = ""  # the last plain line

    def tell(self, phase: str, done: int, total: int) -> None:
        """Work is at `done` of `total` (0: nobody knows) of a phase; "" ends it all."""
        with self._lock:
            if not phase:
                self._end()
                return
            self._phase = (phase, done, total)
            if self._late:
                self._show()
            elif self._timer is None:
                self._timer = threading.Timer(self._delay, self._begin)
                self._timer.daemon = True
                self._timer.start()

    def _begin(self) -> None:
        with self._lock:
            if self._timer is not None:
                self._late = True
                self._show()

    def _end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._late, self._line = None, False, ""
        self._hide()

    def _hide(self) -> None:
        if self._bar is not None:
            self._bar.stop()
        self._bar = None

    def _show(self) -> None:
        phase, done, total = self._phase
        if self._asks and phase in _TALKING:
            self._hide()
            if self._line != phase:
                self._stream.write(f"{phase}...\n")
                self._stream.flush()
            self._line = phase
            return
        if self._bar is None:
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
            from rich.progress import Progress as Bar

            self._bar = Bar(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                console=console(self._stream),
                transient=True,
            )
            self._bar.add_task(phase)
            self._bar.start()
        self._bar.update(0, description=phase, completed=done, total=total or None)


@contextmanager
def counting(
    tell: Callable[[str, int, int], None], phase: str, total: int = 0
) -> Iterator[Callable[[int], None]]:
    """A function that takes how many records are done in a phase of its own.

    `tell` is that of a `Progress`; records are many, so it hears of some of them only.
    """

    def count(done: int) -> None:
        if done % OFTEN == 0 or done == total:
            tell(phase, done, total)

    try:
        yield count
    finally:
        tell("", 0, 0)
