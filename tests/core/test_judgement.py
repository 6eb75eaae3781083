"""Judgement as a fold: what no sequence of commits by people who are not entitled can do."""

from __future__ import annotations

from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from lorefs.core.judgement import (
    ANYTHING,
    ENTRY,
    NO_VALUE,
    THE_POLICY,
    Change,
    Claim,
    Meeting,
    Shift,
    Standing,
    Value,
    in_force,
    judge,
    meet,
    meet_policies,
    value_of,
)
from lorefs.core.model import Entry
from lorefs.core.policy import MANUAL, OPEN, Author, Policy, approval_hash

ADA, EVE = Author("ada@example.invalid"), Author("eve@example.invalid")
HERS = Policy(MANUAL, (ADA.email,))
IDS = ("x", "y")

# a commit: the text of each entry and its marks, and the policy of the root document
claims = st.frozensets(st.builds(Claim, st.sampled_from(["", *(a.email for a in (ADA, EVE))]),
                                 st.sampled_from(["", "1", "2"])), max_size=1)  # fmt: skip
values = st.one_of(st.just(NO_VALUE), st.builds(Value, st.sampled_from("123"), claims))
trees = st.fixed_dictionaries(dict.fromkeys(IDS, values))
policies = st.sampled_from([OPEN, HERS, Policy(MANUAL, (EVE.email,)), Policy(MANUAL), None])
commits = st.tuples(st.sampled_from([ADA, EVE]), policies, trees)
START = (ADA, HERS, {"x": Value("1"), "y": NO_VALUE})

State = tuple[Author, Policy | None, dict[str, Value]]


def fold(states: list[State], standing: Standing = ANYTHING) -> list[Standing]:
    """The standings of commits that stand one on the other, the first on nothing."""
    found = [standing]
    before: State = (ADA, OPEN, dict.fromkeys(IDS, NO_VALUE))
    for state in states:
        found.append(judge(found[-1], change(before, state)).standing)
        before = state
    return found[1:]


def change(before: State, after: State) -> Change:
    shifts = {i: Shift(before[2][i], after[2][i]) for i in IDS if before[2][i] != after[2][i]}
    return Change("c", after[0], before[1], after[1], shifts)


@given(st.lists(commits.map(lambda c: (EVE, c[1], c[2])), max_size=8))
def test_nobody_makes_themselves_entitled_or_a_text_approved(others: list[State]) -> None:
    for state, standing in zip([START, *others], fold([START, *others]), strict=True):
        assert standing.policies == (HERS,)
        for ident in IDS:
            approved = {"", START[2][ident].text}  # what is not there is nobody's text
            assert state[2][ident].text in approved or ident in standing.unapproved


@given(st.lists(commits.map(lambda c: (ADA, c[1], c[2])), max_size=8))
def test_what_was_approved_stands_unless_somebody_else_comes(own: list[State]) -> None:
    marked = [(who, HERS, {k: v._replace(claims=frozenset()) for k, v in tree.items()})
              for who, _, tree in own]  # fmt: skip
    for standing in fold([START, *marked]):
        assert standing == Standing((HERS,))


@given(st.lists(commits, max_size=8), st.integers(0, 8))
def test_judging_on_equals_judging_at_once(states: list[State], cut: int) -> None:
    states = [START, *states]
    cut = min(cut, len(states) - 1)
    whole = fold(states)
    part = reduce(
        lambda standing, pair: judge(standing, change(*pair)).standing,
        zip(states[cut:], states[cut + 1 :], strict=False),
        whole[cut],
    )
    assert part == whole[-1]


@given(st.lists(commits, max_size=6), st.booleans())
def test_a_commit_that_changes_nothing_hands_on_what_it_found(
    states: list[State], entitled: bool
) -> None:
    last = [START, *states][-1]
    again = (ADA if entitled else EVE, last[1], last[2])
    *_, before, after = fold([START, *states, again])
    assert after == before


# ---------------------------------------------------------------- merges

MERGE = Change("m", Author("merge@example.invalid"), HERS, HERS, {}, parents=("p", "q"))


