"""Whatever comes and goes, one document has the row of an id, and it is the right one."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from lorefs.core.guests import guest_document, is_guest, precedence, source_of
from lorefs.core.model import Entry
from lorefs.store import OWN, Edit, Origin, Store
from tests.lore import document, entry, ident
from tests.store.conftest import check_index

ORIGIN = Origin("test", "ada@example.invalid", 1_700_000_000_000, "batch")
OWN_DOCUMENT = ".lore.md"
SHOWN = "cross_project: true"
DOCUMENTS = (
    OWN_DOCUMENT,
    guest_document("user", ".lore.md"),
    guest_document("shared", ".lore.md"),
    guest_document("shared", "docs/.lore.md"),
    guest_document("hub:a/x", ".lore.md"),
    guest_document("hub:b", ".lore.md"),
)
NUMBERS = st.frozensets(st.integers(1, 4))
STEPS = st.lists(st.tuples(st.sampled_from(DOCUMENTS), NUMBERS, st.integers(0, 2)), max_size=12)


def title(document_: str, number: int, version: int) -> str:
    return f"{document_.replace('/', ' ')} {number} {version}"


def put_own(store: Store, numbers: Iterable[int], version: int) -> None:
    """What a reconcile does with the repository's own document."""
    wanted = {
        ident(n): Entry(ident(n), title(OWN_DOCUMENT, n, version), category="Gotcha")
        for n in numbers
    }
    there = {row.entry.id: row.entry for row in store.entries.rows(OWN)}
    gone = there.keys() - wanted.keys()
    edits = [Edit(there[each], wanted[each], OWN_DOCUMENT) for each in there.keys() & wanted]
    store.entries.change([*edits, *(Edit(there[each], None) for each in gone)], ORIGIN)
    store.guests.come_back(gone, ORIGIN)
    added = wanted.keys() - there.keys()
    store.guests.hide(added, ORIGIN)
    store.entries.add(((wanted[each], OWN_DOCUMENT) for each in sorted(added)), ORIGIN)


def put(store: Store, document_: str, numbers: Iterable[int], version: int) -> None:
    with store.write():
        if not is_guest(document_):
            put_own(store, numbers, version)
            return
        blocks = [entry(n, title(document_, n, version), "", SHOWN) for n in sorted(numbers)]
        data = document(*blocks).encode() if blocks else None
        store.guests.put({document_: data}, ORIGIN)


@settings(max_examples=80)
@given(steps=STEPS)
def test_the_first_in_order_has_the_row(steps: list[tuple[str, frozenset[int], int]]) -> None:
    said: dict[str, dict[int, int]] = {}
    with Store(Path(":memory:")) as store:
        for document_, numbers, version in steps:
            put(store, document_, numbers, version)
            said[document_] = dict.fromkeys(numbers, version)
            expected: dict[str, tuple[str, str]] = {}
            for number in range(1, 5):
                holders = [each for each in said if number in said[each]]
                if holders:
                    first = min(holders, key=lambda each: (is_guest(each), precedence(each)))
                    expected[ident(number)] = first, title(first, number, said[first][number])
            rows = {row.entry.id: (row.document, row.entry.title) for row in store.entries.rows()}
            assert rows == expected
            check_index(store)
        with store.write():
            for source in {source_of(each) for each in DOCUMENTS} - {"here"}:
                store.guests.forget(source, ORIGIN)
        assert {row.document for row in store.entries.rows()} <= {OWN_DOCUMENT}
        assert not store.guests
        assert store.connection.execute("SELECT count(*) FROM guests_hidden").fetchone() == (0,)
