"""Whether another program has a file open for writing, as far as the system can tell.

A save in place empties the file and writes it again. Linux grants a lease on a file that is
open for reading only if nobody has it open for writing, and lets whoever opens it so wait
until the lease is given back (fcntl(2), F_SETLEASE). It does that for the owner of the file
and on most of its own file systems; elsewhere nothing is known.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_F_SETLEASE: Final[int | None] = getattr(fcntl, "F_SETLEASE", None)
_F_SETSIG: Final = 10  # Python has no name for it


class Lease(NamedTuple):
    """Whether nobody has a file open for writing, or can open it so until the context ends.

    `granted` is False where somebody has it open already, and None where that cannot be told.
    """

    descriptor: int
    granted: bool | None

    def is_of(self, status: os.stat_result | None) -> bool:
        """Whether this is the file that has a status."""
        own = os.fstat(self.descriptor)
        return status is not None and os.path.samestat(own, status)

    def is_awaited(self) -> bool:
        """Whether somebody opens the file for writing now, and waits for the end."""
        return bool(self.granted) and _type(self.descriptor) != fcntl.F_RDLCK


@contextlib.contextmanager
def lease(descriptor: int) -> Iterator[Lease]:
    """Keep others from opening a file for writing while the context lasts.

    The context has to be short: others wait for its end.
    """
    if _F_SETLEASE is None:
        yield Lease(descriptor, granted=None)
        return
    try:
        # who waits is announced by a signal; the usual one, SIGIO, would end this process
        fcntl.fcntl(descriptor, _F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, _F_SETLEASE, fcntl.F_RDLCK)
    except BlockingIOError:
        yield Lease(descriptor, granted=False)
        return
    except OSError:
        yield Lease(descriptor, granted=None)
        return
    try:
        yield Lease(descriptor, granted=True)
    finally:
        with contextlib.suppress(OSError):  # the system has taken it back from a stopped process
            fcntl.fcntl(descriptor, _F_SETLEASE, fcntl.F_UNLCK)


def _type(descriptor: int) -> int:
    """What is left of a lease: the system calls it unlocked as soon as somebody waits."""
    return fcntl.fcntl(descriptor, fcntl.F_GETLEASE)
