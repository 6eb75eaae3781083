"""A process killed with SIGKILL at each named step of a run: all comes out as without it."""

from __future__ import annotations

import signal
import subprocess

import pytest

from tests.backup.conftest import BRANCH, Machine, Machines
from tests.lore import document, entry
from tests.victims import at_once, victim

STEPS = (
    "backup fetch",
    "backup apply",
    "exchange the files",
    "backup own store",
    "backup commit",
    "backup push",
    "backup note",
)


def killed(machine: Machine, step: str) -> subprocess.CompletedProcess[str]:
    """A run that has something to do at every step, and dies at this one."""
    return victim(machine.repo.path, "backup", step, machine.env)


@pytest.fixture
def work(desk: Machine, laptop: Machine) -> dict[str, str]:
    """Both changed, added and deleted something; what the laptop did is in the backup."""
    desk.write_own_store(document(entry(1, "Of all"), entry(2, "Of mine")))
    ids = {name: desk.add(name) for name in ("one", "two", "three")}
    desk.backup()
    laptop.backup()
    laptop.update(ids["one"], title="One of the laptop")
    laptop.remove(ids["three"])
    laptop.own_store.write_text(laptop.own_store.read_text().replace("Of all", "Of them all"))
    laptop.backup()
    desk.update(ids["two"], title="Two of the desk")
    desk.add("new")
    desk.own_store.write_text(desk.own_store.read_text().replace("Of mine", "Mine"))
    return ids


def test_the_steps_are_these(desk: Machine, work: dict[str, str]) -> None:
    del work
    done = killed(desk, "none")
    assert done.returncode == 0, done.stderr
    assert set(STEPS) <= set(done.stdout.splitlines())


@pytest.mark.parametrize("step", STEPS)
def test_a_kill_at_any_step(
    machines: Machines, desk: Machine, laptop: Machine, work: dict[str, str], step: str
) -> None:
    died = killed(desk, step)
    assert died.returncode == -signal.SIGKILL, died.stderr
    desk.update(work["two"], title="Two, later")  # whatever was sent, this is the last word
    desk.backup()
    tip = machines.tip()
    assert desk.backup().sent == ()
    assert machines.tip() == tip, "the second run does nothing"
    laptop.backup()
    expected = ["Of the desk", "One of the laptop", "Two, later", "new"]
    assert desk.titles() == laptop.titles() == expected
    assert desk.text() == laptop.text()
    assert desk.own_store.read_text() == laptop.own_store.read_text()
    assert "Of them all" in desk.own_store.read_text()
    assert "**Mine**" in desk.own_store.read_text()
    with desk.open() as workspace:
        assert workspace.store.ledger.records() == []


def test_a_new_machine_restores_what_a_killed_one_sent(
    machines: Machines, desk: Machine, work: dict[str, str]
) -> None:
    del work
    assert killed(desk, "backup note").returncode == -signal.SIGKILL
    third = machines.machine("third", key_of=desk)
    third.restore()
    assert third.titles() == ["Of the desk", "One of the laptop", "Two of the desk", "new"]


def test_two_runs_at_once(machines: Machines, desk: Machine, work: dict[str, str]) -> None:
    del work
    at_once(desk.repo.path, "backup", desk.env)
    assert desk.backup().sent == ()
    assert machines.vault("rev-list", "--merges", BRANCH) == ""
