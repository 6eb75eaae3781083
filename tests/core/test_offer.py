"""What is brought to the team, what is merged there, and what stays personal."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lorefs.core.model import PERSONAL, Entry, Relation
from lorefs.core.offer import Choice, Offer, Promote, Unite, offers, steps

LEAST = 0.8
LONG = "Readers that stay open for minutes keep the log growing until the disk is full."


def entry(ident: str, title: str, content: str = LONG, **fields: Any) -> Entry:  # noqa: ANN401  # as `_replace` takes them
    return Entry(ident, title, content)._replace(**fields)


def personal(ident: str, title: str, content: str = LONG, **fields: Any) -> Entry:  # noqa: ANN401  # as `_replace` takes them
    return entry(ident, title, content, scope=PERSONAL, **fields)


def kinds(found: list[Offer]) -> list[str]:
    return [each.kind for each in found]


def test_what_the_team_lacks_is_new() -> None:
    found = offers([personal("p", "Mine")], [entry("t", "Other", "Nothing of that.")], LEAST)
    assert found == [Offer(personal("p", "Mine"), "new")]
    assert steps([(found[0], "promote")]) == [Promote("p")]
    assert steps([(found[0], "skip")]) == []


def test_what_the_team_says_word_for_word_is_equal_whatever_its_tags() -> None:
    mine = personal("p", "Checkpoints", tags=("sqlite",), category="Pattern")
    theirs = entry("t", "Checkpoints", f"{LONG}\n", tags=("wal",), category="Gotcha")
    (found,) = offers([mine], [theirs], LEAST)
    assert (found.kind, found.twin) == ("equal", theirs)
    assert steps([(found, "merge")]) == [Unite("p", "t", ("sqlite", "wal"), (), gone=True)]


def test_a_text_of_ones_own_stays_personal_when_its_tags_are_merged() -> None:
    mine = personal("p", "Checkpoints", f"{LONG} Mostly.", tags=("sqlite",))
    (found,) = offers([mine], [entry("t", "Checkpoints")], LEAST)
    assert found.kind == "alike"
    assert steps([(found, "merge")]) == [Unite("p", "t", ("sqlite",), (), gone=False)]
    assert steps([(found, "promote")]) == [Promote("p")]
    bare = found._replace(entry=mine._replace(tags=()))
    assert steps([(bare, "merge")]) == []


def test_relations_are_merged_and_none_leads_to_the_entry_itself() -> None:
    links = (Relation("supports", "t"), Relation("supports", "x"))
    (found,) = offers([personal("p", "Same", relations=links)], [entry("t", "Same")], LEAST)
    (step,) = steps([(found, "merge")])
    assert isinstance(step, Unite)
    assert step.relations == (Relation("supports", "x"),)


@pytest.mark.parametrize(
    "mine",
    [
        personal("p", "Mine", sensitivity="restricted"),
        personal("p", "Mine", status="archived"),
        personal("p", "Mine", status="rejected"),
    ],
)
def test_what_must_not_leave_is_kept(mine: Entry) -> None:
    (found,) = offers([mine], [], LEAST)
    assert found.kind == "kept"
    assert found.why
    assert steps([(found, "promote")]) == []


def test_of_alike_personal_entries_the_first_is_new() -> None:
    mine = [personal("p", "Same", tags=("a",)), personal("q", "Same", tags=("b",)),
            personal("r", "Same", tags=("c",))]  # fmt: skip
    found = offers(mine, [], LEAST)
    assert kinds(found) == ["new", "equal", "equal"]
    done = steps(list(zip(found, ("promote", "merge", "merge"), strict=True)))
    assert done == [
        Promote("p"),
        Unite("q", "p", ("a", "b"), (), gone=True),
        Unite("r", "p", ("a", "b", "c"), (), gone=True),
    ]
    assert steps(list(zip(found, ("skip", "merge", "skip"), strict=True))) == []


WORDS = st.sampled_from(["one two three four five", "six seven eight nine ten", "one two three"])
ENTRIES = st.lists(
    st.builds(
        lambda n, title, content, tags: entry(f"e{n}", title, content, tags=tuple(sorted(tags))),
        st.integers(0, 40), WORDS, WORDS, st.sets(st.sampled_from("abc")),
    ),
    max_size=8, unique_by=lambda each: each.id,
)  # fmt: skip


@given(ENTRIES, ENTRIES, st.lists(st.sampled_from(["promote", "merge", "skip"]), min_size=8))
def test_no_entry_is_changed_twice_and_no_tag_of_the_team_is_lost(
    mine: list[Entry], theirs: list[Entry], choices: list[Choice]
) -> None:
    mine = [each._replace(id=f"p{each.id}", scope=PERSONAL) for each in mine]
    found = offers(mine, theirs, LEAST)
    assert [each.entry for each in found] == mine
    done = steps(list(zip(found, choices, strict=False)))
    assert len({step.id for step in done}) == len(done)
    tags = {each.id: set(each.tags) for each in [*theirs, *mine]}
    for step in done:
        if isinstance(step, Unite):
            assert tags[step.into] <= set(step.tags)
            assert tags[step.id] <= set(step.tags)
