"""How commands that end soon spare themselves the search for garbage."""

from __future__ import annotations

import gc

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    T = TypeVar("T")

OBJECTS = 50_000  # that a command makes before it looks for garbage


def brief(command: Callable[[], T]) -> T:
    """Run what a process was started for, at the end of which nothing is worth tidying up.

    Nearly all that a short command loads lives until it ends. Searching that for garbage again
    and again, and once more at the end, would be a tenth of its time.
    """
    gc.set_threshold(OBJECTS)
    try:
        return command()
    finally:
        gc.freeze()
