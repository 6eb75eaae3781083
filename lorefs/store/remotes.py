"""The remotes table: what was last seen there, and how the last tries went."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from sqlite3 import Connection


class RemoteState(NamedTuple):
    """One remote. Times are milliseconds since 1970, None for never.

    `seen` is the tip that it was last seen with. `failures` counts the tries that failed since
    one succeeded, the first of them at `failing_since`, and `words` says why the last did.
    """

    name: str
    seen: str | None = None
    success_at: int | None = None
    failure_at: int | None = None
    failures: int = 0
    words: str = ""
    failing_since: int | None = None


class Remotes:
    """Access to the remotes table."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def state(self, name: str) -> RemoteState:
        """What is known of a remote."""
        row = self.connection.execute(
            "SELECT name, seen, success_at, failure_at, failures, words, failing_since"
            " FROM remotes WHERE name = ?",
            (name,),
        ).fetchone()
        return RemoteState(name) if row is None else RemoteState(*row)

    def succeeded(self, name: str, seen: str | None, at: int) -> None:
        """Note that a remote answered, and with which tip."""
        self._put(RemoteState(name, seen, at, self.state(name).failure_at))

    def failed(self, name: str, words: str, at: int) -> None:
        """Note that a remote did not answer, or did not take what it was sent."""
        known = self.state(name)
        since = at if known.failing_since is None else known.failing_since
        self._put(
            RemoteState(name, known.seen, known.success_at, at, known.failures + 1, words, since)
        )

    def forget(self, name: str) -> None:
        """Forget a remote."""
        self.connection.execute("DELETE FROM remotes WHERE name = ?", (name,))

    def _put(self, state: RemoteState) -> None:
        self.connection.execute(
            "INSERT OR REPLACE INTO remotes VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                state.name,
                state.seen,
                state.success_at,
                state.failure_at,
                state.failures,
                state.words,
                state.failing_since,
            ),
        )
