"""Looks for personal entries that are worth giving to the team."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lorefs.core.guests import HERE
from lorefs.core.model import PERSONAL, SENSITIVITIES
from lorefs.core.suggestion import Signals, score, signals
from lorefs.store import Filter

if TYPE_CHECKING:
    from lorefs.store import Row, Store
    from lorefs.store.reads import Use


class Suggestion(NamedTuple):
    """A personal entry, what speaks for it, and the entry of the team that is most like it."""

    row: Row
    score: float
    signals: Signals
    use: Use | None
    twin: Row | None


class _Bound(NamedTuple):
    """What the score of an entry is at most, and what is known of it without a look at others."""

    score: float
    row: Row
    use: Use | None
    age: int

    def signals(self, likeness: float) -> Signals:
        days = self.use.days if self.use else 0
        return signals(days, self.age, self.row.entry.confidence, likeness)


def suggest(
    store: Store, now: int, *, limit: int | None = None, least: float = 0.0
) -> list[Suggestion]:
    """The active personal entries with a score of `least` or more, the best first, then by id.

    What is restricted or was dismissed is left out, and so are entries of the user's own store,
    which are not promoted. `now` is in milliseconds since 1970; with a
    `limit` there are no more than so many.
    """
    found: list[Suggestion] = []
    for each in _bounds(store, now):
        # to look for a twin is dear, and it can only lower the score
        if each.score < least or (limit and len(found) >= limit and each.score < found[-1].score):
            break
        twin, likeness = _twin(store, each.row)
        parts = each.signals(likeness)
        if score(parts) >= least:
            found.append(Suggestion(each.row, score(parts), parts, each.use, twin))
            found.sort(key=lambda known: (-known.score, known.row.entry.id))
            del found[limit or len(found) :]
    return found


def _bounds(store: Store, now: int) -> list[_Bound]:
    """The entries that may be suggested, by what their scores are at most."""
    reads, dismissed = store.reads.all(), store.log.dismissed()
    touched = store.log.touched()
    found: list[_Bound] = []
    for row in store.entries.rows(Filter(scope=PERSONAL, status="active", source=HERE)):
        ident = row.entry.id
        if ident not in dismissed and row.entry.sensitivity != SENSITIVITIES[-1]:
            age = now - touched.get(ident, row.created_at)
            bound = _Bound(1.0, row, reads.get(ident), age)
            found.append(bound._replace(score=score(bound.signals(0.0))))
    return sorted(found, key=lambda each: (-each.score, each.row.entry.id))


def _twin(store: Store, row: Row) -> tuple[Row | None, float]:
    """The entry of the team that is most like an entry, and how like it is, 0 to 1."""
    entry = row.entry
    text = f"{entry.title} {entry.content}"
    hits = store.search.similar(text, without=entry.id, without_scope=PERSONAL, limit=1)
    return (hits[0].row, hits[0].score) if hits else (None, 0.0)
