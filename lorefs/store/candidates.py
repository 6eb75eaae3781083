"""What is asked of all entries at once to tell which matter; texts are read for the few chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from lorefs.store.rows import COLUMNS, Row, read_entry, read_row

if TYPE_CHECKING:
    from collections.abc import Sequence
    from sqlite3 import Connection

# Where a proposal stands is no more to be relied on than what its status says.
_COUNTS: Final = "status = 'active' AND scope IS NOT 'review' AND sensitivity IS NOT 'restricted'"


class Candidate(NamedTuple):
    """An entry without its text. `touched` is in milliseconds since 1970."""

    pk: int
    id: str
    path: str
    scope: str
    confidence: float
    touched: int


class Candidates:
    """Asks for entries that may matter."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def all(self) -> list[Candidate]:
        """The entries that count: those that are active, no proposals and not restricted."""
        touched = self._touched()
        found = self.connection.execute(
            "SELECT pk, id, path, scope, CAST(confidence AS REAL), created_at FROM entries"
            f" WHERE {_COUNTS} AND id IS NOT NULL"
        )
        return [
            Candidate(pk, ident, path, scope, sure, touched.get(ident, made))
            for pk, ident, path, scope, sure, made in found
        ]

    def _touched(self) -> dict[str, int]:
        """When entries were changed last, by the log; what was only taken in was not."""
        return dict(
            self.connection.execute(
                "SELECT entry, max(at) FROM changes WHERE op IN ('add', 'edit') GROUP BY entry"
            )
        )

    def superseded(self) -> dict[str, str]:
        """The entries that another one which counts supersedes, with that one's id."""
        return self._related("supersedes")

    def challenged(self) -> dict[str, str]:
        """The entries that another one which counts challenges, with that one's id."""
        return self._related("challenges")

    def _related(self, kind: str) -> dict[str, str]:
        found = self.connection.execute(
            f"SELECT id, relations FROM entries WHERE relations LIKE ? AND {_COUNTS}"
            " ORDER BY id DESC",
            (f'%"{kind}"%',),
        )
        pairs: dict[str, str] = {}
        for ident, text in found:
            entry = read_entry({"relations": text})
            targets = (each.id for each in entry.relations if each.type == kind)
            pairs |= {target: ident for target in targets if target != ident}
        return pairs

    def rows(self, keys: Sequence[int]) -> list[Row]:
        """The rows of some primary keys, in the order of these."""
        found = self.connection.execute(
            f"SELECT pk, {COLUMNS} FROM entries WHERE pk IN ({', '.join(map(str, keys))})"
        )
        rows = {pk: read_row(row) for pk, *row in found}
        return [rows[pk] for pk in keys if pk in rows]
