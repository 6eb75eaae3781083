"""The copies table: entries with an id whose row is that of another document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lorefs.core.model import PERSONAL, scope_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from sqlite3 import Connection


class Copies:
    """Access to the copies table, which says where they stand; what they say is in documents."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def all(self) -> dict[str, frozenset[str]]:
        """The documents of all copies, by id."""
        found: dict[str, frozenset[str]] = {}
        for ident, document in self.connection.execute("SELECT entry, document FROM copies"):
            found[ident] = found.get(ident, frozenset()) | {document}
        return found

    def put(self, standing: Mapping[str, Iterable[str]]) -> None:
        """Set the documents of all copies of some ids; none forgets an id."""
        self.connection.executemany(
            "DELETE FROM copies WHERE entry = ?", [(ident,) for ident in standing]
        )
        self.connection.executemany(
            "INSERT INTO copies VALUES (?, ?)",
            [(ident, path) for ident, documents in standing.items() for path in documents],
        )

    def drafts(self) -> dict[str, str]:
        """The personal documents that hold another text of an entry of the team's, by id.

        Of several, the first by path.
        """
        rows = self.connection.execute(
            "SELECT entry, copies.document FROM copies JOIN entries ON entries.id = copies.entry"
            " WHERE entries.scope != ? ORDER BY copies.document DESC",
            (PERSONAL,),
        )
        return {ident: path for ident, path in rows if scope_of(path) == PERSONAL}
