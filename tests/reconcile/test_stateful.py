"""Random saves, rows, commands and branches: rows and file stay equal, and nothing is lost."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from pathlib import Path

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from lorefs.api import Workspace
from lorefs.core.document import parse
from tests.gitrepo import Repo
from tests.lore import document, entries, entry, ident

words = st.text(alphabet="abcdef", min_size=1, max_size=6)


class Worktree(RuleBasedStateMachine):
    """One worktree with sync off. `facts` is what has to be true of rows and file."""

    @initialize()
    def start(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.repo = Repo(self.folder)
        self.repo("init", "--quiet")
        self.count = 3
        texts = [entry(n, f"Title {n}", f"content {n}") for n in range(1, 4)]
        self.repo.commit("base", **{".lore.md": document(*texts)})
        self.facts = {ident(n): (f"Title {n}", f"content {n}") for n in range(1, 4)}
        self.workspace = Workspace.open(
            self.folder, env=dict(os.environ), clock=lambda: 1, source="cli"
        )
        self.workspace.reconcile()

    def teardown(self) -> None:
        if hasattr(self, "workspace"):
            self.workspace.close()
            shutil.rmtree(self.folder)

    def text(self) -> str:
        return self.repo.read(".lore.md")

    def known(self, number: int) -> str | None:
        names = sorted(self.facts)
        return names[number % len(names)] if names else None

    @rule(number=st.integers(0, 9), word=words)
    def save_in_an_editor(self, number: int, word: str) -> None:
        chosen = self.known(number)
        if chosen:
            title, content = self.facts[chosen]
            old = f"**{title}**: {content}"
            assert old in self.text()
            self.repo.write(".lore.md", self.text().replace(old, f"**{title}**: {word}", 1))
            self.facts[chosen] = (title, word)

    @rule(number=st.integers(0, 9), word=words)
    def write_a_row(self, number: int, word: str) -> None:
        """In the same breath as a reconcile, so that no clash is decided for the file."""
        chosen = self.known(number)
        if chosen:
            self.workspace.reconcile()
            with sqlite3.connect(self.workspace.paths.lorefs_dir / "index.db") as connection:
                statement = "UPDATE entries SET content = ? WHERE id = ?"
                connection.execute(statement, (word, chosen))
            connection.close()
            self.facts[chosen] = (self.facts[chosen][0], word)
            self.workspace.reconcile()

    @rule(word=words)
    def add(self, word: str) -> None:
        row = self.workspace.add(f"New {word}", content=word, category="Gotcha")
        self.facts[row.entry.id] = (f"New {word}", word)

    @rule(number=st.integers(0, 9))
    def remove(self, number: int) -> None:
        chosen = self.known(number)
        if chosen:
            self.workspace.remove([chosen])
            del self.facts[chosen]

    @rule(number=st.integers(0, 9), word=words)
    def update(self, number: int, word: str) -> None:
        chosen = self.known(number)
        if chosen:
            self.workspace.update(chosen, {"content": word})
            self.facts[chosen] = (self.facts[chosen][0], word)

    @rule()
    def commit(self) -> None:
        self.repo.commit("change")

    @rule()
    def stash_and_pop(self) -> None:
        if self.repo("status", "--porcelain", "--untracked-files=no"):
            self.repo("stash", "--quiet")
            self.workspace.reconcile()
            self.repo("stash", "pop", "--quiet")

    @rule()
    def look_at_an_old_commit(self) -> None:
        self.repo.commit("before the look")
        branch = self.repo("symbolic-ref", "--short", "HEAD")
        first = self.repo("rev-list", "--max-parents=0", "HEAD")
        self.repo("switch", "--quiet", "--detach", first)
        self.workspace.reconcile()
        assert set(entries(self.text())) == {ident(n) for n in range(1, 4)}
        self.repo("switch", "--quiet", branch)

    @invariant()
    def rows_files_and_facts_are_equal(self) -> None:
        if not hasattr(self, "workspace"):
            return
        self.workspace.reconcile()
        found = entries(self.text())
        assert {i: (e.title, e.content) for i, e in found.items()} == self.facts
        assert {row.entry.id: row.entry for row in self.workspace.store.entries.rows()} == found
        assert len([b for b in parse(self.text()).blocks if b.id]) == len(found)


TestWorktree = Worktree.TestCase
TestWorktree.settings = settings(
    max_examples=25,
    stateful_step_count=12,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
