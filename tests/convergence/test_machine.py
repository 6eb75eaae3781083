"""Any number of edits on several machines, cut off and out of step: in the end all say the same.

The seed of a failure is printed by Hypothesis; `--hypothesis-seed` replays it.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from lorefs.api import Workspace
from tests.clones import DOCUMENT, Clone
from tests.convergence.replicas import EXISTENCE, BareHere, Model, blocks, copied, sql, template
from tests.gitrepo import Repo

NAMES = ("ada", "bob", "cyd")
DAY = 86_400_000  # milliseconds


class CrashError(BaseException):
    """The process ends here; nothing of it is cleaned up but what a closed file descriptor is."""


class Machine(RuleBasedStateMachine):
    """Three clones of a bare remote."""

    bare: ClassVar[bool] = True
    source: ClassVar[Path]
    replicas = st.sampled_from(NAMES)
    entries = Bundle("entries")

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(dir=self.source.parent))
        copied(self.source, self.folder / "x")
        self.clones = {name: Clone(Repo(self.folder / "x" / name)) for name in NAMES}
        clock = self.clones["ada"].repo.clock
        for clone in self.clones.values():
            clone.repo.clock = clock
        self.model = Model()
        self.count = 0
        self.cut_off: set[str] = set()

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    # ---- what happens

    @initialize(skews=st.lists(st.sampled_from([-DAY, 0, DAY]), min_size=3, max_size=3))
    def set_clocks(self, skews: list[int]) -> None:
        for clone, skew in zip(self.clones.values(), skews, strict=True):
            clone.skew = skew

    @rule(target=entries, name=replicas)
    def add(self, name: str) -> str:
        with self.open(name) as workspace:
            row = workspace.add(self.token(), content="Something to know.", category="Gotcha")
        self.note(name, row.entry.id, EXISTENCE, "added")
        self.note(name, row.entry.id, "title", row.entry.title)
        return row.entry.id

    @rule(target=entries, name=replicas)
    def add_in_the_file(self, name: str) -> str:
        clone, title = self.clones[name], self.token()
        before = clone.text() if (clone.path / DOCUMENT).exists() else "### Gotcha\n"
        clone.write(f"{before}\n* **{title}**: By hand.\n")
        with self.open(name) as workspace:
            workspace.reconcile(discover=True)
            found = {row.entry.title: row.entry.id for row in workspace.entries()}
        self.note(name, found[title], EXISTENCE, "added")
        self.note(name, found[title], "title", title)
        return found[title]

    @rule(name=replicas, entry=entries)
    def retitle(self, name: str, entry: str) -> None:
        with self.open(name) as workspace:
            if self.row(workspace, entry):
                title = self.token()
                workspace.update(entry, {"title": title})
                self.note(name, entry, "title", title)

    @rule(name=replicas, entry=entries)
    def retitle_by_sql(self, name: str, entry: str) -> None:
        with self.open(name) as workspace:
            if not self.row(workspace, entry):
                return
        title = self.token()
        sql(self.clones[name], "UPDATE entries SET title = ? WHERE id = ?", title, entry)
        self.take_in(name)
        self.note(name, entry, "title", title)

    @rule(name=replicas, entry=entries)
    def retitle_in_the_file(self, name: str, entry: str) -> None:
        with self.open(name) as workspace:
            row = self.row(workspace, entry)
        clone = self.clones[name]
        if row is None or entry not in clone.text():
            return
        title = self.token()
        clone.edit(f"**{row}**", f"**{title}**")
        self.take_in(name)
        self.note(name, entry, "title", title)

    @rule(name=replicas, entry=entries, confidence=st.integers(1, 99))
    def set_confidence(self, name: str, entry: str, confidence: int) -> None:
        with self.open(name) as workspace:
            if self.row(workspace, entry):
                before = workspace.get(entry).entry.confidence
                workspace.update(entry, {"confidence": confidence / 100})
                if before != confidence / 100:
                    self.note(name, entry, "confidence", confidence / 100)

    @rule(name=replicas, entry=entries)
    def remove(self, name: str, entry: str) -> None:
        with self.open(name) as workspace:
            if self.row(workspace, entry):
                workspace.remove([entry])
                self.note(name, entry, EXISTENCE, None)

    @rule(name=replicas, entry=entries)
    def remove_in_the_file(self, name: str, entry: str) -> None:
        with self.open(name) as workspace:
            if not self.row(workspace, entry):
                return
        clone = self.clones[name]
        text = clone.text()
        source = blocks(text).get(entry)
        if source is not None:
            clone.write(text.replace(source, ""))
            self.take_in(name)
            self.note(name, entry, EXISTENCE, None)

    @rule(name=replicas)
    def sync(self, name: str) -> None:
        if name not in self.cut_off:
            with self.open(name) as workspace:
                assert workspace.sync().ok
            self.model.exchange(name)

    @rule(name=replicas)
    def cut(self, name: str) -> None:
        self.cut_off ^= {name}

    @rule(name=replicas, step=st.integers(0, 14))
    def crash_and_sync_again(self, name: str, step: int) -> None:
        if name in self.cut_off:
            return
        left = step

        def die(_: str) -> None:
            nonlocal left
            left -= 1
            if left < 0:
                raise CrashError

        try:
            with self.open(name, die) as workspace:
                workspace.sync()
        except CrashError:
            pass
        self.sync(name)

    @invariant()
    def documents_parse_and_no_id_stands_twice(self) -> None:
        for clone in self.clones.values():
            if (clone.path / DOCUMENT).exists():
                text = clone.text()
                assert text.count("<!-- lore:") == len(
                    [each for each in blocks(text).values() if each.startswith("<!-- lore:")]
                )

    # ---- what has to come out

    def teardown_checked(self) -> None:
        self.cut_off.clear()
        for _ in range(2 * len(NAMES)):
            for name in NAMES:
                self.sync(name)
        tips = {clone.tip if self.has_branch(clone) else "" for clone in self.clones.values()}
        assert len(tips) == 1, "the tips differ"
        rows = [clone.entries() for clone in self.clones.values()]
        assert all(each == rows[0] for each in rows), "the rows differ"
        files = [clone.text() for clone in self.clones.values() if (clone.path / DOCUMENT).exists()]
        assert len(set(files)) <= 1, "the files differ"
        self.check_values()

    def check_values(self) -> None:
        rows = self.clones["ada"].entries()
        ledgers = {name: clone.ledger() for name, clone in self.clones.items()}
        for entry in self.model.entries():
            assert (entry in rows) == self.model.survives(entry), f"{entry} is there or not"
            if entry not in rows:
                continue
            for name in ("title", "confidence"):
                last = self.model.maximal(entry, name)
                values = {each.value for each in last}
                if not values:
                    continue
                found = getattr(rows[entry], name)
                assert found in values, f"{name} is {found}, written were {values}"
                for lost in values - {found}:
                    for replica, ledger in ledgers.items():
                        assert any(
                            record.discard.entry == entry
                            and record.discard.field in {name, EXISTENCE}
                            and str(lost) in f"{record.discard.ours} {record.discard.theirs}"
                            for record in ledger
                        ), f"{replica} lost {lost!r} of {name}"

    # ---- how

    @contextmanager
    def open(self, name: str, step: object = None) -> Iterator[Workspace]:
        clone = self.clones[name]
        clone.step = step if callable(step) else lambda _: None
        with clone.open() as workspace:
            if self.bare:
                workspace.__dict__["here"] = BareHere(workspace, self.folder / "x" / "remote.git")
            yield workspace

    def take_in(self, name: str) -> None:
        with self.open(name) as workspace:
            workspace.entries()

    def note(self, name: str, entry: str, field: str, value: object) -> None:
        self.model.note(name, entry, field, value)

    def token(self) -> str:
        self.count += 1
        return f"title{self.count:03}"

    @staticmethod
    def row(workspace: Workspace, entry: str) -> str | None:
        """The title of an entry that is there."""
        return next((r.entry.title for r in workspace.entries() if r.entry.id == entry), None)

    @staticmethod
    def has_branch(clone: Clone) -> bool:
        return bool(clone.repo("branch", "--list", "lorefs-sync"))


class Checked(Machine):
    """The same; what has to come out is looked at when an example ends."""

    def teardown(self) -> None:
        try:
            self.teardown_checked()
        finally:
            super().teardown()


def run(machine: type[Machine], examples: int, folder: Path) -> None:
    machine.source = template(folder / "template", NAMES)
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=16,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.timeout(600)
def test_replicas_converge(tmp_path: Path) -> None:
    run(Checked, 200, tmp_path)


@pytest.mark.timeout(600)
def test_replicas_converge_through_git(tmp_path: Path) -> None:
    class ThroughGit(Checked):
        bare = False

    run(ThroughGit, 20, tmp_path)
