"""Rows: what goes in comes out, is found by its parts, and gets a new revision each time."""

from __future__ import annotations

from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from lorefs.core.model import Entry
from lorefs.errors import AmbiguousIdError, UnknownEntryError
from lorefs.store import Edit, Filter, Origin, Store, entry_hash
from tests.lore import ident
from tests.store.conftest import DOCUMENT, ORIGIN, add, change, check_index, made
from tests.strategies import entries

LATER = Origin("editor", "bob@example.invalid", ORIGIN.at + 1000, "batch-2")


def storable(entry: Entry) -> bool:
    return "\udc97" not in entry.content  # refused, see test_damage


@settings(max_examples=40)
@given(st.lists(entries().filter(storable), unique_by=lambda entry: entry.id, max_size=5))
def test_every_value_comes_back(found: list[Entry]) -> None:
    with Store(Path(":memory:")) as store:
        add(store, *found)
        for entry in found:
            row = store.entries.get(entry.id)
            assert row is not None
            assert (row.entry, row.hash) == (entry, entry_hash(entry))
            assert (row.document, row.updated_at, row.updated_by) == (
                DOCUMENT,
                ORIGIN.at,
                ORIGIN.actor,
            )


def test_a_row_was_created_when_its_id_was_made_or_else_when_it_was_seen(store: Store) -> None:
    add(store, Entry("made-up", "No UUID"))
    found = {row.entry.id: row.created_at for row in store.entries.rows()}
    assert found["made-up"] == ORIGIN.at
    assert found[ident(1)] == int(ident(1).replace("-", "")[:12], 16)


def test_an_edit_touches_one_row(store: Store) -> None:
    before = {row.entry.id: row for row in store.entries.rows()}
    change(store, [Edit(made(2), made(2, "New"), "docs/.lore.md")], LATER)
    after = {row.entry.id: row for row in store.entries.rows()}
    row = after.pop(ident(2))
    old = before.pop(ident(2))
    assert after == before
    assert (row.entry, row.rev, row.document) == (made(2, "New"), old.rev + 1, "docs/.lore.md")
    assert (row.updated_at, row.updated_by) == (LATER.at, LATER.actor)
    assert (row.created_at, row.hash) == (old.created_at, entry_hash(made(2, "New")))
    check_index(store)


def test_an_entry_that_comes_back_gets_a_revision_that_it_never_had(store: Store) -> None:
    for title in ("A", "B", "C"):
        change(store, [Edit(made(2), made(2, title), DOCUMENT)])
    last = store.entries.resolve(ident(2)).rev
    change(store, [Edit(made(2), None)])
    add(store, made(2))
    assert store.entries.resolve(ident(2)).rev > last


def test_rows_are_sorted_by_place_and_title(store: Store) -> None:
    entries = (
        made(4, "b")._replace(category="Architecture"),
        made(5, "A")._replace(category="Architecture"),
        made(6, "A")._replace(path="docs"),
    )
    add(store, *entries)
    found = [row.entry.id for row in store.entries.rows()]
    assert found == [ident(n) for n in (5, 4, 1, 2, 3, 6)]


FILTERS = {
    Filter(): {1, 2, 3, 4, 5},
    Filter(category="gotcha"): {1, 2, 3, 5},
    Filter(tags=("a",)): {4, 5},
    Filter(tags=("a", "b c")): {5},
    Filter(tags=("A",)): set(),
    Filter(path="docs"): {4, 5},
    Filter(path="docs/deep"): {5},
    Filter(path="do"): set(),
    Filter(path="100%"): set(),
    Filter(scope="personal"): {4},
    Filter(status="archived"): {5},
    Filter(sensitivity="sensitive"): {4},
    Filter(document=DOCUMENT): {1, 2, 3, 4, 5},
    Filter(category="gotcha", tags=("a",), path="docs", status="archived"): {5},
    Filter(category="\udcff"): set(),
    Filter(tags=("' OR 1 --",)): set(),
}


@pytest.mark.parametrize(("where", "expected"), FILTERS.items(), ids=map(repr, FILTERS))
def test_filters(store: Store, where: Filter, expected: set[int]) -> None:
    pattern = made(4)._replace(category="Pattern", scope="personal", sensitivity="sensitive")
    add(
        store,
        pattern._replace(path="docs", tags=("a",)),
        made(5)._replace(path="docs/deep", tags=("a", "b c"), status="archived"),
    )
    assert {row.entry.id for row in store.entries.rows(where)} == {ident(n) for n in expected}


@pytest.mark.parametrize("cut", [slice(None), slice(0, 36), slice(-1, None), slice(-12, None)])
def test_an_id_is_found_by_its_start_or_end(store: Store, cut: slice) -> None:
    assert store.entries.resolve(ident(2)[cut]).entry == made(2)
    assert store.entries.resolve(ident(2)[cut].upper()).entry == made(2)


def test_an_exact_id_wins_over_longer_ones(store: Store) -> None:
    add(store, Entry("abc", "Short"), Entry("abcd", "Longer"))
    assert store.entries.resolve("abc").entry.title == "Short"


def test_an_id_that_fits_several_names_them(store: Store) -> None:
    with pytest.raises(AmbiguousIdError) as caught:
        store.entries.resolve(ident(1)[:8])
    assert caught.value.candidates == (ident(1), ident(2), ident(3))


@pytest.mark.parametrize("reference", ["", "x", "%", "_", "\udcff", "\0", ident(1) + "0"])
def test_an_id_that_fits_none(store: Store, reference: str) -> None:
    with pytest.raises(UnknownEntryError):
        store.entries.resolve(reference)


def test_rows_are_written_as_they_come(store: Store) -> None:
    """A first ingest must not hold a document's texts several times."""
    taken: list[int] = []

    def stream() -> object:
        for n in range(10, 13):
            assert store.entries.count() == 3 + len(taken)
            taken.append(n)
            yield made(n), DOCUMENT

    with store.write():
        store.entries.add(stream(), ORIGIN)  # type: ignore[arg-type]
    assert taken == [10, 11, 12]


def test_ids_that_are_alike_at_either_end(store: Store) -> None:
    add(store, Entry("MADE-up-0001", "Odd"))
    assert sorted(store.entries.alike(["0001"], 4)) == [ident(1), "made-up-0001"]
    assert store.entries.alike(["made"], 4) == ["made-up-0001"]
    assert sorted(store.entries.alike(["made", ident(2)[-4:]], 4)) == [ident(2), "made-up-0001"]


def test_what_waits_may_be_left_out(store: Store) -> None:
    add(
        store,
        made(4)._replace(scope="review"),
        made(5)._replace(status="pending"),
        made(6)._replace(status="rejected"),
        made(7)._replace(status="archived"),
    )
    found = {row.entry.id for row in store.entries.rows(Filter(waiting=False))}
    assert found == {ident(n) for n in (1, 2, 3, 7)}
