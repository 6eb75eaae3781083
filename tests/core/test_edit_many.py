"""Adding many entries at once is adding them one by one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lorefs.core import edit
from lorefs.core.document import parse, serialize
from lorefs.core.model import Entry
from lorefs.errors import DocumentError
from tests import strategies
from tests.lore import document, entry, ident


@settings(max_examples=60)
@given(
    strategies.documents(),
    st.lists(
        strategies.entries(categories=("", "Gotcha", "Pattern")),
        max_size=5,
        unique_by=lambda each: each.id,
    ),
)
def test_many_at_once_are_where_one_by_one_puts_them(text: str, entries: list[Entry]) -> None:
    before = parse(text)
    # by category and title, as they are sorted where they go in together
    ordered = sorted(entries, key=lambda e: (e.category, e.title.casefold(), e.title, e.id))
    one_by_one, refused = before, False
    try:
        for each in ordered:
            one_by_one = edit.insert(one_by_one, each)
    except DocumentError:
        refused = True
    try:
        at_once = edit.insert_all(before, entries)
    except DocumentError:
        return
    if not refused:
        assert serialize(at_once) == serialize(one_by_one)


def test_an_id_that_is_there_is_refused() -> None:
    there = parse(document(entry(1, "One")))
    with pytest.raises(DocumentError):
        edit.insert_all(there, [Entry(ident(1), "Another", category="Gotcha")])
    with pytest.raises(DocumentError):
        edit.insert_all(there, [Entry(ident(2), "A"), Entry(ident(2), "B")])


def test_many_are_sorted_among_neighbours() -> None:
    there = parse(document(entry(1, "Bees"), entry(2, "Dogs")))
    new = [Entry(ident(n), title, category="Gotcha") for n, title in enumerate("ECA", 3)]
    titles = [block.text.split("**")[1] for block in edit.insert_all(there, new).blocks if block.id]
    assert titles == ["A", "Bees", "C", "Dogs", "E"]


@settings(max_examples=60)
@given(strategies.documents(), st.data())
def test_many_are_removed_as_one_by_one(text: str, data: st.DataObject) -> None:
    before = parse(text)
    there = [block.id for block in before.blocks if block.id]
    gone = data.draw(st.sets(st.sampled_from(there)) if there else st.just(set[str]()))
    try:
        at_once = edit.remove_all(before, gone)
        one_by_one = before
        for ident_ in gone:
            while any(block.id == ident_ for block in one_by_one.blocks):
                one_by_one = edit.remove(one_by_one, ident_)
    except DocumentError:
        return
    assert [b.text for b in at_once.blocks] == [b.text for b in one_by_one.blocks]
    assert serialize(at_once).count("\n") == serialize(one_by_one).count("\n")
