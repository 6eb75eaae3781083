"""How far long work is: the phase, and how much of how much is done (0 of 0: nobody knows).

A phase without a name ends it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from lorefs.sync.site import Site

READING: Final = "taking in documents"
WRITING: Final = "writing documents"
COMMITTING: Final = "putting documents onto the sync branch"
SENDING: Final = "sending to the team"
RECEIVING: Final = "receiving from the team"

T = TypeVar("T")


def told(site: Site, phase: str, items: Collection[T]) -> Iterator[T]:
    """The items, one by one, with word of how many are done."""
    for number, item in enumerate(items):
        site.tell(phase, number, len(items))
        yield item