def met(one: list[State], other: list[State], pick: dict[str, str]) -> tuple[Standing, ...]:
    """The parents' standings, and both orders of their merge; `pick` names the text it has."""
    left, right = (fold([START, *side]) for side in (one, other))
    ends = [START, *one][-1][2], [START, *other][-1][2]
    meetings = {i: Meeting(ends[0][i], ends[1][i], Value(pick[i])) for i in IDS}
    swapped = {i: Meeting(m.other, m.one, m.merged) for i, m in meetings.items()}
    policies = in_force(*left[-1].policies, *right[-1].policies)
    return (
        left[-1],
        right[-1],
        meet(left[-1], right[-1], policies, meetings, MERGE),
        meet(right[-1], left[-1], policies, swapped, MERGE._replace(parents=("q", "p"))),
    )


sides = st.lists(commits.map(lambda c: (c[0], HERS, c[2])), max_size=3)
picks = st.fixed_dictionaries(dict.fromkeys(IDS, st.sampled_from(["", "1", "2", "3", "merged"])))


@given(sides, sides, picks)
def test_the_order_of_parents_does_not_matter(
    one: list[State], other: list[State], pick: dict[str, str]
) -> None:
    *_, there, back = met(one, other, pick)
    assert there == back


@given(sides, sides, picks)
def test_a_merge_approves_only_what_both_or_one_approved(
    one: list[State], other: list[State], pick: dict[str, str]
) -> None:
    left, right, merged, _ = met(one, other, pick)
    ends = [START, *one][-1][2], [START, *other][-1][2]
    for ident, text in pick.items():
        approved = [
            end[ident].text
            for end, standing in zip(ends, (left, right), strict=True)
            if ident not in standing.doubts and end[ident].text
        ]
        if text and ident not in merged.unapproved:
            assert text in approved or len(approved) == 2


def test_the_policies_of_a_merge() -> None:
    base, one, other = ((Policy(MANUAL, (name,)),) for name in "abc")

    def merged(*three: tuple[Policy, ...], holds: str = "") -> tuple[Policy, ...]:
        return meet_policies(
            *three, one_holds="one" in holds, other_holds="other" in holds
        ).policies

    assert merged(base, base, base) == base
    assert merged(base, one, base) == merged(base, base, one) == one
    assert merged(base, one, other) == merged(base, one, other, holds="one other") == (*one, *other)
    assert merged(base, one, other, holds="one") == one
    assert merged((), one, one, holds="other") == one
    assert merged(base, (), other) == other  # who opens everything must be entitled by both


def test_two_policies_that_met_are_told_even_where_nobody_is_in_doubt() -> None:
    two = (Policy(MANUAL, ("a",)), Policy(MANUAL, ("b",)))
    found = meet(Standing(two[:1]), Standing(two[1:]), two, {}, MERGE)
    assert found.doubts[THE_POLICY].commit == "m"
    assert judge(found, MERGE._replace(after=HERS, author=ADA)).standing.policies == two


def test_a_value_is_what_readers_get_to_see() -> None:
    team = Entry("x", "A title", "A text")
    assert value_of([]) == NO_VALUE
    assert value_of([team._replace(status="archived"), team._replace(scope="review")]) == NO_VALUE
    assert value_of([team, team._replace(path="a")]).text == approval_hash(team)
    assert value_of([team, team._replace(content="B")]).text.count("+") == 1
    approved = team._replace(approved_by="Ada@Example.invalid", approved_hash="0")
    assert value_of([approved]).claims == {Claim("ada@example.invalid", "0")}


def test_an_approval_that_was_forged_to_the_letter_can_be_given_again() -> None:
    extra = (("approved_again", "1"),)
    forged = Entry("x", "A title", approved_by=ADA.email, approved_hash="1")
    tree = {"x": Value("1", value_of([forged]).claims), "y": NO_VALUE}
    again = {**tree, "x": Value("1", value_of([forged._replace(extra=extra)]).claims)}
    before = (ADA, HERS, dict.fromkeys(IDS, NO_VALUE))
    states: list[State] = [before, (EVE, HERS, tree), (ADA, HERS, tree), (EVE, HERS, again)]
    assert [set(each.doubts) for each in fold(states)] == [set(), {"x"}, {"x"}, {"x"}]
    assert not fold([*states[:3], (ADA, HERS, again)])[-1].doubts


def test_what_another_history_vouches_for_counts() -> None:
    before = Standing((HERS,))
    shifts = {"x": Shift(NO_VALUE, Value("1")), "y": Shift(Value("1"), NO_VALUE)}
    change = Change("c", EVE, HERS, HERS, shifts)
    assert judge(before, change).standing.doubts["x"].kind == ENTRY
    vouched = {"x": frozenset({"1"}), "y": frozenset({""})}
    assert judge(before, change._replace(vouched=vouched)).standing == before
