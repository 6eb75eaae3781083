"""What is asked of all entries at once to tell which matter; texts are read for the few chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from lorefs.store.log import CHANGED_OR_CONFIRMED
from lorefs.store.rows import READ_COLUMNS, Row, read_entry, read_row

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from sqlite3 import Connection

# Where a proposal stands is no more to be relied on than what its status says.
_APPROVED: Final = "pk NOT IN (SELECT pk FROM entries WHERE standing != '')"
_COUNTS: Final = "status = 'active' AND scope IS NOT 'review' AND sensitivity IS NOT 'restricted'"


class Candidate(NamedTuple):
    """An entry without its text. `touched` is in milliseconds since 1970."""

    pk: int
    id: str
    path: str
    scope: str
    confidence: float
    touched: int
    relations: str  # as the row has them: JSON, "[]" for most


class Candidates:
    """Asks for entries that may matter."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def all(self) -> list[Candidate]:
        """The entries that count: active ones, no proposals, not restricted, and none in doubt."""
        # apart from the rows: a join takes twice the time of both
        touched = dict(self.connection.execute(CHANGED_OR_CONFIRMED).fetchall())
        found = self.connection.execute(
            "SELECT pk, id, path, scope, CAST(confidence AS REAL), created_at, relations"
            f" FROM entries WHERE {_COUNTS} AND id IS NOT NULL AND {_APPROVED}"
        )
        return [
            Candidate(pk, ident, path, scope, sure, touched.get(ident, made), relations)
            for pk, ident, path, scope, sure, made, relations in found.fetchall()
        ]

    def rows(self, keys: Sequence[int]) -> list[Row]:
        """The rows of some primary keys, in the order of these."""
        found = self.connection.execute(
            f"SELECT pk, {READ_COLUMNS} FROM entries WHERE pk IN ({', '.join(map(str, keys))})"
        )
        rows = {pk: read_row(row) for pk, *row in found}
        return [rows[pk] for pk in keys if pk in rows]


def targets(candidates: Iterable[Candidate], kind: str) -> dict[str, str]:
    """The entries that others are related to by a type of relation, with one of these others."""
    mark = f'"{kind}"'
    found: dict[str, str] = {}
    for each in sorted(each for each in candidates if mark in each.relations):
        for relation in read_entry({"relations": each.relations}).relations:
            if relation.type == kind and relation.id != each.id:
                found[relation.id] = each.id
    return found
