"""Gives memory back to the system, as watch works for moments and rests for hours.

The C library keeps what was freed, and a separate store of it for each thread that ever ran;
with a thread for each cycle that grows for days. Both can be changed in the GNU C library
(mallopt(3), malloc_trim(3)); elsewhere nothing happens.
"""

from __future__ import annotations

import ctypes
import sys
from functools import cache
from typing import Any, Final

_M_ARENA_MAX: Final = -8


@cache
def _library() -> Any:  # noqa: ANN401  # what ctypes gives
    """The C library, None where it is not GNU's."""
    found = ctypes.CDLL(None) if sys.platform == "linux" else None
    return found if hasattr(found, "malloc_trim") and hasattr(found, "mallopt") else None


def share_one_store() -> None:
    """Have all threads share what is freed; no two of them run at the same time anyway."""
    if _library() is not None:
        _library().mallopt(_M_ARENA_MAX, 1)


def give_back() -> None:
    """Give the system what is free now."""
    if _library() is not None:
        _library().malloc_trim(0)
