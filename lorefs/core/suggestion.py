"""Which personal entries are worth giving to the team.

What speaks for one is a share from 0 to 1 each; `score` weighs them. Nothing here knows of time but
through its arguments, so the same facts give the same scores. docs/team.md says the same in words.
"""

from __future__ import annotations

from typing import Final, NamedTuple

USE: Final = 0.7  # what use has to say
SETTLED: Final = 0.3  # and how long it has stood unchanged

LEAST_SURE: Final = 0.5  # what is left of the score of an entry of no confidence

HALF_USED: Final = 3  # days of use that are worth half of `USE`
DAY: Final = 86_400_000  # milliseconds
HALF_SETTLED: Final = 14 * DAY  # the age that is worth half of `SETTLED`


class Signals(NamedTuple):
    """What speaks for an entry: shares from 0 to 1.

    `new` is 1 for what shares no word with any entry of the team, and 0 for what one of them says
    in the same words.
    """

    use: float
    settled: float
    confidence: float
    new: float = 1.0


def signals(days: int, age: int, confidence: float, likeness: float = 0.0) -> Signals:
    """The signals of an entry that was used on some days and has an age in milliseconds.

    `likeness` (0 to 1) is that of the entry of the team which is most like it.
    """
    return Signals(
        1 - 0.5 ** (max(days, 0) / HALF_USED),
        1 - 0.5 ** (max(age, 0) / HALF_SETTLED),
        min(max(confidence, 0.0), 1.0),
        1 - min(max(likeness, 0.0), 1.0),
    )


def score(found: Signals) -> float:
    """How much speaks for giving an entry to the team, 0 to 1; grows with every signal."""
    sure = LEAST_SURE + (1 - LEAST_SURE) * found.confidence
    return (USE * found.use + SETTLED * found.settled) * sure * found.new
