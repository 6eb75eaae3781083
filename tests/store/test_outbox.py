"""Rows that other programs write: refused at once, or captured to the last digit."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from lorefs.core.model import Entry, Relation
from lorefs.store import Edit, Store
from lorefs.store.rows import COLUMNS
from tests.lore import ident
from tests.store.conftest import DOCUMENT, ORIGIN, Program, add, change, check_index, made

FULL = Entry(
    ident(9),
    "Every field",
    "Text — with 🦉\nand a second line",
    "Pattern",
    confidence=1 / 3,
    status="archived",
    sensitivity="sensitive",
    tags=("a", 'quo"ted', "é"),
    relations=(Relation("supports", ident(1)),),
    proposed_by="ada",
    extra=(("owner", "'x, y'"),),
)


UPSERT = """INSERT INTO entries (id, title, content, category) VALUES (?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET title = excluded.title, content = excluded.content"""


def reverted(store: Store) -> None:
    """What taking the outbox in begins with."""
    with store.write():
        store.outbox.revert()


def test_what_lorefs_writes_is_not_captured(store: Store) -> None:
    change(store, [Edit(made(1), made(1, "New"), DOCUMENT), Edit(made(2), None)])
    assert not store.outbox


def test_an_update(store: Store, program: Program) -> None:
    add(store, FULL)
    program("UPDATE entries SET title = 'Changed' WHERE id = ?", FULL.id)
    assert store.outbox
    (edit,) = store.outbox.edits()
    assert (edit.before, edit.after) == (FULL, FULL._replace(title="Changed"))
    assert edit.document == DOCUMENT


def test_an_update_of_nothing_is_none(store: Store, program: Program) -> None:
    program("UPDATE entries SET title = title, document = 'x'")
    assert store.outbox
    assert store.outbox.edits() == []


def test_several_updates_are_one_edit_from_the_first_state_to_the_last(
    store: Store, program: Program
) -> None:
    for title in ("One", "Two", "Three"):
        program("UPDATE entries SET title = ? WHERE id = ?", title, ident(2))
    (edit,) = store.outbox.edits()
    assert (edit.before, edit.after) == (made(2), made(2, "Three"))


def test_an_insert_needs_no_more_than_a_title(store: Store, program: Program) -> None:
    program("INSERT INTO entries (title) VALUES ('One'), ('Two')")
    edits = store.outbox.edits()
    assert [(edit.before, edit.after) for edit in edits] == [
        (None, Entry("", "One")),
        (None, Entry("", "Two")),
    ]


def test_an_insert_of_everything(store: Store, program: Program) -> None:
    names = "id, title, content, category, confidence, tags, relations, extra"
    program(
        f"INSERT INTO entries ({names}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        FULL.id, FULL.title, FULL.content, FULL.category, FULL.confidence,
        json.dumps(FULL.tags), json.dumps(FULL.relations), json.dumps(dict(FULL.extra)),
    )  # fmt: skip
    (edit,) = store.outbox.edits()
    assert edit.after == FULL._replace(status="active", sensitivity="normal", proposed_by="")


def test_a_delete(store: Store, program: Program) -> None:
    program("DELETE FROM entries WHERE id = ?", ident(3))
    (edit,) = store.outbox.edits()
    assert (edit.before, edit.after, edit.document) == (made(3), None, DOCUMENT)


def test_a_row_that_came_and_went_is_nothing(store: Store, program: Program) -> None:
    program("INSERT INTO entries (title) VALUES ('Short-lived')")
    program("DELETE FROM entries WHERE title = 'Short-lived'")
    assert store.outbox.edits() == []


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT OR REPLACE INTO entries (id, title, content, category) VALUES (?, ?, ?, ?)",
        UPSERT,
    ],
    ids=["replace", "upsert"],
)
@pytest.mark.parametrize("recursive", [False, True])
def test_a_replaced_row_is_an_update(
    store: Store, program: Program, statement: str, recursive: bool
) -> None:
    program(f"PRAGMA recursive_triggers = {int(recursive)}")
    program(statement, ident(2), "New", "Other.", "Gotcha")
    (edit,) = store.outbox.edits()
    assert (edit.before, edit.after) == (made(2), made(2, "New", "Other."))
    reverted(store)
    assert [row.entry for row in store.entries.rows()] == [made(1), made(2), made(3)]
    check_index(store)


def test_an_insert_that_is_ignored_is_nothing(store: Store, program: Program) -> None:
    program("INSERT OR IGNORE INTO entries (id, title) VALUES (?, 'New')", ident(2))
    assert store.outbox.edits() == []


def test_a_key_that_became_free_belongs_to_the_entry_that_took_it(
    store: Store, program: Program
) -> None:
    program("DELETE FROM entries WHERE id = ?", ident(3))
    program("INSERT INTO entries (id, title) VALUES (?, 'Another')", ident(4))
    keys = program("SELECT pk FROM entries WHERE id = ?", ident(4))
    assert keys == [(3,)], "SQLite gave the key out again, which this test is about"
    assert [(edit.before, edit.after) for edit in store.outbox.edits()] == [
        (made(3), None),
        (None, Entry(ident(4), "Another")),
    ]
    reverted(store)
    assert [row.entry for row in store.entries.rows()] == [made(1), made(2), made(3)]
    check_index(store)


def test_reverting_restores_rows_to_the_last_column(store: Store, program: Program) -> None:
    add(store, FULL)
    columns = ", ".join(name for name in COLUMNS.split(", ") if name != "rev")
    before = program(f"SELECT pk, {columns} FROM entries ORDER BY pk")
    program("UPDATE entries SET title = 'x', hash = 'x', document = 'x', confidence = 1")
    program("DELETE FROM entries WHERE id = ?", ident(1))
    program("INSERT INTO entries (title) VALUES ('New')")
    reverted(store)
    assert program(f"SELECT pk, {columns} FROM entries ORDER BY pk") == before
    assert not store.outbox
    check_index(store)


@pytest.mark.parametrize("bump", ["", ", rev = rev + 1"])
def test_of_two_programs_that_read_the_same_revision_one_writes(
    store: Store, database: Path, program: Program, bump: str
) -> None:
    ((rev,),) = program("SELECT rev FROM entries WHERE id = ?", ident(2))
    statement = f"UPDATE entries SET title = ?{bump} WHERE id = ? AND rev = ?"
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        assert other.execute(statement, ("First", ident(2), rev)).rowcount == 1
    program(statement, "Second", ident(2), rev)
    row = store.entries.resolve(ident(2))
    assert (row.entry.title, row.rev) == ("First", int(str(rev)) + 1)


def test_revisions_never_fall_when_edits_are_taken_in(store: Store, program: Program) -> None:
    before = store.entries.resolve(ident(2)).rev
    for title in ("One", "Two", "Three"):
        program("UPDATE entries SET title = ? WHERE id = ?", title, ident(2))
    seen = store.entries.resolve(ident(2)).rev
    assert seen == before + 3
    reverted(store)
    change(store, [Edit(made(2), made(2, "Three"), DOCUMENT)])
    assert store.entries.resolve(ident(2)).rev == seen + 1


def test_a_transaction_that_is_rolled_back_leaves_nothing(store: Store, program: Program) -> None:
    program("BEGIN")
    program("DELETE FROM entries")
    program("ROLLBACK")
    assert not store.outbox


REFUSED = {
    "title = ''": "title",
    "title = '  '": "title",
    "title = 'a' || char(10) || 'b'": "title",
    "title = 'a' || char(13)": "title",
    "title = NULL": "title",
    "title = x'ff'": "title",
    "content = x'00'": "content",
    "content = 'a' || char(0)": "content",
    "category = 'a' || char(10)": "category",
    "category = ' a'": "category",
    "path = '/etc'": "path",
    "path = 'a/'": "path",
    "path = 'a/../b'": "path",
    "path = '..'": "path",
    "path = './a'": "path",
    "path = 'a/.git'": "path",
    "path = 'a//b'": "path",
    "scope = 'public'": "scope",
    "status = 'done'": "status",
    "sensitivity = 'secret'": "sensitivity",
    "confidence = 1.1": "confidence",
    "confidence = -1": "confidence",
    "confidence = 'high'": "confidence",
    "tags = 'sqlite'": "tags",
    "tags = ''": "tags",
    "tags = '{}'": "tags",
    "tags = '[1]'": "tags",
    "tags = '[[]]'": "tags",
    "relations = '[\"x\"]'": "relations",
    "relations = '[[\"supports\"]]'": "relations",
    'relations = \'[["likes", "x"]]\'': "relations",
    "relations = '[[\"supports\", 1]]'": "relations",
    'relations = \'{"supports": "x"}\'': "relations",
    "extra = '[]'": "extra",
    "extra = '{\"a\": 1}'": "extra",
    "rev = 7": "rev",
    "rev = NULL": "rev",
    "id = NULL": "id",
    f"id = '{ident(8)}'": "id",
    "pk = 77": "id",
}


@pytest.mark.parametrize(("change_", "column"), REFUSED.items())
def test_an_update_to_what_no_document_can_hold_is_refused_where_it_is_written(
    store: Store, program: Program, change_: str, column: str
) -> None:
    with pytest.raises(sqlite3.DatabaseError, match=rf"entries\.{column} must|malformed JSON"):
        program(f"UPDATE entries SET {change_} WHERE id = '{ident(2)}'")
    assert not store.outbox
    assert [row.entry for row in store.entries.rows()] == [made(1), made(2), made(3)]


OF_ROWS = {"id ", "pk ", "rev"}  # what only an update can get wrong


@pytest.mark.parametrize("change_", [each for each in REFUSED if each[:3] not in OF_ROWS])
def test_so_is_an_insert(store: Store, program: Program, change_: str) -> None:
    column, _, value = change_.partition(" = ")
    columns, values = (
        (column, value) if column == "title" else (f"title, {column}", f"'T', {value}")
    )
    with pytest.raises(sqlite3.DatabaseError, match=rf"entries\.{column} must|malformed JSON"):
        program(f"INSERT INTO entries ({columns}) VALUES ({values})")
    assert not store.outbox


@pytest.mark.parametrize("id_", ["", "made-up", ident(1).upper(), ident(1)[:-1], f"{ident(1)}0"])
def test_an_insert_with_an_id_that_is_none(store: Store, program: Program, id_: str) -> None:
    with pytest.raises(sqlite3.IntegrityError, match=r"entries\.id must be"):
        program("INSERT INTO entries (id, title) VALUES (?, 'T')", id_)
    assert not store.outbox


def test_an_insert_with_an_id_that_is_taken(store: Store, program: Program) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
        program("INSERT INTO entries (id, title) VALUES (?, 'T')", ident(1))
    assert not store.outbox


def test_what_a_document_holds_may_stay_however_odd_it_is(store: Store, program: Program) -> None:
    odd = Entry("made-up", "", category=" x ", relations=(Relation("likes", "it"),))
    add(store, odd)
    program("UPDATE entries SET status = 'archived' WHERE id = 'made-up'")
    (edit,) = store.outbox.edits()
    assert edit.after == odd._replace(status="archived")


def test_the_log_cannot_be_rewritten(store: Store, program: Program) -> None:
    with store.write():
        store.log.append([Edit(None, made(1))], ORIGIN)
    for statement in ("DELETE FROM changes", "UPDATE changes SET actor = 'someone else'"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            program(statement)


def test_another_program_needs_nothing_but_the_sql(store: Store, database: Path) -> None:
    """Triggers call no function of ours and hold in a connection that trusts no schema."""
    connection = sqlite3.connect(database)
    connection.execute("PRAGMA trusted_schema = OFF")
    with connection:
        connection.execute("UPDATE entries SET tags = '[\"a\"]', relations = '[]'")
        connection.execute("INSERT INTO entries (title, tags) VALUES ('New', '[\"b\"]')")
        connection.execute("DELETE FROM entries WHERE id = ?", (ident(1),))
    connection.close()
    assert len(store.outbox.edits()) == 4
