"""A process killed with SIGKILL at each named step of a run: all comes out as without it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.backup.conftest import BRANCH, Machine, Machines
from tests.lore import document, entry

TOP = Path(__file__).resolve().parents[2]

# One run that has something to do at every step, and dies at the named one.
VICTIM = """
import os, signal, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from lorefs.api import Workspace

def step(name):
    print(name, flush=True)
    if name == sys.argv[3]:
        os.kill(os.getpid(), signal.SIGKILL)

with Workspace.open(
    Path(sys.argv[2]), env=dict(os.environ), clock=lambda: 1_800_000_000_000, step=step
) as workspace:
    workspace.backup()
"""

STEPS = (
    "backup fetch",
    "backup apply",
    "exchange the files",
    "backup own store",
    "backup commit",
    "backup push",
    "backup note",
)


def victim(machine: Machine, step: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", VICTIM, str(TOP), str(machine.repo.path), step],
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
        env={**os.environ, **machine.env},
    )


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
    done = victim(desk, "none")
    assert done.returncode == 0, done.stderr
    assert set(STEPS) <= set(done.stdout.splitlines())


@pytest.mark.parametrize("step", STEPS)
def test_a_kill_at_any_step(
    machines: Machines, desk: Machine, laptop: Machine, work: dict[str, str], step: str
) -> None:
    died = victim(desk, step)
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
    assert victim(desk, "backup note").returncode == -signal.SIGKILL
    third = machines.machine("third", key_of=desk)
    third.restore()
    assert third.titles() == ["Of the desk", "One of the laptop", "Two of the desk", "new"]


def test_two_runs_at_once(machines: Machines, desk: Machine, work: dict[str, str]) -> None:
    del work
    arguments = [sys.executable, "-c", VICTIM, str(TOP), str(desk.repo.path), "none"]
    started = [
        subprocess.Popen(
            arguments,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={**os.environ, **desk.env},
        )
        for _ in range(3)
    ]
    for each in started:
        _, complaints = each.communicate(timeout=50)
        assert each.returncode == 0, complaints.decode()
    assert desk.backup().sent == ()
    assert machines.vault("rev-list", "--merges", BRANCH) == ""
