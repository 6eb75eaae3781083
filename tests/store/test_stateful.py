"""Any sequence of writes by lorefs and others: the index holds what the rows held last."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from pathlib import Path

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from lorefs.core.model import Entry
from lorefs.store import Edit, Store
from tests.lore import ident
from tests.store.conftest import DOCUMENT, add, change, check_index

numbers = st.integers(0, 5)
words = st.text(alphabet="ab é_", max_size=6).map(lambda word: f"w{word}")


class Writers(RuleBasedStateMachine):
    """`known` is what lorefs wrote last; `highest` the highest revision an id ever had."""

    @initialize()
    def start(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.store = Store(self.folder / "index.db")
        self.other = sqlite3.connect(self.folder / "index.db", isolation_level=None)
        self.known: dict[str, Entry] = {}
        self.highest: dict[str, int] = {}

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.other.close()
            self.store.close()
            shutil.rmtree(self.folder)

    def take_in(self) -> None:
        """As reconcile does: back to what lorefs wrote, then the edits once more."""
        edits = self.store.outbox.edits()
        with self.store.write():
            self.store.outbox.revert()
        self.see()
        for edit in edits:
            if edit.before is None:
                assert edit.after is not None
                add(self.store, edit.after)
                self.known[edit.after.id] = edit.after
            else:
                assert edit.before == self.known.pop(edit.before.id)
                change(self.store, [Edit(edit.before, edit.after, DOCUMENT)])
                if edit.after is not None:
                    self.known[edit.after.id] = edit.after
        self.see()

    def see(self) -> None:
        """Rows are what lorefs wrote, and revisions never fall or repeat."""
        rows = {row.entry.id: row for row in self.store.entries.rows()}
        assert {name: row.entry for name, row in rows.items()} == self.known
        for name, row in rows.items():
            assert row.rev >= self.highest.get(name, 0)
            self.highest[name] = row.rev

    @rule(number=numbers, word=words)
    def write(self, number: int, word: str) -> None:
        self.take_in()
        old = self.known.get(ident(number))
        new = Entry(ident(number), word, word * 2, tags=(word,))
        before = self.highest.get(new.id, 0)
        if old is None:
            add(self.store, new)
        else:
            change(self.store, [Edit(old, new, DOCUMENT)])
        self.known[new.id] = new
        self.see()
        assert self.highest[new.id] > before

    @rule(chosen=st.sets(numbers))
    def delete(self, chosen: set[int]) -> None:
        self.take_in()
        gone = [self.known.pop(ident(n)) for n in chosen if ident(n) in self.known]
        change(self.store, [Edit(entry, None) for entry in gone])
        self.see()

    @rule(number=numbers, word=words)
    def update_by_another(self, number: int, word: str) -> None:
        self.other.execute(
            "UPDATE entries SET title = ?, content = ? WHERE id = ?", (word, word, ident(number))
        )

    @rule(number=numbers)
    def delete_by_another(self, number: int) -> None:
        self.other.execute("DELETE FROM entries WHERE id = ?", (ident(number),))

    @rule(number=numbers, word=words, how=st.sampled_from(("REPLACE", "IGNORE")))
    def insert_by_another(self, number: int, word: str, how: str) -> None:
        self.other.execute(
            f"INSERT OR {how} INTO entries (id, title) VALUES (?, ?)", (ident(number), word)
        )

    @rule(word=words)
    def roll_back_by_another(self, word: str) -> None:
        self.other.execute("BEGIN")
        self.other.execute("UPDATE entries SET title = ?", (word,))
        self.other.execute("DELETE FROM entries")
        self.other.execute("ROLLBACK")

    @rule()
    def reopen(self) -> None:
        self.store.close()
        self.store = Store(self.folder / "index.db")

    @invariant()
    def the_index_holds_what_lorefs_wrote(self) -> None:
        if hasattr(self, "store"):
            with self.store.write():
                self.store.connection.execute("SAVEPOINT look")
                self.store.outbox.revert()
                check_index(self.store)
                self.store.connection.execute("ROLLBACK TO look")


TestWriters = Writers.TestCase
TestWriters.settings = settings(max_examples=30, stateful_step_count=20)
