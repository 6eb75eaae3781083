"""Any number of edits and git commands on machines that track their document: nothing is lost.

The seed of a failure is printed by Hypothesis; `--hypothesis-seed` replays it.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import ClassVar

import hypothesis.strategies as st
import pytest
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from tests.convergence.examples import SOAK, patient, run
from tests.convergence.fleet import DAY
from tests.convergence.replicas import scratch
from tests.convergence.tracked import COLLEAGUE, FIRST, NAMES, TrackedFleet, tracked_template

replicas = st.sampled_from(NAMES)
branches = st.sampled_from(("main", "feature", COLLEAGUE, "HEAD~1", "origin/main~2"))
others = st.sampled_from((COLLEAGUE, "origin/main", "main", "feature"))


class Tracked(RuleBasedStateMachine):
    """Two clones, whose main branch holds a document, and a colleague without lorefs."""

    source: ClassVar[Path]
    entries = Bundle("entries")

    def __init__(self) -> None:
        super().__init__()
        self.folder = scratch(self.source)
        self.fleet = TrackedFleet(self.source, self.folder / "x")

    @initialize(skews=st.lists(st.sampled_from([-DAY, 0, DAY]), min_size=2, max_size=2))
    def set_clocks(self, skews: list[int]) -> None:
        self.fleet.set_clocks(skews)

    @rule(target=entries, entry=st.sampled_from(sorted(FIRST)))
    def from_the_start(self, entry: str) -> str:
        return entry

    # ---- edits

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
    def publish(self, name: str) -> None:
        self.fleet.publish(name)

    # ---- the exchange

    @rule(name=replicas)
    def sync(self, name: str) -> None:
        self.fleet.sync(name)

    @rule(name=replicas)
    def cut(self, name: str) -> None:
        self.fleet.cut(name)

    @rule(name=replicas, step=st.integers(0, 24))
    def crash_and_sync_again(self, name: str, step: int) -> None:
        self.fleet.crash_and_sync_again(name, step)

    # ---- git

    @rule(name=replicas, stash=st.booleans())
    def commit_or_stash(self, name: str, stash: bool) -> None:
        self.fleet.settle(name, stash=stash)

    @rule(name=replicas, to=branches, stash=st.booleans())
    def switch(self, name: str, to: str, stash: bool) -> None:
        self.fleet.switch(name, to, stash=stash)

    @rule(
        name=replicas,
        command=st.sampled_from(("merge", "squash", "rebase")),
        other=others,
        ending=st.sampled_from(("give up", "ours", "theirs")),
    )
    def combine(self, name: str, command: str, other: str, ending: str) -> None:
        self.fleet.combine(name, command, other, ending)

    @rule(name=replicas)
    def revert(self, name: str) -> None:
        self.fleet.revert(name)

    @rule(name=replicas, to=st.sampled_from(("HEAD", "HEAD~1", "origin/main")))
    def reset(self, name: str, to: str) -> None:
        self.fleet.reset(name, to)

    @rule(name=replicas, command=st.sampled_from(("pop", "apply")))
    def stash_and_back(self, name: str, command: str) -> None:
        self.fleet.stash_and_back(name, command)

    @rule(name=replicas, options=st.sampled_from(((), ("--rebase", "--autostash"))))
    def pull(self, name: str, options: tuple[str, ...]) -> None:
        self.fleet.pull(name, *options)

    @rule(name=replicas)
    def push(self, name: str) -> None:
        self.fleet.push(name)

    @rule(name=replicas)
    def bisect(self, name: str) -> None:
        self.fleet.bisect(name)

    @rule(name=replicas)
    def look(self, name: str) -> None:
        self.fleet.take_in(name)

    @invariant()
    def nothing_of_a_colleague_is_published(self) -> None:
        self.fleet.check_published()

    def teardown(self) -> None:
        try:
            self.fleet.converge()
        finally:
            shutil.rmtree(self.folder)


@patient
def test_tracked_replicas_converge(tmp_path: Path) -> None:
    Tracked.source = tracked_template(tmp_path / "template")
    run(Tracked, 30, share=0.15)


@pytest.mark.slow
@pytest.mark.skipif(SOAK > 0, reason="the long run has its own number of examples")
@pytest.mark.timeout(0)
def test_more_tracked_replicas_converge(tmp_path: Path) -> None:
    Tracked.source = tracked_template(tmp_path / "template")
    run(Tracked, 300, share=0.15, steps=24)
