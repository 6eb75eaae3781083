"""What makes a personal entry worth promoting: shares that all pull the same way."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lorefs.core.suggestion import DAY, HALF_SETTLED, HALF_USED, Signals, score, signals

shares = st.floats(0, 1)
facts = st.tuples(st.integers(0, 10**4), st.integers(0, 10**13), shares, shares)


@given(facts)
def test_scores_and_signals_are_shares(found: tuple[int, int, float, float]) -> None:
    parts = signals(*found)
    assert all(0 <= part <= 1 for part in parts)
    assert 0 <= score(parts) <= 1


@given(st.tuples(shares, shares, shares, shares), st.tuples(shares, shares, shares, shares))
def test_no_signal_speaks_against_an_entry(
    one: tuple[float, ...], other: tuple[float, ...]
) -> None:
    low, high = Signals(*map(min, one, other)), Signals(*map(max, one, other))
    assert score(low) <= score(high)


@given(facts, facts)
def test_more_use_age_and_confidence_and_less_likeness_are_better(
    one: tuple[int, int, float, float], other: tuple[int, int, float, float]
) -> None:
    low = [min(a, b) for a, b in zip(one[:3], other[:3], strict=True)]
    high = [max(a, b) for a, b in zip(one[:3], other[:3], strict=True)]
    worse = signals(int(low[0]), int(low[1]), low[2], max(one[3], other[3]))
    better = signals(int(high[0]), int(high[1]), high[2], min(one[3], other[3]))
    assert score(worse) <= score(better)


def test_what_the_halves_are() -> None:
    parts = signals(HALF_USED, HALF_SETTLED, 1.0)
    assert parts == Signals(0.5, 0.5, 1.0, 1.0)
    assert score(parts) == 0.5
    assert score(signals(10**4, 10**4 * DAY, 1.0, 1.0)) == 0.0  # the team has that already


def test_what_makes_no_sense_is_taken_as_far_as_it_does() -> None:
    assert signals(-1, -1, 7.0, -1.0) == Signals(0.0, 0.0, 1.0, 1.0)
    assert signals(0, 0, -7.0, 7.0) == Signals(0.0, 0.0, 0.0, 0.0)
