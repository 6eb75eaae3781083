"""Full-text search over the source of entries, and entries that are alike."""

from __future__ import annotations

import re
import sqlite3
from typing import TYPE_CHECKING, Final, NamedTuple

from lorefs.core.similarity import similarity, words
from lorefs.store.rows import ALL, READ_COLUMNS, Filter, Row, read_row, storable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

# A title that matches says more than a content that does; tags and category in between.
_WEIGHTS: Final = "10.0, 1.0, 3.0, 5.0"
_SNIPPET_WORDS: Final = 16
_CANDIDATES: Final = 200
_RARE_WORDS: Final = 24
_ROW: Final = ", ".join(f"entries.{name}" for name in READ_COLUMNS.split(", "))
_LETTER: Final = re.compile(r"[^\W_]")

MARK: Final = ("\x02", "\x03")  # around what matched; no text that is shown holds them


class Hit(NamedTuple):
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

        Never fails, whatever the query is. Of equal hits the one that was added first stands
        first.
        """
        text = storable(query)
        for match in (text, _quoted(text)):
            if match.strip():
                try:
                    return self._find(match, where, limit)
                except sqlite3.OperationalError:
                    continue  # not a query in FTS5's syntax; as quoted words it is
        return []

    def _find(self, match: str, where: Filter, limit: int) -> list[Hit]:
        condition, values = where.where()
        joined = "" if where == ALL else "JOIN entries ON entries.pk = entries_fts.rowid"
        ranked = self.connection.execute(
            f"SELECT entries_fts.rowid, bm25(entries_fts, {_WEIGHTS}) AS score"
            f" FROM entries_fts {joined} WHERE entries_fts MATCH ? AND {condition}"
            " ORDER BY score, entries_fts.rowid LIMIT ?",
            (match, *values, limit),
        ).fetchall()
        return self._hits(match, dict(ranked))

    def _hits(self, match: str, scores: Mapping[int, float]) -> list[Hit]:
        """The rows and snippets of a few keys, in the order of these.

        A row that another program has just deleted is still in the index, and is left out.
        """
        # the plus keeps FTS5 from running the query, of which a prefix is slow, for each key
        found = self.connection.execute(
            f"SELECT entries_fts.rowid, snippet(entries_fts, 1, ?, ?, '…', ?), {_ROW}"
            " FROM entries_fts JOIN entries ON entries.pk = entries_fts.rowid"
            f" WHERE entries_fts MATCH ? AND +entries_fts.rowid IN ({', '.join(map(str, scores))})",
            (*MARK, _SNIPPET_WORDS, match),
        )
        hits = {pk: Hit(read_row(row), -scores[pk], snippet) for pk, snippet, *row in found}
        return [hits[pk] for pk in scores if pk in hits]

    def ranks(self, phrases: Iterable[str]) -> dict[int, float]:
        """How well rows fit some phrases, one of which is enough, by primary key; higher is better.

        Of many phrases those count that fewest entries have.
        """
        match = self._any(phrases)
        if not match:
            return {}
        found = self.connection.execute(
            f"SELECT rowid, -bm25(entries_fts, {_WEIGHTS}) FROM entries_fts"
            " WHERE entries_fts MATCH ?",
            (match,),
        )
        return dict(found.fetchall())

    def _any(self, phrases: Iterable[str]) -> str:
        """A query for the rarest of some phrases that occur at all, "" where none does."""
        known = {text: _phrase(text) for text in phrases if _LETTER.search(text)}
        counted = sorted((self._frequency(known[text]), text) for text in known)
        rare = [known[text] for count, text in counted if count][:_RARE_WORDS]
        return " OR ".join(rare)

    def similar(
        self, text: str, *, without: str = "", without_scope: str = "", limit: int = 10
    ) -> list[Hit]:
        """The entries whose words are most like those of a text; scores are 0 to 1.

        `without` is the id of one, `without_scope` the scope of those that are left out.
        """
        wanted = words(text)
        candidates = self._candidates(sorted(wanted), without, without_scope)
        hits = [
            Hit(row, similarity(wanted, words(f"{row.entry.title} {row.entry.content}")), "")
            for row in candidates
        ]
        hits.sort(key=lambda hit: (-hit.score, hit.row.entry.id))
        return [hit for hit in hits if hit.score > 0][:limit]

    def _candidates(self, wanted: Sequence[str], without: str, without_scope: str) -> list[Row]:
        """Rows that share the rarest of the words that occur at all."""
        match = self._any(wanted)
        if not match:
            return []
        found = self.connection.execute(
            f"SELECT {_ROW} FROM entries_fts JOIN entries ON entries.pk = entries_fts.rowid"
            " WHERE entries_fts MATCH ? AND entries.id IS NOT ?"
            " AND entries.scope IS NOT ? ORDER BY rank, entries.pk LIMIT ?",
            (match, without, without_scope, _CANDIDATES),
        )
        return [read_row(row) for row in found]

    def _frequency(self, phrase: str) -> int:
        found = self.connection.execute(
            "SELECT count(*) FROM (SELECT 1 FROM entries_fts WHERE entries_fts MATCH ? LIMIT 500)",
            (phrase,),
        ).fetchone()
        return int(found[0])


def _quoted(query: str) -> str:
    """The words of a query as phrases, all of which have to be there: `a.b` is a next to b."""
    words = query.replace("\0", " ").split()
    return " ".join(_phrase(word) for word in words if _LETTER.search(word))


def _phrase(text: str) -> str:
    """A text as FTS5 reads it whatever stands in it: its words next to each other."""
    return '"' + storable(text).replace("\0", " ").replace('"', '""') + '"'
