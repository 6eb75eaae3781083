"""The documents that a process keeps parsed, so that the next edit does not parse them again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from lorefs.core.document import Document

KEPT_SIZE: Final = 1 << 20  # characters of the documents that a process keeps parsed


class Known:
    """Documents as they were last parsed in this process, with the hashes of their texts.

    The last one is kept however large it is, of those before it so many as fit into the size:
    people change the same few documents, and a process that watches runs for weeks. A version
    is asked for again soon after the next one, which is sent as what it changed.
    """

    def __init__(self) -> None:
        self._documents: dict[tuple[str, str], tuple[Document, int]] = {}  # the oldest first
        self._size = 0

    def get(self, path: str, hash_: str) -> Document | None:
        """A document, None where its text of that hash is not kept."""
        return self._documents.get((path, hash_), (None, 0))[0]

    def put(self, path: str, hash_: str, document: Document) -> None:
        """Keep a document, and let go of the oldest ones."""
        self._drop((path, hash_))
        size = sum(len(block.text) for block in document.blocks)
        self._documents[path, hash_] = document, size
        self._size += size
        while self._size > KEPT_SIZE and len(self._documents) > 1:
            self._drop(next(iter(self._documents)))

    def _drop(self, key: tuple[str, str]) -> None:
        _, size = self._documents.pop(key, (None, 0))
        self._size -= size
