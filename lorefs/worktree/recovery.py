"""Clears away what a killed process left beside files, and puts back a save it had taken out.

Only for who is alone in it (`sole`): what others are just writing looks the same.
"""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from lorefs.errors import DocumentError
from lorefs.worktree.folder import folder_of
from lorefs.worktree.read import SIZE_LIMIT, Found, read_in
from lorefs.worktree.replacing import put_back

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from lorefs.worktree.folder import Folder

LEFTOVER: Final = re.compile(r"\.(.+)\.lorefs-\d+(?:-\d+)?\.(new|old)", re.DOTALL)


class Known(NamedTuple):
    """The texts of a document that are in the database, by hash; None where there is none.

    `pending` is the text that was intended for the file when the process was killed.
    """

    current: str | None
    worktree: str | None
    pending: str | None


def recover(
    root: Path, documents: Mapping[str, Known], limit: int = SIZE_LIMIT
) -> Iterator[DocumentError]:
    """Remove leftovers beside documents, and bring back what is in no other place.

    A save that the exchange had taken out goes back into the file. Where the file was saved
    once more since, it is kept under another name, which the error that is given names.
    """
    folders: dict[str, dict[str, str]] = {}
    for document in documents:
        directory, _, name = document.rpartition("/")
        folders.setdefault(directory, {})[name] = document
    for group in folders.values():
        with (
            contextlib.suppress(OSError, DocumentError),  # an absent directory has no leftovers
            folder_of(root, next(iter(group.values()))) as (folder, _),
        ):
            for leftover, name, suffix in leftovers(folder.names()):
                if name in group and suffix == "new":
                    folder.remove(leftover)
                elif name in group:
                    document = group[name]
                    save = _Save(folder, leftover, name, document, limit)
                    yield from save.settle(documents[document])


def leftovers(names: list[str]) -> Iterator[tuple[str, str, str]]:
    """Those of some file names that only a killed process leaves: name, document, suffix."""
    for each in names:
        found = LEFTOVER.fullmatch(each)
        if found:
            yield each, found[1], found[2]


class _Save(NamedTuple):
    """What stood in a document's file before an exchange, or was to be put there."""

    folder: Folder
    leftover: str
    name: str
    document: str
    limit: int

    def settle(self, known: Known) -> Iterator[DocumentError]:
        """Removes it if it is known, puts it back if it is missed, keeps it otherwise."""
        try:
            kept = self._hash(self.leftover)
        except (OSError, DocumentError):
            kept = ""  # a save all the same: lorefs writes nothing that it cannot read
        if kept is None:
            return  # another program is writing it
        now = self._hash(self.name) if self.folder.status(self.name) else None
        if kept in {*known, now}:
            self.folder.remove(self.leftover)
        elif known.pending is not None and now == known.pending:
            put_back(self.folder, self.leftover, self.name, known.pending, self.limit)
        else:
            yield self._keep(kept)

    def _hash(self, name: str) -> str | None:
        found = read_in(self.folder, name, self.document, self.limit)
        return found.hash if isinstance(found, Found) else None

    def _keep(self, kept: str) -> DocumentError:
        status = self.folder.status(self.leftover)
        name = f"{self.name}.saved-{kept[:8] or (status and status.st_ino)}"
        self.folder.rename(self.leftover, name)
        return DocumentError(
            f"a save of {self.document} was overtaken by another one and is in {name}",
            path=self.document,
            hint="take from it what you miss, and delete it",
        )
