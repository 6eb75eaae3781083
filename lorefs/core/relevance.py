"""Which entries matter for a few files and a question, and how many of them fit a budget.

What speaks for an entry is a share from 0 to 1 each; `score` weighs them, `choose` fills the budget
in the order of scores. Nothing here knows of time but through its arguments, so the same entries
give the same answer. docs/agents.md says the same in words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from lorefs.core.similarity import Likeness

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

TEXT: Final = 0.5  # what the question has to say
NEAR: Final = 0.3  # where the entry stands
NAMED: Final = 0.2  # whether it names one of the files

LEAST_SURE: Final = 0.5  # what is left of the score of an entry of no confidence
LEAST_FRESH: Final = 0.7  # and of one that is very old
HALF_LIFE: Final = 180 * 86_400_000  # milliseconds after which freshness is half of it

UP: Final = 0.5  # what a step from a file's directory to the entry's costs, upwards
BELOW: Final = 1.0  # down into the directory that was asked for
ASIDE: Final = 2.0  # down again after a step up

# So many entries in a row that do not fit end the search for one that does.
PATIENCE: Final = 50


class Signals(NamedTuple):
    """What speaks for an entry: shares from 0 to 1, and the factor that `boost` is."""

    text: float = 0.0
    near: float = 0.0
    named: float = 0.0
    confidence: float = 1.0
    fresh: float = 1.0
    boost: float = 1.0


class Sized(NamedTuple):
    """An entry in the order of scores: what it says, and what it costs in tokens."""

    id: str
    words: str
    tokens: int


class Choice(NamedTuple):
    """What is within the budget, what was folded into what, and what did not fit, by ids."""

    chosen: tuple[str, ...]
    folded: tuple[tuple[str, str], ...]  # the one left out, and the one that stands for it
    too_long: tuple[str, ...]
    tokens: int


def tokens(text: str) -> int:
    """An estimate of a text's tokens that no model has to be asked for.

    A token for every four characters of ASCII that were begun, and one for each other character.
    So the estimate of a whole is never more than that of its parts.
    """
    ascii_only = len(text.encode("ascii", "ignore"))
    return (ascii_only + 3) // 4 + len(text) - ascii_only


def score(signals: Signals) -> float:
    """How much an entry matters; grows with every signal."""
    evidence = TEXT * signals.text + NEAR * signals.near + NAMED * signals.named
    sure = LEAST_SURE + (1 - LEAST_SURE) * min(max(signals.confidence, 0.0), 1.0)
    fresh = LEAST_FRESH + (1 - LEAST_FRESH) * signals.fresh
    return evidence * sure * fresh * signals.boost


def nearness(directory: str, focus: Sequence[str]) -> float:
    """How near an entry's directory is to the nearest of some directories, 1 for the same one.

    Without a focus all are equally near.
    """
    return max((1 / (1 + _distance(directory, each)) for each in focus), default=1.0)


def _distance(directory: str, focus: str) -> float:
    here, there = _parts(focus), _parts(directory)
    shared = 0
    for a, b in zip(here, there, strict=False):
        if a != b:
            break
        shared += 1
    up, down = len(here) - shared, len(there) - shared
    return up * UP + down * (ASIDE if up else BELOW)


def covers(directory: str, focus: Sequence[str]) -> bool:
    """Whether a directory lies above one of the focus or below it, or is one of them."""
    here = _parts(directory)
    pairs = ((here, _parts(each)) for each in focus)
    return any(a == b[: len(a)] or b == a[: len(b)] for a, b in pairs)


def _parts(path: str) -> list[str]:
    return path.split("/") if path else []


def freshness(touched: int, newest: int) -> float:
    """1 for what was touched last of all, half of it for each `HALF_LIFE` before (milliseconds)."""
    return float(0.5 ** (max(newest - touched, 0) / HALF_LIFE))


def choose(ranked: Iterable[Sized], budget: int, least: float) -> Choice:
    """Fill the budget with entries in their order, whole ones only.

    One that is as like one before it as `least` (0 to 1) is folded into that. One that does not fit
    is passed over, and what follows may still fit; after `PATIENCE` such in a row nothing more is
    looked at, so `ranked` may be read lazily.
    """
    chosen: list[str] = []
    folded: list[tuple[str, str]] = []
    too_long: list[str] = []
    known = Likeness(least)
    used = passed = 0
    for each in ranked:
        if passed == PATIENCE:
            break
        like = known.find(each.words)
        if like:
            folded.append((each.id, like))
        elif used + each.tokens > budget:
            too_long.append(each.id)
            passed += 1
        else:
            known.add(each.id, each.words)
            chosen.append(each.id)
            used += each.tokens
            passed = 0
    return Choice(tuple(chosen), tuple(folded), tuple(too_long), used)
