"""The view of `lorefs watch` on a terminal: where things stand, and what happened last."""

from __future__ import annotations

import os
from collections import deque
from typing import TYPE_CHECKING, Final, Self

from lorefs.cli.here import milliseconds
from lorefs.cli.listing import local_time
from lorefs.cli.output import console, one_line
from lorefs.cli.watching import line_spans, state_lines

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console, ConsoleDimensions, ConsoleOptions, RenderResult

    from lorefs.watch.journal import Line
    from lorefs.watch.state import State

KEPT: Final = 8  # lines of what happened last
REFRESH: Final = 1  # times a second, so that "4 s ago" is true; what changed is shown at once


class LiveView:
    """Shows a watch that runs in this process. Use it as a context manager."""

    def __init__(self, root: Path) -> None:
        from rich.live import Live

        self._root = root
        self._state: State | None = None
        self._size: ConsoleDimensions | None = None
        self._lines: deque[Line] = deque(maxlen=KEPT)
        self._live = Live(self, console=console(), refresh_per_second=REFRESH)

    def __enter__(self) -> Self:
        self._live.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.__exit__(None, None, None)

    def add(self, line: Line) -> None:
        """One more thing happened."""
        self._lines.append(line)
        self._live.refresh()

    def show(self, state: State) -> None:
        """Things stand like this now."""
        self._state = state
        self._live.refresh()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The lines of the view, cut to the terminal; what happened last has to be seen."""
        from rich.control import Control
        from rich.text import Text

        size = console.size
        if self._size not in (size, None):  # lines of before are wrapped anew, who knows where
            yield Control.clear()
            yield Control.home()
        self._size = size
        lines = [[(one_line(str(self._root)), "bold"), ("  Ctrl-C ends it", "dim")]]
        lines += state_lines(self._state, os.getpid(), milliseconds())
        last = tuple(self._lines)  # the loop may add one while this thread draws
        room = options.size.height - len(lines) - 1
        if last and room > 0:
            lines.append([("", "")])
            for line in last[-room:]:
                lines.append([(f"{local_time(line.at)[-5:]}  ", "dim"), *line_spans(line)])
        for spans in lines[: options.size.height]:
            yield Text.assemble(*spans, no_wrap=True, overflow="ellipsis")
