"""The log: a line for each field, which undo and audit can rely on."""

from __future__ import annotations

import json

from lorefs.core.model import Entry
from lorefs.store import Edit, Origin, Store, entry_hash, read_entry
from tests.lore import ident
from tests.store.conftest import DOCUMENT, ORIGIN, Program, add, change, made


def origin(batch: str, source: str = "cli") -> Origin:
    return Origin(source, "ada@example.invalid", ORIGIN.at, batch)


def test_each_field_that_changed_is_a_line(store: Store) -> None:
    after = made(1, "New")._replace(tags=("a", "b"), confidence=0.5)
    change(store, [Edit(made(1), after, DOCUMENT)])
    lines = {line.field: (line.before, line.after) for line in store.log.changes()}
    assert lines == {
        "title": ("Title 1", "New"),
        "tags": ("[]", '["a", "b"]'),
        "confidence": ("1.0", "0.5"),
    }


def test_a_line_says_who_what_and_when(store: Store) -> None:
    change(store, [Edit(made(1), made(1, "New"), DOCUMENT)])
    (line,) = store.log.changes()
    assert (line.entry, line.op, line.batch) == (ident(1), "edit", ORIGIN.batch)
    assert (line.source, line.actor, line.at) == (ORIGIN.source, ORIGIN.actor, ORIGIN.at)
    assert (line.device, line.session) == (ORIGIN.device, ORIGIN.session)


def test_an_addition_and_a_deletion_keep_the_whole_entry(store: Store) -> None:
    full = made(5)._replace(tags=("a",), extra=(("owner", "'x'"),))
    with store.write():
        last = store.entries.add([(full, DOCUMENT)], ORIGIN)
        store.log.append_added(last, ORIGIN)
    change(store, [Edit(full, None)])
    deleted, added = store.log.changes()
    assert (added.op, added.before, deleted.op, deleted.after) == ("add", None, "delete", None)
    for text in (added.after, deleted.before):
        assert text is not None
        assert read_entry(json.loads(text)) == full


def test_a_first_ingest_keeps_hashes_and_no_text(store: Store) -> None:
    with store.write():
        last = store.entries.add(((made(n), DOCUMENT) for n in (5, 6)), ORIGIN)
        store.log.append_ingest(last, ORIGIN)
    lines = store.log.changes()
    assert {line.entry: line.hash for line in lines} == {
        ident(n): entry_hash(made(n)) for n in (5, 6)
    }
    assert {(line.op, line.before, line.after) for line in lines} == {("ingest", None, None)}


def test_a_checksum_is_that_of_its_line(store: Store) -> None:
    change(store, [Edit(made(1), made(1, "New"), DOCUMENT)])
    change(store, [Edit(made(2), made(2, "New"), DOCUMENT)])
    change(store, [Edit(made(1, "New"), made(1), DOCUMENT)])
    change(store, [Edit(made(1), made(1, "New"), DOCUMENT)])
    fourth, third, second, first = (line.hash for line in store.log.changes())
    assert first == fourth, "equal lines have equal checksums"
    assert len({first, second, third}) == 3


def test_the_newest_lines_come_first_and_can_be_limited(store: Store) -> None:
    for n in (1, 2, 3):
        change(store, [Edit(made(n), made(n, "New"), DOCUMENT)])
    assert [line.entry for line in store.log.changes()] == [ident(3), ident(2), ident(1)]
    assert [line.entry for line in store.log.changes(limit=1)] == [ident(3)]
    assert [line.entry for line in store.log.changes(entry=ident(2))] == [ident(2)]
    first = store.log.changes()[-1].seq
    assert [line.entry for line in store.log.changes(since=first)] == [ident(3), ident(2)]


def test_ids_of_the_log_outlive_their_entries(store: Store) -> None:
    change(store, [Edit(made(1), None)])
    assert store.log.ids(ident(1)[-6:].upper()) == [ident(1)]
    assert store.log.ids("\udcff") == []


def test_batches_come_newest_first_without_those_undone(store: Store) -> None:
    for n, batch in enumerate(("a", "b", "c"), 1):
        change(store, [Edit(made(n), made(n, "New"), DOCUMENT)], origin(batch))
    change(store, [Edit(made(3, "New"), made(3, "By git"), DOCUMENT)], origin("d", "git"))
    with store.write():
        store.log.note_undo("c", origin("e"))
    found = store.log.batches(("cli",), 5)
    assert [batch[0].batch for batch in found] == ["b", "a"]
    assert [len(batch) for batch in found] == [1, 1]


def test_a_log_of_many_lines_is_read_in_their_order(store: Store, program: Program) -> None:
    entries = [Entry(ident(n), f"T{n}") for n in range(100, 150)]
    add(store, *entries)
    change(store, [Edit(entry, entry._replace(title="New"), DOCUMENT) for entry in entries])
    numbers = [line.seq for line in store.log.changes()]
    assert numbers == sorted(numbers, reverse=True)
    assert program("SELECT count(*) FROM changes") == [(50,)]
