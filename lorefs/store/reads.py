"""How often entries were read on this machine: counters, and the notes that become them.

Whoever shows entries appends a line to a file beside the database, which takes no lock and wakes
nobody who waits for rows to change. Now and then the lines are added up in the table.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from sqlite3 import Connection

NAME: Final = "reads.log"
FULL: Final = 1 << 18  # bytes of notes after which they are to be added up
DAY: Final = 86_400_000  # milliseconds


class Use(NamedTuple):
    """How often an entry was read, on how many days (UTC), and when first and last.

    Times are milliseconds since 1970.
    """

    times: int
    days: int
    first_at: int
    last_at: int

    def again(self, at: int) -> Use:
        """The same after it was read once more."""
        days = self.days + (at // DAY > self.last_at // DAY)
        return Use(self.times + 1, days, min(self.first_at, at), max(self.last_at, at))


class Reads:
    """Access to the reads table and to the notes beside it."""

    def __init__(self, connection: Connection, folder: Path) -> None:
        self.connection = connection
        self._folder = folder

    def note(self, idents: Iterable[str], at: int) -> bool:
        """Note that entries were read; returns whether there are notes enough to add up.

        What cannot be noted is forgotten: nobody who only reads shall wait for it or fail.
        """
        words = [ident for ident in idents if ident and not ident.isspace()]
        if not words:
            return False
        line = f"{at} {' '.join(words)}\n".encode("utf-8", "surrogateescape")
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        with suppress(OSError):
            number = os.open(self._folder / NAME, flags, 0o600)
            try:
                os.write(number, line)
                return os.fstat(number).st_size > FULL
            finally:
                os.close(number)
        return False

    def all(self) -> dict[str, Use]:
        """The use of each entry that was ever read."""
        return self._added_up([self._folder / NAME, *self._taken()])

    def since(self) -> int | None:
        """When the first of them was read; nothing is known of the time before."""
        return min((use.first_at for use in self.all().values()), default=None)

    def take(self) -> list[Path]:
        """Add the notes up in the table; returns files to remove once that is committed.

        Must run inside `Store.write`.
        """
        with suppress(OSError):
            (self._folder / NAME).rename(self._folder / f"{NAME}.{os.getpid()}")
        files = self._taken()
        if files:
            self.connection.executemany(
                "INSERT OR REPLACE INTO reads VALUES (?, ?, ?, ?, ?)",
                [(ident, *use) for ident, use in self._added_up(files).items()],
            )
        return files

    def _taken(self) -> list[Path]:
        """Notes that somebody began to add up; a process that was killed leaves them."""
        return sorted(self._folder.glob(f"{NAME}.*"))

    def _added_up(self, files: Iterable[Path]) -> dict[str, Use]:
        rows = self.connection.execute("SELECT entry, times, days, first_at, last_at FROM reads")
        found = {str(ident): Use(*use) for ident, *use in rows}
        for file in files:
            for at, idents in _lines(file):
                for ident in idents:
                    use = found.get(ident)
                    found[ident] = use.again(at) if use else Use(1, 1, at, at)
        return found


def _lines(file: Path) -> Iterator[tuple[int, list[str]]]:
    """The notes of a file; a line that was cut off is left out."""
    try:
        text = file.read_bytes().decode("utf-8", "surrogateescape")
    except OSError:
        return
    for line in text.split("\n")[:-1]:
        at, *idents = line.split(" ")
        if at.isdecimal():
            yield int(at), idents
