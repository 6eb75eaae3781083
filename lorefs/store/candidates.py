"""What is asked of all entries at once to tell which matter; texts are read for the few chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from lorefs.core.guests import is_foreign, source_of
from lorefs.store.log import CHANGED_OR_CONFIRMED
from lorefs.store.rows import READ_COLUMNS, Row, read_entry, read_row

if TYPE_CHECKING:
    from collections.abc import Sequence
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
    document: str


class Candidates:
    """Asks for entries that may matter."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def all(self) -> list[Candidate]:
        """The entries that count: active ones, no proposals, not restricted, and none in doubt."""
        # apart from the rows: a join takes twice the time of both
        touched = dict(self.connection.execute(CHANGED_OR_CONFIRMED).fetchall())
        found = self.connection.execute(
            "SELECT pk, id, path, scope, CAST(confidence AS REAL), created_at, relations,"
            f" document FROM entries WHERE {_COUNTS} AND id IS NOT NULL AND {_APPROVED}"
        )
        return [
            Candidate(pk, ident, path, scope, sure, touched.get(ident, made), relations, document)
            for pk, ident, path, scope, sure, made, relations, document in found.fetchall()
        ]

    def rows(self, keys: Sequence[int]) -> list[Row]:
        """The rows of some primary keys, in the order of these."""
        found = self.connection.execute(
            f"SELECT pk, {READ_COLUMNS} FROM entries WHERE pk IN ({', '.join(map(str, keys))})"
        )
        rows = {pk: read_row(row) for pk, *row in found}
        return [rows[pk] for pk in keys if pk in rows]


def targets(candidates: Sequence[Candidate], kind: str) -> dict[str, str]:
    """The entries that others are related to by a type of relation, with one of these others.

    What a realm of elsewhere says of entries counts within it alone: nobody there decides what
    is superseded here.
    """
    mark = f'"{kind}"'
    relating = sorted(each for each in candidates if mark in each.relations)
    sources: dict[str, str] = {}
    if any(is_foreign(each.document) for each in relating):
        sources = {each.id: source_of(each.document) for each in candidates}
    found: dict[str, str] = {}
    for each in relating:
        foreign = is_foreign(each.document)
        for relation in read_entry({"relations": each.relations}).relations:
            target = relation.id
            heard = not foreign or sources.get(target) == sources[each.id]
            if relation.type == kind and target != each.id and heard:
                found[target] = each.id
    return found
