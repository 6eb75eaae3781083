"""What matters, and what fits."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lorefs.core.relevance import (
    PATIENCE,
    Signals,
    Sized,
    choose,
    covers,
    freshness,
    nearness,
    score,
    tokens,
)
from lorefs.core.similarity import Likeness, similarity, words

SHARES = st.floats(0, 1)
SIGNALS = st.builds(Signals, SHARES, SHARES, SHARES, SHARES, SHARES, st.floats(0, 10))
DIRECTORIES = st.lists(st.sampled_from("abc"), max_size=4).map("/".join)
SENTENCES = st.lists(
    st.sampled_from("retry cache queue lock index token worker never reads twice".split()),
    max_size=12,
).map(" ".join)
RANKED = st.lists(st.tuples(SENTENCES, st.integers(1, 60)), max_size=30).map(
    lambda found: [Sized(f"e{n}", text, cost) for n, (text, cost) in enumerate(found)]
)
BUDGETS = st.integers(0, 400)


@given(SIGNALS, st.integers(0, len(Signals._fields) - 1), st.floats(0, 10))
def test_no_signal_that_grows_makes_a_score_smaller(
    signals: Signals, number: int, value: float
) -> None:
    field = Signals._fields[number]
    value = value if field == "boost" else value / 10
    other = signals._replace(**{field: value})
    less, more = sorted((signals, other), key=lambda each: float(getattr(each, field)))
    assert score(less) <= score(more)
    assert score(signals) == score(Signals(*signals))


@given(RANKED, BUDGETS)
def test_what_is_chosen_is_within_the_budget_in_its_order_and_the_same_each_time(
    ranked: list[Sized], budget: int
) -> None:
    choice = choose(ranked, budget, 0.8)
    costs = {each.id: each.tokens for each in ranked}
    assert choice.tokens == sum(costs[ident] for ident in choice.chosen) <= budget
    order = [each.id for each in ranked]
    assert list(choice.chosen) == [ident for ident in order if ident in choice.chosen]
    assert choice == choose(iter(ranked), budget, 0.8)
    gone = [ident for ident, _ in choice.folded]
    assert sorted([*choice.chosen, *gone, *choice.too_long]) == sorted(order)


@given(RANKED, BUDGETS, st.data())
def test_an_entry_that_moves_up_is_not_lost(
    ranked: list[Sized], budget: int, data: st.DataObject
) -> None:
    chosen = choose(ranked, budget, 0.8).chosen
    if not chosen:
        return
    ident = data.draw(st.sampled_from(chosen))
    at = next(n for n, each in enumerate(ranked) if each.id == ident)
    up = data.draw(st.integers(0, at))
    moved = [*ranked[:up], ranked[at], *ranked[up:at], *ranked[at + 1 :]]
    assert ident in choose(moved, budget, 0.8).chosen


@given(RANKED)
def test_with_room_for_all_nothing_is_too_long(ranked: list[Sized]) -> None:
    choice = choose(ranked, sum(each.tokens for each in ranked), 0.8)
    assert not choice.too_long
    kept = {each.id: words(each.words) for each in ranked if each.id in choice.chosen}
    for ident, by in choice.folded:
        gone = next(words(each.words) for each in ranked if each.id == ident)
        assert similarity(gone, kept[by]) >= 0.8


def test_what_follows_one_that_does_not_fit_may_fit() -> None:
    ranked = [Sized("a", "one two", 5), Sized("b", "three four", 50), Sized("c", "five six", 5)]
    choice = choose(ranked, 10, 0.8)
    assert (choice.chosen, choice.too_long) == (("a", "c"), ("b",))


def test_nobody_reads_on_for_ever_where_nothing_fits() -> None:
    read: list[int] = []

    def ranked() -> object:
        for number in range(1000):
            read.append(number)
            yield Sized(f"e{number}", f"word{number} other{number}", 10)

    choose(ranked(), 5, 0.8)  # type: ignore[arg-type]
    assert len(read) == PATIENCE + 1


@given(st.lists(st.text(max_size=30), max_size=6))
def test_the_tokens_of_a_whole_are_no_more_than_those_of_its_parts(parts: list[str]) -> None:
    assert tokens("".join(parts)) <= sum(map(tokens, parts))


def test_tokens_are_four_characters_of_ascii_or_one_other() -> None:
    assert [tokens(text) for text in ("", "a", "abcd", "abcde", "日本語", "naïve")] == [
        0, 1, 1, 2, 3, 2,
    ]  # fmt: skip


@given(DIRECTORIES, st.lists(DIRECTORIES, min_size=1, max_size=3))
def test_nothing_is_nearer_than_the_directory_itself(directory: str, focus: list[str]) -> None:
    near = nearness(directory, focus)
    assert 0 < near <= 1
    assert (near == 1) == (directory in focus)
    assert near >= nearness(directory, focus[:1])


def test_of_directories_above_the_deepest_is_nearest_and_those_aside_are_farthest() -> None:
    order = ["src/api/v1", "src/api", "src", "", "src/web"]
    found = [nearness(each, ["src/api/v1"]) for each in order]
    assert found == sorted(found, reverse=True)
    assert len(set(found)) == len(found)
    assert nearness("anywhere", []) == 1
    assert [covers(each, ["src/api/v1"]) for each in order] == [True] * 4 + [False]
    assert covers("src/api/v1", ["src"])
    assert not covers("src/api2", ["src/api"])


@given(st.integers(0, 10**13), st.integers(0, 10**13))
def test_freshness_is_a_share_and_falls_with_age(touched: int, newest: int) -> None:
    assert 0 <= freshness(touched, newest) <= 1
    assert freshness(touched, newest) <= freshness(touched + 1, newest)


def test_likeness_finds_the_likest() -> None:
    known = Likeness(0.5)
    known.add("near", "a reader open for minutes keeps the log growing")
    known.add("nearest", "a reader open for hours keeps the log growing fast")
    assert known.find("a reader open for hours keeps the log growing") == "nearest"
    assert known.find("deploys happen on tuesdays only in this team") == ""
    assert known.find("") == ""
