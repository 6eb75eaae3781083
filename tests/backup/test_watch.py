"""Watch backs personal documents up by itself, beside the rest."""

from __future__ import annotations

import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lorefs.core import schedule
from lorefs.core.schedule import Pace, changed, cycled, next_backup
from lorefs.watch.backup import Backups
from lorefs.watch.cycle import CycleResult
from lorefs.watch.messages import Message
from tests.backup.conftest import MINE, SECRET, Machine, Machines
from tests.cli.terminal import command, environment
from tests.watch.conftest import eventually

NOW = 1000.0


def test_the_first_is_at_the_start_and_the_next_ones_are_rare() -> None:
    pace = Pace()
    assert next_backup(pace, NOW) == NOW
    pace = cycled(pace, NOW, NOW + 1, ok=True, active=False, jitter=0)
    assert next_backup(pace, NOW) == NOW + 1 + schedule.BACKUP_POLL


def test_a_backup_waits_for_quiet_but_not_for_ever() -> None:
    pace = cycled(Pace(), NOW, NOW, ok=True, active=False, jitter=0)
    pace = changed(pace, NOW + 1)
    assert next_backup(pace, NOW) == NOW + schedule.BACKUP_PAUSE
    later = NOW + schedule.BACKUP_PAUSE
    pace = changed(pace, later)
    assert next_backup(pace, NOW) == later + schedule.BACKUP_DEBOUNCE
    pace = changed(pace, later + 1000)
    assert next_backup(pace, NOW) == NOW + 1 + schedule.BACKUP_LONGEST


def test_failures_wait_longer_each_time() -> None:
    pace, pauses = Pace(), []
    for _ in range(9):
        pace = cycled(pace, NOW, NOW, ok=False, active=False, jitter=0)
        pauses.append(next_backup(changed(pace, NOW), NOW) - NOW)
    assert pauses[:3] == [60, 120, 240]
    assert pauses[-1] == schedule.BACKUP_POLL


def test_only_personal_changes_make_a_backup_due(desk: Machine) -> None:
    ended = threading.Event()
    results = [CycleResult(), CycleResult(ok=False, error="no way")]
    told: list[Message] = []

    def tell(message: Message) -> None:
        told.append(message)
        ended.set()

    with desk.open() as workspace:
        backups = Backups(workspace, lambda: results[len(told)], tell)
        backups.start_if_due(backups.due())
        assert ended.wait(10)
        eventually(lambda: backups.due() < float("inf"))
        far = backups.due()
        workspace.add("Of the team")
        backups.changed(NOW)
        assert backups.due() == far
        workspace.add("Of mine", personal=True)
        backups.changed(far - 1000)
        assert backups.due() < far
        assert [message.topic for message in told] == ["backup"]
        assert Backups(workspace, None, tell).due() == float("inf")


@contextmanager
def watching(machine: Machine, tmp_path: Path) -> Iterator[Path]:
    """A watch in a process of its own; gives the file that it prints to."""
    log = tmp_path / "log"
    with log.open("w") as file:
        process = subprocess.Popen(
            command("watch"),
            cwd=machine.repo.path,
            env=environment(machine.env),
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    try:
        yield log
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
    assert process.returncode == 0, log.read_text()


def test_a_real_watch_backs_up_and_says_so(
    machines: Machines, desk: Machine, tmp_path: Path
) -> None:
    tip = machines.tip()
    desk.repo.write(MINE, desk.text() + f"\n* **By hand**: {SECRET}\n")
    with watching(desk, tmp_path) as log:
        eventually(lambda: "backed-up sent=1" in log.read_text())
    assert machines.tip() != tip
    assert SECRET not in log.read_text()
    assert desk.backup().sent == ()


def test_a_backup_that_fails_keeps_nothing_waiting(
    machines: Machines, desk: Machine, tmp_path: Path
) -> None:
    machines.vault.path.rename(tmp_path / "moved")
    desk.repo.write(".lore.md", "### Note\n\n* **Of the team**: text\n")
    with watching(desk, tmp_path) as log:
        eventually(lambda: "error backup-failed" in log.read_text())
        eventually(lambda: "Of the team" in desk.titles())
    with desk.open() as workspace:
        assert workspace.backup_status().state.failures == 1
