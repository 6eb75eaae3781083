"""Full-text search over the source of entries, and entries that are alike."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lorefs.core.similarity import similarity, words
from lorefs.store.rows import ALL, COLUMNS, Filter, Row, read_row

if TYPE_CHECKING:
    from collections.abc import Sequence

# A title that matches says more than a content that does; tags and category in between.
_WEIGHTS: Final = "10.0, 1.0, 3.0, 5.0"
_SNIPPET_WORDS: Final = 16
_CANDIDATES: Final = 200
_RARE_WORDS: Final = 24
_ROW: Final = ", ".join(f"entries.{name}" for name in COLUMNS.split(", "))
_TOKEN: Final = re.compile(r"\w+")

MARK: Final = ("\x02", "\x03")  # around what matched; no text that is shown holds them


@dataclass(frozen=True, slots=True)
class Hit:
    """A row that was found. `score` is higher for better ones; `snippet` marks what matched."""

    row: Row
    score: float
    snippet: str


class Search:
    """Searches the full-text index."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def find(self, query: str, where: Filter = ALL, limit: int = 20) -> list[Hit]:
        """The best hits of a query in FTS5's syntax; what is no such syntax is read as words.

        Never fails, whatever the query is.
        """
        for match in (query, _quoted(query)):
            if not match.strip():
                return []
            try:
                return self._find(match, where, limit)
            except sqlite3.OperationalError:
                continue  # not a query in FTS5's syntax; as quoted words it is
        return []

    def _find(self, match: str, where: Filter, limit: int) -> list[Hit]:
        condition, values = where.where()
        joined = "" if condition == "1" else "JOIN entries ON entries.pk = entries_fts.rowid"
        ranked = self.connection.execute(
            f"SELECT entries_fts.rowid, bm25(entries_fts, {_WEIGHTS}) AS score"
            f" FROM entries_fts {joined} WHERE entries_fts MATCH ? AND {condition}"
            " ORDER BY score, entries_fts.rowid LIMIT ?",
            (match, *values, limit),
        ).fetchall()
        return [self._hit(match, pk, -score) for pk, score in ranked]

    def _hit(self, match: str, pk: int, score: float) -> Hit:
        row = self.connection.execute(
            f"SELECT snippet(entries_fts, 1, ?, ?, '…', ?), {_ROW}"
            " FROM entries_fts JOIN entries ON entries.pk = entries_fts.rowid"
            " WHERE entries_fts MATCH ? AND entries_fts.rowid = ?",
            (*MARK, _SNIPPET_WORDS, match, pk),
        ).fetchone()
        return Hit(read_row(row[1:]), score, str(row[0]))

    def similar(self, text: str, *, without: str = "", limit: int = 10) -> list[Hit]:
        """The entries whose words are most like those of a text; scores are 0 to 1."""
        wanted = words(text)
        candidates = self._candidates(sorted(wanted), without)
        hits = [
            Hit(row, similarity(wanted, words(f"{row.entry.title} {row.entry.content}")), "")
            for row in candidates
        ]
        hits.sort(key=lambda hit: (-hit.score, hit.row.entry.id))
        return [hit for hit in hits if hit.score > 0][:limit]

    def _candidates(self, wanted: Sequence[str], without: str) -> list[Row]:
        """Rows that share the rarest of the words."""
        rare = sorted(wanted, key=lambda word: (self._frequency(word), word))[:_RARE_WORDS]
        if not rare:
            return []
        match = " OR ".join(f'"{word}"' for word in rare)
        found = self.connection.execute(
            f"SELECT {_ROW} FROM entries_fts JOIN entries ON entries.pk = entries_fts.rowid"
            " WHERE entries_fts MATCH ? AND entries.id != ? ORDER BY rank LIMIT ?",
            (match, without, _CANDIDATES),
        )
        return [read_row(row) for row in found]

    def _frequency(self, word: str) -> int:
        found = self.connection.execute(
            "SELECT count(*) FROM (SELECT 1 FROM entries_fts WHERE entries_fts MATCH ? LIMIT 500)",
            (f'"{word}"',),
        ).fetchone()
        return int(found[0])


def _quoted(query: str) -> str:
    """The words of a query, all of which have to be there."""
    return " ".join(f'"{word}"' for word in _TOKEN.findall(query))
