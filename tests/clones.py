"""Clones of one bare remote with sync on, each as a machine of its own would have it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from lorefs.api import Workspace
from lorefs.core.model import Entry
from lorefs.store import Record
from lorefs.sync.branch.report import CycleReport
from tests.gitrepo import Repo

BRANCH = "lorefs-sync"
DOCUMENT = ".lore.md"


@dataclass(slots=True)
class Clone:
    """One clone. Its clock goes on by a second with each look at it; `skew` (ms) sets it wrong."""

    repo: Repo
    skew: int = 0
    env: dict[str, str] = field(default_factory=dict)
    step: Callable[[str], None] = lambda _: None

    @property
    def path(self) -> Path:
        return self.repo.path

    def tick(self) -> int:
        return self.repo.clock.tick(1) * 1000 + self.skew

    @contextmanager
    def open(self) -> Iterator[Workspace]:
        """The workspace, as another process would open it."""
        env = {**os.environ, **self.env}
        with Workspace.open(
            self.path, env=env, clock=self.tick, source="cli", step=self.step
        ) as workspace:
            yield workspace

    def sync(self, **options: bool) -> CycleReport:
        """One cycle, which must not meet trouble."""
        report = self.try_sync(**options)
        errors = [str(each.error) for each in report.exchanges if each.error]
        assert not errors, errors
        return report

    def try_sync(
        self, *, accept_deletions: bool = False, accept_rewrite: bool = False
    ) -> CycleReport:
        with self.open() as workspace:
            return workspace.sync(accept_deletions=accept_deletions, accept_rewrite=accept_rewrite)

    def add(self, title: str, content: str = "Something to know.", path: str = "") -> str:
        """Add an entry through lorefs; returns its id."""
        with self.open() as workspace:
            row = workspace.add(title, content=content, category="Gotcha", path=path)
            return row.entry.id

    def update(self, ident: str, **changes: object) -> None:
        with self.open() as workspace:
            workspace.update(ident, changes)

    def remove(self, ident: str) -> None:
        with self.open() as workspace:
            workspace.remove([ident])

    def reconcile(self, **options: bool) -> None:
        with self.open() as workspace:
            workspace.reconcile(**options)

    def entries(self) -> dict[str, Entry]:
        """The rows by id."""
        with self.open() as workspace:
            return {row.entry.id: row.entry for row in workspace.entries()}

    def titles(self) -> list[str]:
        return sorted(entry.title for entry in self.entries().values())

    def ledger(self) -> list[Record]:
        with self.open() as workspace:
            return workspace.store.ledger.records()

    def text(self, name: str = DOCUMENT) -> str:
        return self.repo.read(name)

    def write(self, text: str, name: str = DOCUMENT) -> None:
        """Save a file, as an editor does."""
        self.repo.write(name, text)

    def edit(self, old: str, new: str, name: str = DOCUMENT) -> None:
        """Change a text in a file, which must be there."""
        text = self.text(name)
        assert old in text, f"{old!r} is not in {name}"
        self.write(text.replace(old, new), name)

    @property
    def tip(self) -> str:
        return self.repo("rev-parse", BRANCH)

    def tree(self, commit: str = BRANCH) -> dict[str, str]:
        """The documents on the sync branch."""
        names = self.repo("ls-tree", "-r", "-z", "--name-only", commit).split("\0")
        return {n: self.repo("cat-file", "blob", f"{commit}:{n}") for n in names if n}


class Team:
    """A bare remote, and clones of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.remote = Repo(folder / "remote.git")
        self.remote.path.mkdir(parents=True)
        self.remote.init("--bare")

    def seed(self, **files: str) -> None:
        """A first commit of code, on the remote's main branch."""
        self.remote.once(lambda remote: _seed(remote, files), "seed", *files.items())

    def clone(self, name: str, *options: str, ignored: bool = True, sync: bool = True) -> Clone:
        """A clone with sync on; where `ignored`, git is told to leave lore alone."""
        settings = [f"user.name={name}", f"user.email={name}@example.invalid"]
        if sync:
            settings.append("lorefs.sync.enabled=true")
        own = [f"--config={each}" for each in settings]
        repo = self.remote.clone(self.folder / name, *own, *options)
        if ignored:
            exclude = repo.path / ".git" / "info" / "exclude"
            exclude.parent.mkdir(exist_ok=True)
            exclude.write_text(".lore.md\n.lore.review.md\n.lore.local.md\n")
        return Clone(repo)

    def tip(self) -> str:
        return self.remote("rev-parse", "--verify", BRANCH)


def _seed(remote: Repo, files: dict[str, str]) -> None:
    seed = Repo(remote.path.with_name("seed"), remote.clock)
    seed.path.mkdir()
    seed.init()
    seed.commit("code", **files)
    seed("push", "--quiet", str(remote.path), "main")
    shutil.rmtree(seed.path)


def converge(*clones: Clone) -> None:
    """Sync all clones until nothing moves any more; then they must say the same."""
    before: list[str] = []
    for _ in range(6):
        tips = [each.sync().tip or "" for each in clones]
        if tips == before:
            break
        before = tips
    assert len(set(before)) == 1, "the tips differ"
    rows = [clone.entries() for clone in clones]
    assert all(each == rows[0] for each in rows), "the rows differ"
