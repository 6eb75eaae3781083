"""The ledger: one record for one clash, whoever merges it and however often."""

from __future__ import annotations

import hypothesis.strategies as st
from hypothesis import given

from lorefs.core.ledger import Discard, once_each, record_id
from lorefs.store import Store
from tests.lore import ident

CLASH = Discard(ident(1), "title", "Base", "Ours", "Theirs", "Theirs", "last-write")
TEXTS = st.one_of(st.none(), st.text(st.sampled_from("ab;0-12\0\udcff"), max_size=4))
DISCARDS = st.builds(
    Discard, st.sampled_from(("", "1", "12")), st.sampled_from(("", "title", "2;")),
    TEXTS, TEXTS, TEXTS, TEXTS, st.sampled_from(("last-write", "superseded")),
)  # fmt: skip


@given(DISCARDS, TEXTS, st.sampled_from(("superseded", "stricter")))
def test_an_id_does_not_depend_on_who_is_ours_or_on_what_was_chosen(
    discard: Discard, chosen: str | None, reason: str
) -> None:
    swapped = discard._replace(
        ours=discard.theirs, theirs=discard.ours, chosen=chosen, reason=reason
    )
    assert record_id(swapped) == record_id(discard)


@given(DISCARDS, DISCARDS)
def test_ids_are_equal_for_equal_clashes_alone(one: Discard, other: Discard) -> None:
    def key(discard: Discard) -> tuple[object, ...]:
        sides = sorted((discard.ours, discard.theirs), key=lambda side: (side is None, side or ""))
        return (discard.entry, discard.field, discard.base, *sides)

    assert (record_id(one) == record_id(other)) == (key(one) == key(other))


def test_the_same_clash_is_filed_once(store: Store) -> None:
    mirrored = CLASH._replace(ours="Theirs", theirs="Ours")
    with store.write():
        assert store.ledger.record([CLASH, mirrored], 1, "commit") == [record_id(CLASH)]
        assert store.ledger.record([mirrored], 2, "another") == []
    (record,) = store.ledger.records()
    assert (record.id, record.discard) == (record_id(CLASH), CLASH)
    assert (record.merge_commit, record.recorded_at, record.resolved_at) == ("commit", 1, None)


def test_repetitions_are_dropped_in_their_order() -> None:
    mirrored = CLASH._replace(ours="Theirs", theirs="Ours")
    other = CLASH._replace(field="content")
    assert [each.field for each in once_each([CLASH, other, mirrored])] == ["title", "content"]


def test_what_gave_way_to_a_newer_version_is_closed_from_the_start(store: Store) -> None:
    old = CLASH._replace(reason="superseded", field="content")
    with store.write():
        store.ledger.record([CLASH, old], 5)
    assert [record.discard for record in store.ledger.records(open_only=True)] == [CLASH]
    closed = {record.discard.field: record.resolved_at for record in store.ledger.records()}
    assert closed == {"title": None, "content": 5}


def test_absence_and_empty_text_are_not_the_same(store: Store) -> None:
    with store.write():
        store.ledger.record([CLASH._replace(ours=None), CLASH._replace(ours="")], 1)
    assert {record.discard.ours for record in store.ledger.records()} == {None, ""}
