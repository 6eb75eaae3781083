"""What others do while watch begins, ends or opens all anew does not end it by chance."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest

from lorefs.api import Workspace
from lorefs.errors import LorefsError
from lorefs.watch import lock
from lorefs.watch.cycle import CycleResult, run_cycle
from lorefs.watch.detach import stop
from lorefs.watch.journal import Journal
from lorefs.watch.loop import Loop
from tests.watch.conftest import PATIENCE, Watching, eventually


def test_a_watch_that_has_just_begun_or_ended_is_told_from_none(tmp_path: Path) -> None:
    known = threading.Event()
    ended = subprocess.Popen(["true"])
    ended.wait(PATIENCE)

    def begin_and_end() -> None:
        with lock.hold(tmp_path):
            (tmp_path / lock.NAME).write_text("")
            known.set()
            time.sleep(0.1)
            (tmp_path / lock.NAME).write_text(f"{ended.pid}\n")
            time.sleep(0.3)

    other = threading.Thread(target=begin_and_end)
    other.start()
    assert known.wait(PATIENCE)
    assert stop(tmp_path) == ended.pid
    other.join()
    assert stop(tmp_path) is None


def test_who_comes_between_two_sessions_does_not_end_the_watch(watching: Watching) -> None:
    told: list[str] = []
    opens = count(1)
    watching.lorefs("list")

    def opened() -> Workspace:
        number = next(opens)
        if number > 1:  # as `watch --once` does for a moment, while all is opened anew
            fcntl.flock(other, fcntl.LOCK_EX if number == 2 else fcntl.LOCK_UN)
        return Workspace.open(watching.repo.path, env=dict(os.environ), clock=lambda: 1)

    journal = Journal(os.getpid(), lambda: 1, lambda line: told.append(line.event))
    loop = Loop(watching.repo.path, opened, lambda _: None, journal)
    with (
        (watching.folder / lock.NAME).open("w") as other,
        ThreadPoolExecutor() as pool,
        ExitStack() as ending,
    ):
        running = pool.submit(loop.run)
        ending.callback(loop.stop)
        eventually(lambda: watching.state() and watching.known().totals.rescans)
        watching.repo("config", "lorefs.sync.remote", "upstream")
        eventually(lambda: told.count("opened") == 2 or running.done())
    running.result(PATIENCE)
    assert told == ["opened", "closed", "cannot open", "opened", "closed"]


@pytest.mark.parametrize("kind", [OSError, sqlite3.OperationalError, LorefsError])
def test_a_cycle_that_fails_ends_no_watch(kind: type[Exception]) -> None:
    def cycle() -> CycleResult:
        raise kind("no network")

    assert run_cycle(cycle) == CycleResult(ok=False, error="no network")
