"""A progress bar for work that takes a while; only a person on a terminal sees it."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from lorefs.cli.output import console, for_person

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WORTH_SHOWING: Final = 200  # of fewer things nobody sees the bar
_OFTEN: Final = 50  # how many things pass between two looks of the screen


@contextmanager
def progress(what: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """A function that takes how much is done; the bar goes away at the end."""
    if not for_person(sys.stderr) or (total is not None and total < WORTH_SHOWING):
        yield lambda _: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=console(sys.stderr),
        transient=True,
    )
    with bar:
        task = bar.add_task(what, total=total)

        def tell(done: int) -> None:
            if done % _OFTEN == 0 or done == total:
                bar.update(task, completed=done)

        yield tell
