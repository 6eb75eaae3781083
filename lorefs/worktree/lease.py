"""Whether another program has a file open for writing, as far as the system can tell.

A save in place empties the file and writes it again. Linux grants a lease on a file that is
open for reading only if nobody has it open for writing, and lets whoever opens it so wait
until the lease is given back (fcntl(2), F_SETLEASE). It does that for the owner of the file
and on most of its own file systems; elsewhere nothing is known.
"""

from __future__ import annotations

import contextlib
import fcntl
import signal
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_F_SETLEASE: Final[int | None] = getattr(fcntl, "F_SETLEASE", None)
_F_SETSIG: Final = 10  # Python has no name for it


@contextlib.contextmanager
def lease(descriptor: int) -> Iterator[bool | None]:
    """Keep others from opening a file for writing while the context lasts.

    Gives False where somebody has it open for writing already, and None where that cannot be
    told. The context has to be short: others wait for its end.
    """
    if _F_SETLEASE is None:
        yield None
        return
    try:
        # who waits is announced by a signal; the usual one, SIGIO, would end this process
        fcntl.fcntl(descriptor, _F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, _F_SETLEASE, fcntl.F_RDLCK)
    except BlockingIOError:
        yield False
        return
    except OSError:
        yield None
        return
    try:
        yield True
    finally:
        with contextlib.suppress(OSError):  # the system has taken it back from a stopped process
            fcntl.fcntl(descriptor, _F_SETLEASE, fcntl.F_UNLCK)
