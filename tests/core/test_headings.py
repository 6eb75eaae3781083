"""Headings that came for entries, and go with them."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lorefs.core import edit
from lorefs.core.document import Document, parse, serialize
from lorefs.core.headings import (
    emptied,
    left_over,
    made_for_entries,
    proposed_alone,
    without_empty,
    without_end,
)
from lorefs.core.model import Entry
from lorefs.errors import DocumentError
from tests import strategies
from tests.lore import document, entry

HAND = document(entry(1, "Alpha"))


@given(st.one_of(strategies.documents(), st.just("")), strategies.entries())
def test_what_came_for_an_entry_goes_with_it(text: str, new: Entry) -> None:
    """Every byte is as before, but for the line end at the end of what was empty."""
    before = parse(text)
    assume(all(block.id != new.id for block in before.blocks))
    try:
        after = edit.insert(before, new)
        made = made_for_entries(before, after)
        alone = edit.remove(after, new.id)
        back = without_end(alone, left_over(alone, made))
    except DocumentError:
        return  # it could not be put there, or not without it be read the same way
    assert made <= {new.category}
    if before.blocks:
        headings = [block.text for block in back.blocks if block.kind == "heading"]
        assert headings == [block.text for block in before.blocks if block.kind == "heading"]
        if made:
            assert serialize(back) == text
    else:
        assert back.blocks == ()


@given(strategies.documents(), st.data())
def test_a_heading_of_before_is_never_one_that_was_made(text: str, data: st.DataObject) -> None:
    before = parse(text)
    taken = [block.id for block in before.blocks if block.id]
    assume(taken)
    gone = data.draw(st.sampled_from(taken))
    try:
        after = edit.remove(before, gone)
    except DocumentError:
        return
    assert made_for_entries(before, after) == frozenset()
    assert without_end(after, ()) is after


def added(text: str, category: str) -> Document:
    return edit.insert(
        parse(text), Entry("01926a3e-5f00-7000-8000-0000000000aa", "New", "", category)
    )


def test_what_was_made() -> None:
    before = parse(HAND)
    assert made_for_entries(before, added(HAND, "Decision")) == {"Decision"}
    assert made_for_entries(before, added(HAND, "Gotcha")) == frozenset()
    # a heading that came without an entry, or above one that was there, was not made for one
    by_hand = parse(HAND + "\n### Decision\n")
    assert made_for_entries(before, by_hand) == frozenset()
    retitled = parse(HAND.replace("### Gotcha", "### Decision"))
    assert made_for_entries(before, retitled) == frozenset()
    odd = parse(f"{HAND}\n### Decision ###\n\n{entry(2, 'Beta')}\n")
    assert made_for_entries(before, odd) == frozenset()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("### A\n\n### B\n", {"A", "B"}),
        ("### A\n\n### A\n", set()),  # which of them would it be?
        ("## A\n\n### A\n", set()),
        ("# A\n\n### A\n", {"A"}),  # a title names no category
        ("## A\n\n### B ###\n", set()),
        (f"### A\n\n{entry(1, 'Alpha')}\n\n### B\n", {"B"}),
    ],
)
def test_what_is_left_over(text: str, found: set[str]) -> None:
    assert left_over(parse(text), ("A", "B", "C")) == found


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("# Lore\n\n### A\n", "# Lore\n"),
        ("# Lore\n\n### A\n\n### B\n", "# Lore\n"),
        ("# Lore\n\n### A\n\n### C\n", "# Lore\n\n### A\n\n### C\n"),
        ("# Lore\n\n### A\n\nText.\n", "# Lore\n\n### A\n\nText.\n"),
        ("# Lore\n\n### A", "# Lore"),
        ("\ufeff### A\n", "\ufeff"),
        ("# Lore\r\n\r\n### A\r\n", "# Lore\r\n"),
    ],
)
def test_only_the_end_is_cut(text: str, rest: str) -> None:
    assert serialize(without_end(parse(text), ("A", "B"))) == rest


def test_what_was_emptied() -> None:
    before, after = parse(HAND), edit.remove(parse(HAND), parse(entry(1, "Alpha")).blocks[0].id)
    assert emptied(before, after) == {"Gotcha"}
    assert emptied(after, before) == frozenset()


def test_proposals_name_who_made_them() -> None:
    mine = entry(2, "Beta", meta="status: pending, proposed_by: ben@example.invalid")
    assert proposed_alone(parse(document(mine))) == {"Gotcha"}
    assert proposed_alone(parse(document(mine, entry(1, "Alpha")))) == frozenset()


def test_empty_ones_go_wherever_they_stand() -> None:
    text = f"### A\n\n### B\n\n{entry(1, 'Alpha')}\n\n### C\n\nText.\n\n### D\n"
    gone = without_empty(parse(text), lambda block: block.category != "D")
    assert serialize(gone) == text.removeprefix("### A\n\n")
