"""`sync.mode = automatic`: what a command changed is sent by a process that it leaves behind."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lorefs.store import RemoteState
from lorefs.sync.branch.detached import (
    FIRST_REST,
    LOCK,
    LONGEST_REST,
    WANTED,
    WATCH_LOCK,
    _rests_until,
    leave_behind,
    run_wanted,
)
from tests.cli.terminal import Lorefs
from tests.clones import BRANCH, Clone, Team


def wait_until(true: Callable[[], bool], seconds: float = 40) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "it did not come true"
        time.sleep(0.05)


def folder(clone: Clone) -> Path:
    return clone.path / ".git" / "lorefs"


def is_over(clone: Clone) -> bool:
    """Whether no sync runs or is wanted."""
    if (folder(clone) / WANTED).exists():
        return False
    with (folder(clone) / LOCK).open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def sent(clone: Clone, team: Team) -> bool:
    if team.remote("branch", "--list", BRANCH) == "" or not is_over(clone):
        return False
    return team.tip() == clone.tip


@pytest.fixture
def auto(ada: Clone) -> Clone:
    ada.repo("config", "lorefs.sync.mode", "automatic")
    return ada


def test_what_a_command_changed_is_sent(auto: Clone, team: Team) -> None:
    lorefs = Lorefs(auto.path)
    lorefs("add", "One")
    wait_until(lambda: sent(auto, team))
    lorefs("add", "Two")
    lorefs("add", "Three")
    wait_until(lambda: sent(auto, team))
    assert "**Two**" in auto.tree()[".lore.md"]
    assert "**Three**" in auto.tree()[".lore.md"]


def test_a_save_that_a_command_took_in_is_sent(auto: Clone, team: Team) -> None:
    auto.write("### Gotcha\n\n* **By hand**: no marker.\n")
    Lorefs(auto.path)("reconcile")
    wait_until(lambda: sent(auto, team))
    assert "**By hand**" in auto.tree()[".lore.md"]


def test_commands_that_change_nothing_leave_nothing(auto: Clone, ada: Clone) -> None:
    lorefs = Lorefs(auto.path)
    lorefs("add", "One")
    wait_until(lambda: (folder(ada) / LOCK).exists() and is_over(ada))
    (folder(auto) / LOCK).unlink()
    for command in (("list",), ("status",), ("sync",), ("search", "One")):
        lorefs(*command)
    assert not (folder(auto) / LOCK).exists()
    assert not (folder(auto) / WANTED).exists()


def test_in_manual_mode_nothing_is_left(ada: Clone) -> None:
    Lorefs(ada.path)("add", "One")
    assert not (folder(ada) / WANTED).exists()
    assert not (folder(ada) / LOCK).exists()


def left(clone: Clone, now: int | None = None) -> bool:
    with clone.open() as workspace:
        return leave_behind(workspace.site, clone.tick() if now is None else now)


def test_where_watch_runs_nothing_is_left(auto: Clone) -> None:
    auto.add("One")
    with (folder(auto) / WATCH_LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert not left(auto)
    assert not (folder(auto) / WANTED).exists()


def test_one_runs_at_a_time_and_goes_round_once_more(tmp_path: Path, auto: Clone) -> None:
    auto.add("One")
    place, rounds = folder(auto), []

    def cycle() -> None:
        rounds.append("one")
        if len(rounds) == 1:  # another command changes something meanwhile
            assert not left(auto), "one runs"
            assert (place / WANTED).exists()

    (place / WANTED).touch()
    assert run_wanted(place, cycle) == 2
    assert run_wanted(place, cycle) == 0
    with (place / LOCK).open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        (place / WANTED).touch()
        assert run_wanted(place, cycle) == 0
    assert run_wanted(place, cycle) == 1
    del tmp_path


def test_a_remote_that_fails_rests(auto: Clone, team: Team) -> None:
    auto.add("One")
    away = team.folder / "away"
    team.remote.path.rename(away)
    assert auto.try_sync().exchanges[0].error is not None
    assert not left(auto, auto.tick())
    # a person's sync always tries
    assert auto.try_sync().exchanges[0].error is not None
    away.rename(team.remote.path)
    assert left(auto, auto.tick() + int(3 * FIRST_REST * 1000))
    wait_until(lambda: sent(auto, team))


def test_rests_grow_to_a_bound() -> None:
    failing = [RemoteState("origin", failure_at=0, failures=n) for n in (1, 2, 3, 20, 10_000)]
    assert [_rests_until(state, 0) for state in failing] == [
        1000 * seconds for seconds in (2, 4, 8, LONGEST_REST, LONGEST_REST)
    ]
    assert _rests_until(failing[1], 1) == 2000
    assert _rests_until(RemoteState("origin"), 1) == 0


def test_no_terminal_and_no_output_reach_it(auto: Clone, team: Team) -> None:
    """Whoever reads the command's output sees its end, though the sync goes on."""
    hook = team.remote.path / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\nsleep 3\n")
    hook.chmod(0o755)
    command = [sys.executable, "-m", "lorefs", "add", "One"]
    env = {**os.environ, "PYTHONPATH": os.fspath(Path(__file__).parents[2])}
    done = subprocess.run(
        command, cwd=auto.path, env=env, capture_output=True, timeout=50, check=True
    )
    assert done.stderr == b""
    assert not sent(auto, team)
    wait_until(lambda: sent(auto, team))


def test_modules_in_the_worktree_are_not_run(auto: Clone, team: Team) -> None:
    for name in ("lorefs.py", "typing.py", "lorefs/__main__.py"):
        auto.write("raise SystemExit(0)\n", name)
    auto.add("One")
    assert left(auto)
    wait_until(lambda: sent(auto, team))
