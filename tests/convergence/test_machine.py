"""Any number of edits on several machines, cut off and out of step: in the end all say the same.

The seed of a failure is printed by Hypothesis; `--hypothesis-seed` replays it.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import ClassVar

import hypothesis.strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from tests.convergence.examples import patient, run
from tests.convergence.fleet import DAY, NAMES, Fleet
from tests.convergence.replicas import scratch, template

CRASHES = 24  # steps of a cycle at which a process may end; few have more


class Machine(RuleBasedStateMachine):
    """Three clones of a bare remote."""

    bare: ClassVar[bool] = True
    source: ClassVar[Path]
    replicas = st.sampled_from(NAMES)
    entries = Bundle("entries")

    def __init__(self) -> None:
        super().__init__()
        self.folder = scratch(self.source)
        self.fleet = Fleet(self.source, self.folder / "x", bare=self.bare)

    @initialize(skews=st.lists(st.sampled_from([-DAY, 0, DAY]), min_size=3, max_size=3))
    def set_clocks(self, skews: list[int]) -> None:
        self.fleet.set_clocks(skews)

    @rule(target=entries, name=replicas)
    def add(self, name: str) -> str:
        return self.fleet.add(name)

    @rule(target=entries, name=replicas)
    def add_in_the_file(self, name: str) -> str:
        return self.fleet.add_in_the_file(name)

    @rule(target=entries, name=replicas)
    def add_by_sql(self, name: str) -> str:
        return self.fleet.add_by_sql(name)

    @rule(name=replicas, entry=entries)
    def retitle(self, name: str, entry: str) -> None:
        self.fleet.retitle(name, entry)

    @rule(name=replicas, entry=entries)
    def retitle_by_sql(self, name: str, entry: str) -> None:
        self.fleet.retitle_by_sql(name, entry)

    @rule(name=replicas, entry=entries)
    def retitle_in_the_file(self, name: str, entry: str) -> None:
        self.fleet.retitle_in_the_file(name, entry)

    @rule(name=replicas, entry=entries, confidence=st.integers(1, 99))
    def set_confidence(self, name: str, entry: str, confidence: int) -> None:
        self.fleet.set_confidence(name, entry, confidence)

    @rule(name=replicas, entry=entries)
    def remove(self, name: str, entry: str) -> None:
        self.fleet.remove(name, entry)

    @rule(name=replicas, entry=entries)
    def remove_by_sql(self, name: str, entry: str) -> None:
        self.fleet.remove_by_sql(name, entry)

    @rule(name=replicas, entry=entries)
    def remove_in_the_file(self, name: str, entry: str) -> None:
        self.fleet.remove_in_the_file(name, entry)

    @rule(name=replicas)
    def sync(self, name: str) -> None:
        self.fleet.sync(name)

    @rule(name=replicas)
    def cut(self, name: str) -> None:
        self.fleet.cut(name)

    @rule(name=replicas, step=st.integers(0, CRASHES))
    def crash_and_sync_again(self, name: str, step: int) -> None:
        self.fleet.crash_and_sync_again(name, step)

    @invariant()
    def documents_parse_and_no_id_stands_twice(self) -> None:
        self.fleet.check_documents()

    def teardown(self) -> None:
        try:
            self.fleet.converge()
        finally:
            shutil.rmtree(self.folder)


class Filtered(Machine):
    """The same, while filters that hide all or nothing of what is shared come and go."""

    @rule(name=Machine.replicas, hide=st.booleans())
    def set_filter(self, name: str, hide: bool) -> None:
        self.fleet.set_filter(name, hide=hide)


@patient
def test_replicas_converge_while_filters_change(tmp_path: Path) -> None:
    Filtered.source = template(tmp_path / "template", NAMES)
    run(Filtered, 20, share=0.1)


@patient
def test_replicas_converge(tmp_path: Path) -> None:
    Machine.source = template(tmp_path / "template", NAMES)
    run(Machine, 200, share=0.7)


@patient
def test_replicas_converge_through_git(tmp_path: Path) -> None:
    class ThroughGit(Machine):
        bare = False
        source = template(tmp_path / "template", NAMES)

    run(ThroughGit, 20, share=0.05)
