"""Puts together the entries that matter for a few files and a question."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Final, NamedTuple

from lorefs.core.excerpt import excerpt
from lorefs.core.guests import is_foreign
from lorefs.core.model import PERSONAL
from lorefs.core.relevance import (
    Signals,
    Sized,
    choose,
    covers,
    freshness,
    nearness,
    score,
    tokens,
)
from lorefs.core.similarity import words
from lorefs.errors import UsageError
from lorefs.store.candidates import targets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from lorefs.config import Config
    from lorefs.store import Row, Store
    from lorefs.store.candidates import Candidate

    Render = Callable[[Row, float], str]

CHUNK: Final = 32  # rows that are read at once


class Question(NamedTuple):
    """What is asked for: files or directories from the top of the worktree, words, and tokens."""

    paths: tuple[str, ...] = ()
    query: str = ""
    budget: int = 4000


class Piece(NamedTuple):
    """An entry that was chosen, with what spoke for it; `text` is as it was rendered."""

    row: Row
    score: float
    signals: Signals
    text: str
    tokens: int
    folded: tuple[str, ...]  # ids of others that say nearly the same
    challenged_by: str  # an id, or ""


class LeftOut(NamedTuple):
    """How many entries were left out, and why."""

    inactive: int  # pending, rejected, archived, proposals and restricted ones
    superseded: int
    elsewhere: int  # nothing speaks for them
    folded: int
    too_long: int  # for what was left of the budget
    further: int  # of less weight than those; not looked at


class Context(NamedTuple):
    """The entries that matter, the best first."""

    pieces: tuple[Piece, ...]
    tokens: int
    left_out: LeftOut


def plain(row: Row, _: float) -> str:
    """An entry as a section of Markdown."""
    return excerpt(row.entry, row.document)


def context(
    store: Store, root: Path, config: Config, question: Question, render: Render
) -> Context:
    """The entries that matter for a question, whose rendered texts are within its budget.

    Raises `UsageError` for a path that leads out of the worktree.
    """
    known = store.candidates.all()
    superseded = targets(known, "supersedes")
    current = [each for each in known if each.id not in superseded]
    ranked = _ranked(store, root, config.context.personal_boost, question, current)
    read: dict[str, tuple[Row, str]] = {}
    sized = _sized(store, ranked, render, read)
    choice = choose(sized, question.budget, config.check.similarity)
    challenged = targets(known, "challenges")
    chosen = frozenset(choice.chosen)
    signals = {each.id: found for _, _, each, found in ranked if each.id in chosen}
    pieces = tuple(
        Piece(
            read[ident][0], score(signals[ident]), signals[ident], read[ident][1],
            tokens(read[ident][1]), tuple(gone for gone, by in choice.folded if by == ident),
            challenged.get(ident, ""),
        )
        for ident in choice.chosen
    )  # fmt: skip
    looked_at = len(choice.chosen) + len(choice.folded) + len(choice.too_long)
    left_out = LeftOut(
        store.entries.count() - len(known),
        len(known) - len(current),
        len(current) - len(ranked),
        len(choice.folded),
        len(choice.too_long),
        len(ranked) - looked_at,
    )
    return Context(pieces, choice.tokens, left_out)


_Ranked = tuple[float, str, "Candidate", Signals]  # the score below zero, so that the best is first


def _ranked(
    store: Store,
    root: Path,
    boost: float,
    question: Question,
    current: Sequence[Candidate],
) -> list[_Ranked]:
    """The candidates that anything speaks for, the best first; equal ones by id."""
    places = [_place(root, path) for path in question.paths]
    focus = tuple(dict.fromkeys(directory for directory, _ in places))
    text = shares(store.search.ranks(words(question.query)))
    named = store.search.ranks({name for _, name in places})
    near = cache(partial(nearness, focus=focus))
    relevant = cache(partial(covers, focus=focus))
    everything = not question.paths and not question.query.strip()
    newest = max((each.touched for each in current), default=0)
    ranked: list[_Ranked] = []
    for each in current:
        # a directory here says nothing of what others have written elsewhere
        foreign = is_foreign(each.document)
        placed = not foreign and relevant(each.path)
        if not (everything or each.pk in text or each.pk in named or placed):
            continue
        signals = Signals(
            text.get(each.pk, 0.0),
            0.0 if foreign else near(each.path),
            1.0 if each.pk in named else 0.0,
            each.confidence,
            freshness(each.touched, newest),
            boost if each.scope == PERSONAL else 1.0,
        )
        ranked.append((-score(signals), each.id, each, signals))
    ranked.sort()  # by score and id; no two ids are alike
    return ranked


def shares(ranks: Mapping[int, float]) -> dict[int, float]:
    """Ranks as shares of the best one; a rank that is no more than nothing still is a match."""
    best = max(ranks.values(), default=0.0)
    return {key: max(rank / best, 0.0) if best > 0 else 1.0 for key, rank in ranks.items()}


def _place(root: Path, path: str) -> tuple[str, str]:
    """The directory that a path is about, and the name of the file that is there or will be."""
    if path.startswith("/") or {"..", "."} & set(path.split("/")):
        raise UsageError(
            "a path has to be relative to the top of the worktree",
            found=path,
            hint="leave out `.` and `..`",
        )
    path = path.rstrip("/")
    if "\0" not in path and (root / path).is_dir():
        return path, ""
    directory, _, name = path.rpartition("/")
    return directory, name


def _sized(
    store: Store, ranked: Sequence[_Ranked], render: Render, read: dict[str, tuple[Row, str]]
) -> Iterator[Sized]:
    """The entries with their texts, which are read when they are asked for, and kept in `read`."""
    for start in range(0, len(ranked), CHUNK):
        part = ranked[start : start + CHUNK]
        weights = {ident: -weight for weight, ident, _, _ in part}
        for row in store.candidates.rows([each.pk for _, _, each, _ in part]):
            entry = row.entry
            text = render(row, weights.get(entry.id, 0.0))
            read[entry.id] = row, text
            yield Sized(entry.id, f"{entry.title} {entry.content}", tokens(text))
