"""Which items of two sequences correspond, and where three sequences agree.

Sequences of entries, lines or words are aligned alike: equal ends are trimmed, items that
occur exactly once on both sides anchor the middle (patience diff, so that a moved brace or
a repeated separator cannot shift everything), and what is left between two anchors goes to
`difflib`. Work is bounded by a count, never by time, so every machine aligns alike: past
the bound a gap simply has no matches, which a merge reads as "both changed".
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

T = TypeVar("T")

# How many pairs of equal items difflib may be given for one gap. It looks at each of them at
# least once, and more often in repetitive text: 250,000 take about a tenth of a second.
PAIR_LIMIT: Final = 250_000


class Region(NamedTuple):
    """A stretch of three aligned sequences, as half-open index ranges.

    In a stable region the three stretches are equal, item by item.
    """

    base: tuple[int, int]
    ours: tuple[int, int]
    theirs: tuple[int, int]
    stable: bool = False


def align(a: Sequence[Hashable], b: Sequence[Hashable]) -> list[tuple[int, int]]:
    """Pairs of indices of equal items, increasing in both sequences."""
    start = 0
    shortest = min(len(a), len(b))
    while start < shortest and a[start] == b[start]:
        start += 1
    end = 0
    while end < shortest - start and a[-1 - end] == b[-1 - end]:
        end += 1
    head = [(i, i) for i in range(start)]
    tail = [(len(a) - end + i, len(b) - end + i) for i in range(end)]
    return head + _between(a, start, len(a) - end, b, start, len(b) - end) + tail


def _between(
    a: Sequence[Hashable], a_from: int, a_to: int, b: Sequence[Hashable], b_from: int, b_to: int
) -> list[tuple[int, int]]:
    if a_from == a_to or b_from == b_to:
        return []
    pairs: list[tuple[int, int]] = []
    i, j = a_from, b_from
    for x, y in [*_anchors(a, a_from, a_to, b, b_from, b_to), (a_to, b_to)]:
        pairs += _gap(a, i, x, b, j, y)
        if x < a_to:
            pairs.append((x, y))
        i, j = x + 1, y + 1
    return pairs


def _anchors(
    a: Sequence[Hashable], a_from: int, a_to: int, b: Sequence[Hashable], b_from: int, b_to: int
) -> list[tuple[int, int]]:
    """The longest increasing run of items that occur exactly once on both sides."""
    once_in_a = _once(a, a_from, a_to)
    once_in_b = _once(b, b_from, b_to)
    places = [(i, once_in_b[item]) for item, i in once_in_a.items() if item in once_in_b]
    tails: list[int] = []  # tails[n]: the smallest b index that ends a run of n + 1 anchors
    run_ends: list[int] = []  # run_ends[n]: the position in `places` of that anchor
    before: list[int] = []
    for at, (_, j) in enumerate(places):
        n = bisect_left(tails, j)
        before.append(run_ends[n - 1] if n else -1)
        if n == len(tails):
            tails.append(j)
            run_ends.append(at)
        else:
            tails[n] = j
            run_ends[n] = at
    chosen: list[tuple[int, int]] = []
    at = run_ends[-1] if run_ends else -1
    while at >= 0:
        chosen.append(places[at])
        at = before[at]
    return chosen[::-1]


def _once(items: Sequence[Hashable], start: int, end: int) -> dict[Hashable, int]:
    seen: dict[Hashable, int] = {}
    for i in range(start, end):
        seen[items[i]] = -1 if items[i] in seen else i
    return {item: i for item, i in seen.items() if i >= 0}


def _gap(
    a: Sequence[Hashable], a_from: int, a_to: int, b: Sequence[Hashable], b_from: int, b_to: int
) -> list[tuple[int, int]]:
    if a_from == a_to or b_from == b_to:
        return []
    left, right = a[a_from:a_to], b[b_from:b_to]
    counts: dict[Hashable, int] = {}
    for item in right:
        counts[item] = counts.get(item, 0) + 1
    work = sum(counts.get(item, 0) for item in left)
    if not 0 < work <= PAIR_LIMIT:
        return []
    from difflib import SequenceMatcher  # a clean merge gets along without it

    # autojunk drops items that are frequent, which makes repetitive text conflict for nothing
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    return [
        (a_from + i + n, b_from + j + n)
        for i, j, size in matcher.get_matching_blocks()
        for n in range(size)
    ]


def regions(
    base: Sequence[Hashable], ours: Sequence[Hashable], theirs: Sequence[Hashable]
) -> Iterator[Region]:
    """Cut three sequences into stretches that are equal on all sides and such that are not.

    Stable and unstable regions alternate and tile the three sequences (diff3).
    """
    in_ours = dict(align(base, ours))
    in_theirs = dict(align(base, theirs))
    b = o = t = 0  # where the last region ended
    i = 0
    while i < len(base):
        p, q = in_ours.get(i), in_theirs.get(i)
        if p is None or q is None:
            i += 1
            continue
        if (i, p, q) != (b, o, t):
            yield Region((b, i), (o, p), (t, q))
        b, o, t = i, p, q
        while in_ours.get(i, -1) == o + i - b and in_theirs.get(i, -1) == t + i - b:
            i += 1
        size = i - b
        yield Region((b, i), (o, o + size), (t, t + size), stable=True)
        b, o, t = i, o + size, t + size
    if (b, o, t) != (len(base), len(ours), len(theirs)):
        yield Region((b, len(base)), (o, len(ours)), (t, len(theirs)))
