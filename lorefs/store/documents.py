"""The documents table: what each document says now, and what its file said last."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from lorefs.core.model import PERSONAL

if TYPE_CHECKING:
    from sqlite3 import Connection


_COLUMNS: Final = "path, scope, hash, worktree_hash, pending_hash, pending_head, tracked"


class DocumentState(NamedTuple):
    """One document, by the hashes (SHA-256) of its texts.

    `hash` is that of the current text, which the rows follow. `worktree_hash` is that of the
    bytes last seen or written in the worktree, None if there never was a file. While a file
    is being replaced, `pending_hash` is that of the text intended for it and `pending_head`
    the commit that was checked out. `tracked` says whether HEAD held the document when its
    file was last seen.
    """

    path: str
    scope: str
    hash: str
    worktree_hash: str | None
    pending_hash: str | None
    pending_head: str
    tracked: bool


def _state(row: Any) -> DocumentState:  # noqa: ANN401 (what sqlite3 gives)
    path, scope, current, seen, pending, head, tracked = row
    return DocumentState(path, scope, current, seen, pending, head, bool(tracked))


class Kept:
    """Stands for "as it is" where None means "there is none"."""


KEPT: Final = Kept()


def digest(data: bytes) -> str:
    """The hash by which texts are compared."""
    return sha256(data).hexdigest()


class Documents:
    """Access to the documents table. A text that equals the current one is stored once."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def states(self) -> list[DocumentState]:
        """All known documents, by path."""
        rows = self.connection.execute(f"SELECT {_COLUMNS} FROM documents ORDER BY path")
        return [_state(row) for row in rows.fetchall()]  # cheaper than one by one

    def state(self, path: str) -> DocumentState | None:
        """One document, None if it is not known."""
        row = self.connection.execute(
            f"SELECT {_COLUMNS} FROM documents WHERE path = ?",
            (path,),
        ).fetchone()
        return None if row is None else _state(row)

    def any_pending(self) -> bool:
        """Whether any file is being replaced."""
        query = "SELECT 1 FROM documents WHERE pending_hash IS NOT NULL LIMIT 1"
        return self.connection.execute(query).fetchone() is not None

    def current(self, path: str) -> bytes | None:
        """The current text."""
        return self._text(path, "current")

    def worktree_base(self, path: str) -> bytes | None:
        """The bytes last seen or written in the worktree, None if there never was a file."""
        state = self.state(path)
        if state is None or state.worktree_hash is None:
            return None
        return self._text(path, "current" if state.worktree_hash == state.hash else "worktree")

    def pending(self, path: str) -> bytes | None:
        """The bytes intended for the file, None if it is not being replaced."""
        state = self.state(path)
        if state is None or state.pending_hash is None:
            return None
        return self._text(path, "current" if state.pending_hash == state.hash else "pending")

    def replaced(self, path: str) -> bytes | None:
        """The bytes that lorefs last replaced: what an editor may still have in its buffer."""
        return self._text(path, "replaced")

    def put_current(
        self, path: str, scope: str, current: bytes, *, worktree: bytes | Kept | None = KEPT
    ) -> None:
        """Set the current text, and with it the worktree base, which else stays what it is."""
        found = digest(current)
        if self.state(path) is None:
            self._put_first(path, scope, current, found)
            if isinstance(worktree, Kept) or worktree is None:
                return
        else:
            if isinstance(worktree, Kept):
                worktree = self.worktree_base(path)
            pending = self.pending(path)
            self.connection.execute("UPDATE documents SET hash = ? WHERE path = ?", (found, path))
            self._put_text(path, "current", current)
            self._put(path, "pending", pending)
        if worktree is current:
            self._put_hash(path, "worktree", found, None)
        else:
            self._put(path, "worktree", worktree)

    def _put_first(self, path: str, scope: str, current: bytes, found: str) -> None:
        """Sets the current text of a document that is not known: there is nothing to keep."""
        self.connection.execute(
            "INSERT INTO documents (path, scope, hash) VALUES (?, ?, ?)", (path, scope, found)
        )
        self.connection.execute(
            "INSERT OR REPLACE INTO texts VALUES (?, ?, ?)", (path, "current", current)
        )

    def put_worktree_base(self, path: str, base: bytes | None) -> None:
        """Set the bytes last seen or written in the worktree."""
        self._put(path, "worktree", base)

    def put_pending(self, path: str, pending: bytes | None, head: str = "") -> None:
        """Set the bytes intended for the file and the commit checked out now, or clear them."""
        self._put(path, "pending", pending)
        self.connection.execute(
            "UPDATE documents SET pending_head = ? WHERE path = ?", (head, path)
        )

    def lag(self, path: str) -> bytes | None:
        """The current text before the oldest change that the file still lacks, None if none."""
        return self._text(path, "lag")

    def put_lag(self, path: str, data: bytes | None) -> None:
        """Note what the current text was before a change that cannot be written yet."""
        self._put_text(path, "lag", data)

    def put_replaced(self, path: str, data: bytes | None) -> None:
        """Keep the bytes that lorefs is about to replace."""
        self._put_text(path, "replaced", data)

    def _put(self, path: str, kind: str, data: bytes | None) -> None:
        """Sets the hash of a text, and the text where it is not the current one."""
        found = None if data is None else digest(data)
        state = self.state(path)
        same = state is not None and state.hash == found
        self._put_hash(path, kind, found, None if same else data)

    def _put_hash(self, path: str, kind: str, found: str | None, data: bytes | None) -> None:
        self.connection.execute(
            f"UPDATE documents SET {kind}_hash = ? WHERE path = ?", (found, path)
        )
        self._put_text(path, kind, data)

    def _text(self, path: str, kind: str) -> bytes | None:
        row = self.connection.execute(
            "SELECT data FROM texts WHERE path = ? AND kind = ?", (path, kind)
        ).fetchone()
        return None if row is None else row[0]

    def _put_text(self, path: str, kind: str, data: bytes | None) -> None:
        if data is None:
            self.connection.execute("DELETE FROM texts WHERE path = ? AND kind = ?", (path, kind))
            return
        updated = self.connection.execute(
            "UPDATE texts SET data = ? WHERE path = ? AND kind = ?", (data, path, kind)
        )
        if not updated.rowcount:
            self.connection.execute("INSERT INTO texts VALUES (?, ?, ?)", (path, kind, data))

    def unsynced(self) -> list[str]:
        """The shared documents whose current text the sync branch does not have, by path."""
        rows = self.connection.execute(
            "SELECT path FROM documents WHERE scope != ? AND hash IS NOT synced_hash ORDER BY path",
            (PERSONAL,),
        )
        return [str(row[0]) for row in rows]

    def put_synced(self, path: str, found: str | None) -> None:
        """Note the hash of the text that the sync branch has."""
        self.connection.execute(
            "UPDATE documents SET synced_hash = ? WHERE path = ?", (found, path)
        )

    def forget_synced(self) -> None:
        """Have the sync branch compared with all documents again."""
        self.connection.execute("UPDATE documents SET synced_hash = NULL")

    def put_tracked(self, path: str, *, tracked: bool) -> None:
        """Note whether HEAD holds the document."""
        self.connection.execute(
            "UPDATE documents SET tracked = ? WHERE path = ?", (int(tracked), path)
        )

    def forget(self, path: str) -> None:
        """Remove a document that holds no entries any more."""
        self.connection.execute("DELETE FROM documents WHERE path = ?", (path,))
        self.connection.execute("DELETE FROM texts WHERE path = ?", (path,))
