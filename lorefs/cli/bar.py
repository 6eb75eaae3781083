"""A progress bar for work that takes a while; only a person on a terminal sees it."""

from __future__ import annotations

import sys
from contextlib import ExitStack, contextmanager
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
    with ExitStack() as stack:
        update: Callable[[int], None] | None = None

        def tell(done: int) -> None:
            nonlocal update
            if update is None and (done >= WORTH_SHOWING or total is not None):
                update = stack.enter_context(_bar(what, total))
            if update is not None and (done % _OFTEN == 0 or done == total):
                update(done)

        yield tell


@contextmanager
def _bar(what: str, total: int | None) -> Iterator[Callable[[int], None]]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console(sys.stderr), transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, completed=done)
