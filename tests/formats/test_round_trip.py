"""What is exported and read again is what it was."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lorefs.api.exporting import export_text
from lorefs.core import edit
from lorefs.core.document import Document
from lorefs.core.model import Entry
from lorefs.core.source import read_entry
from lorefs.errors import DocumentError
from lorefs.formats.batch import Batch, Item, gather
from lorefs.formats.json_text import read_json, read_lines
from lorefs.formats.note import note_names, read_notes, write_note
from lorefs.formats.systems import read_tables
from lorefs.formats.tables import Choice
from lorefs.formats.values import text
from lorefs.store.tables import load_dump
from tests import strategies

EMPTY = Document("", (), "")


@st.composite
def stored(draw: st.DrawFn) -> Entry:
    """An entry as it is read from a document, without characters that no import lets in."""
    entry = draw(strategies.entries(categories=("", "Gotcha", "A decision: ours")))
    entry = entry._replace(
        path=draw(st.sampled_from(("", "src", "a b/ü"))),
        scope=draw(st.sampled_from(("team", "review", "personal"))),
        approved_by=draw(st.sampled_from(("", "ada@example.invalid"))),
        approved_hash=draw(st.sampled_from(("", "0123"))),
        content=text(entry.content, []),
        extra=draw(
            st.sampled_from(
                (
                    (),
                    (("owner", "'x, y'"),),
                    (("a b", "[1]"), ("x", "~")),
                    (("due", "2026-01-01"), ("lorefs", "2"), ("n", "null")),
                    (("nested", "{a: [1, {b: c}]}"), ("note_id", "x-1")),
                )
            )
        ),
    )
    try:
        document = edit.insert(EMPTY, entry)
    except DocumentError:
        assume(False)  # Hypothesis's own way to say so
        raise
    block = next(block for block in document.blocks if block.id)
    return read_entry(block, path=entry.path, scope=entry.scope)


def several() -> st.SearchStrategy[list[Entry]]:
    return st.lists(stored(), max_size=4, unique_by=lambda entry: entry.id)


def entries_of(batch: Batch) -> list[Entry]:
    assert not batch.errors
    return [record.entry for record in batch.records]


def read(kind: str, source: str) -> Batch:
    if kind == "sql":
        with load_dump(source, "x.sql") as tables:
            return gather(read_tables(tables, Choice()))
    return gather((read_json if kind == "json" else read_lines)(source, "x"))


@pytest.mark.parametrize("kind", ["json", "jsonl", "sql"])
@settings(max_examples=40)
@given(data=st.data())
def test_an_export_brings_back_equal_entries(kind: str, data: st.DataObject) -> None:
    entries = data.draw(several())
    source = "".join(export_text(entries, kind))
    assert sorted(entries_of(read(kind, source))) == sorted(entries)


@given(several())
def test_notes_bring_back_equal_entries(entries: list[Entry]) -> None:
    notes = [(name, write_note(entry)) for name, entry in note_names(entries)]
    assert len({name for name, _ in notes}) == len(entries)
    assert entries_of(gather(read_notes(notes))) == entries


@given(strategies.hostile_text())
def test_no_text_is_more_than_an_error(source: str) -> None:
    readers: list[Iterable[Item]] = [
        read_lines(source, "x"),
        read_notes([("x.md", source)]),
        read_notes([("x.md", f"---\n{source}\n---\n{source}")]),
    ]
    for reader in readers:
        for record in gather(reader).records:
            assert record.entry.title
            assert "\n" not in record.entry.title
