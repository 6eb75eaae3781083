"""How watch begins, ends and comes back."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from itertools import count
from pathlib import Path

import pytest

from lorefs.core import schedule
from lorefs.watch import lock
from lorefs.watch.detach import LogFile
from lorefs.watch.state import read
from tests.cli.terminal import TOP, Lorefs, command, environment
from tests.gitrepo import Repo
from tests.lore import document, entries, entry, ident
from tests.watch.conftest import BASE, PATIENCE, Watching, at_most, eventually

NEW = BASE.replace("The beta text", "Another beta text")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_it_within_a_second(watching: Watching, number: int) -> None:
    def end() -> float:
        process = watching.start()
        started = time.monotonic()
        out = watching.end(process, number)
        took = time.monotonic() - started
        assert process.returncode == 0, out
        assert out.splitlines()[-1].endswith("info closed reason=stopped")
        return took

    at_most(1, end)
    assert lock.holder(watching.folder) is None
    assert watching.known().stopped_at is not None


def test_killed_and_started_again(watching: Watching) -> None:
    """What was saved meanwhile is found by content."""
    watching.end(watching.start(), signal.SIGKILL)
    state = watching.known()
    assert state.stopped_at is None
    assert watching.status()["watch"]["running"] is False
    shutil.copystat(watching.repo.path / ".lore.md", watching.repo.write(".copy", ""))
    watching.repo.write(".lore.md", NEW)
    shutil.copystat(watching.repo.path / ".copy", watching.repo.path / ".lore.md")
    watching.start()
    eventually(lambda: watching.content(ident(2)) == "Another beta text.")


def test_scenario_12_killed_again_and_again(watching: Watching) -> None:
    """Saves and rows of between the kills are all there in the end."""
    file = watching.repo.path / ".lore.md"
    wanted = {"Alpha", "Beta", "Gamma"}
    for number in range(10, 15):
        process = watching.start()
        with contextlib.closing(watching.connect()) as other:
            other.execute("INSERT INTO entries (title) VALUES (?)", (f"Row {number}",))
        with file.open("a") as opened:
            opened.write(f"\n{entry(number, f'Save {number}')}\n")
        wanted |= {f"Row {number}", f"Save {number}"}
        time.sleep(0.4 + number % 5 * 0.06)  # right before, while and after it is taken in
        process.kill()
        process.wait(PATIENCE)
    watching.start()
    eventually(lambda: watching.titles() == wanted)
    eventually(lambda: {e.title for e in entries(file.read_text()).values()} == wanted)
    eventually(lambda: {each.name for each in watching.repo.path.iterdir()} == {".git", ".lore.md"})


def test_a_signal_ends_a_long_reconcile_too(watching: Watching) -> None:
    """What is under way is rolled back, and done by the next one."""
    count = 30_000
    many = document(*(entry(number, f"Title {number}") for number in range(count)))
    watching.repo.write(".lore.md", many)

    def end() -> float:
        process = subprocess.Popen(
            command("watch"), cwd=watching.repo.path, env=environment(),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        watching.processes.append(process)
        assert process.stdout is not None
        assert "opened" in process.stdout.readline()
        time.sleep(0.1)
        started = time.monotonic()
        watching.end(process)
        took = time.monotonic() - started
        assert process.returncode == 0
        assert watching.query("SELECT count(*) FROM entries")[0][0] in {0, count}
        return took

    at_most(1, end)
    assert watching.query("PRAGMA integrity_check") == [("ok",)]
    watching.lorefs("watch", "--once")
    assert watching.query("SELECT count(*) FROM entries") == [(count,)]


def test_a_signal_ends_the_wait_for_a_database_that_somebody_holds(watching: Watching) -> None:
    process = watching.start()
    with contextlib.closing(watching.connect()) as other:
        other.execute("BEGIN IMMEDIATE")
        watching.repo.write(".lore.md", NEW)
        time.sleep(1.5)  # the save was heard of, and waits
        started = time.monotonic()
        out = watching.end(process)
        assert time.monotonic() - started < 1.5
        assert process.returncode == 0, out
    watching.lorefs("watch", "--once")
    assert watching.content(ident(2)) == "Another beta text."


def test_a_document_that_is_left_alone_is_told_once(watching: Watching) -> None:
    process = watching.start()
    watching.repo.write(".lore.md", BASE + "<<<<<<< ours\n=======\n>>>>>>> theirs\n")
    eventually(lambda: watching.known().totals.reconciles >= 2)
    watching.repo.write("sub/.lore.md", document(entry(4, "Delta")))
    eventually(lambda: "Delta" in watching.titles())
    lines = [line for line in watching.end(process).splitlines() if "left-alone" in line]
    assert len(lines) == 1
    assert 'document=.lore.md reason=".lore.md has conflict markers"' in lines[0]


def test_two_at_once_are_refused(watching: Watching) -> None:
    process = watching.start()
    for arguments in (["watch"], ["watch", "--detach"], ["watch", "--once"]):
        found = watching.lorefs(*arguments, status=5)
        assert f"process {process.pid} watches this worktree already" in found.err
        assert "lorefs watch stop" in found.err
    assert process.poll() is None
    assert watching.known().pid == process.pid


def test_asking_who_watches_keeps_nobody_from_it(tmp_path: Path) -> None:
    assert lock.holder(tmp_path) is None
    with lock.hold(tmp_path):
        assert lock.holder(tmp_path) == os.getpid()
        with pytest.raises(lock.RunningError) as refused, lock.hold(tmp_path):
            pass
        assert refused.value.pid == os.getpid()
    assert lock.holder(tmp_path) is None
    with lock.hold(tmp_path):
        pass


def test_each_linked_worktree_has_its_own(watching: Watching, tmp_path: Path) -> None:
    watching.start()
    watching.repo("worktree", "add", "--quiet", "-b", "other", str(tmp_path / "other"))
    other = Lorefs(tmp_path / "other")
    assert other("watch", "--once").out.startswith("3 added")
    found = other("status", "--json").json["watch"]
    assert found == {"running": False, "pid": None}
    folder = watching.folder.parent / "worktrees/other/lorefs"
    linked = Watching(Repo(tmp_path / "other"), folder=folder)
    process = linked.start()
    try:
        linked.repo("config", "lorefs.sync.remote", "upstream")
        eventually(lambda: linked.known().rescan_reason == "settings changed")
        eventually(lambda: watching.known().rescan_reason == "settings changed")
        linked.repo.write(".lore.md", NEW)
        eventually(lambda: linked.content(ident(2)) == "Another beta text.")
        assert watching.content(ident(2)) == "The beta text."
        linked.repo.commit("head")
    finally:
        linked.end(process)


def test_in_the_background(watching: Watching) -> None:
    lorefs = watching.lorefs
    pid = lorefs("watch", "--detach", "--json").json["pid"]
    try:
        found = watching.status()["watch"]
        assert (found["running"], found["pid"], found["lag"]) == (True, pid, 0)
        assert f"watch: process {pid}, 1 directory" in lorefs("status").out
        assert lorefs("status", "--short").out == "lore 3 watch\n"
        assert f'lorefs_up{{worktree="{watching.repo.path}"}} 1\n' in lorefs("metrics").out
        watching.repo.write(".lore.md", NEW)
        eventually(lambda: watching.content(ident(2)) == "Another beta text.")
    finally:
        out = lorefs("watch", "stop").out
    assert out == f"process {pid} has ended\n"
    assert lorefs("watch", "stop").out == "no watch was running\n"
    assert lorefs("status", "--short").out == "lore 3\n"
    assert "watch: off\n" in lorefs("status").out
    assert f'lorefs_up{{worktree="{watching.repo.path}"}} 0\n' in lorefs("metrics").out
    lines = (watching.folder / "watch.log").read_text().splitlines()
    assert [line.split()[2] for line in lines] == ["opened", "reconciled", "reconciled", "closed"]


def test_in_the_background_with_a_log_elsewhere(watching: Watching) -> None:
    watching.repo.write("sub/.lore.md", document(entry(4, "Delta")))
    lorefs = Lorefs(watching.repo.path / "sub")
    lorefs("watch", "--detach", "--log", "../../own.log")
    lorefs("watch", "stop")
    own = watching.repo.path.parent / "own.log"
    assert [line.split()[2] for line in own.read_text().splitlines()][-1] == "closed"
    assert not (watching.folder / "watch.log").exists()
    err = lorefs("watch", "--once", "--log", "own.log", status=2).err
    assert "--once prints what it did" in err


def test_in_the_background_says_why_it_does_not_start(watching: Watching) -> None:
    watching.folder.mkdir()
    (watching.folder / "index.db").write_bytes(b"this is no database" * 1000)
    assert "the database cannot be read" in watching.lorefs("watch", "--detach", status=5).err
    assert lock.holder(watching.folder) is None


def test_once(watching: Watching) -> None:
    lorefs = watching.lorefs
    assert lorefs("watch", "--once").out == "3 added\n"
    assert lorefs("watch", "--once", "--json").json["sync"] is None
    watching.repo.write("sub/.lore.md", document(entry(4, "Delta")))
    assert lorefs("watch", "--once").out == "1 added\n"
    watching.repo.write("sub/.lore.md", b"\xff")
    assert "not UTF-8" in lorefs("watch", "--once", status=1).err
    assert lock.holder(watching.folder) is None


def test_the_module_path_is_not_the_worktrees(watching: Watching) -> None:
    """A repository that holds files named like modules does not get them run."""
    watching.repo.write("json.py", "raise SystemExit('this must not run')")
    watching.repo.write("lorefs/__init__.py", "raise SystemExit('nor this')")
    done = subprocess.run(
        [sys.executable, "-P", "-m", "lorefs", "watch", "--detach"],
        cwd=watching.repo.path, env=environment(), capture_output=True, text=True,
        check=False, timeout=PATIENCE,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    stopped = subprocess.run(
        [sys.executable, "-P", "-m", "lorefs", "watch", "stop"],
        cwd=watching.repo.path, env=environment(), capture_output=True, text=True,
        check=False, timeout=PATIENCE,
    )  # fmt: skip
    assert "has ended" in stopped.stdout


def test_lines_for_programs(watching: Watching) -> None:
    process = watching.start("--json")
    watching.repo.write(".lore.md", NEW)
    eventually(lambda: watching.known().totals.edited)
    lines = [json.loads(line) for line in watching.end(process).splitlines()]
    assert [line["event"] for line in lines] == ["opened", "reconciled", "reconciled", "closed"]
    assert lines[0]["root"] == str(watching.repo.path)
    assert (lines[2]["edited"], lines[2]["level"]) == (1, "info")


def test_a_reader_that_has_seen_enough_ends_it(watching: Watching) -> None:
    process = watching.start()
    assert process.stdout is not None
    process.stdout.close()
    watching.repo.write(".lore.md", NEW)
    assert process.wait(PATIENCE) == 141
    watching.processes.remove(process)


def test_scenario_25_the_root_is_deleted_and_recreated(watching: Watching, tmp_path: Path) -> None:
    copy = watching.repo.clone(tmp_path / "copy")
    process = watching.start()

    def deleted() -> bool:  # where watch has just written to a directory, that is not empty
        shutil.rmtree(watching.repo.path, ignore_errors=True)
        return not watching.repo.path.exists()

    eventually(deleted)
    time.sleep(1.2)
    assert process.poll() is None
    copy.commit("more", **{".lore.md": NEW, "sub/.lore.md": document(entry(4, "Delta"))})
    copy.path.rename(watching.repo.path)
    eventually(lambda: watching.state() is not None and watching.known().totals.rescans >= 2)
    assert watching.titles() == {"Alpha", "Beta", "Gamma", "Delta"}
    assert watching.status()["watch"]["rescan_reason"] == "worktree or database were replaced"
    watching.repo.write("sub/.lore.md", document(entry(4, "Epsilon")))
    eventually(lambda: "Epsilon" in watching.titles())
    watching.end(process)
    assert process.returncode == 0


def test_a_root_that_stays_away_can_be_left(watching: Watching, tmp_path: Path) -> None:
    """It is told once, and the repository around it is not taken for it."""
    Repo(tmp_path)("init", "--quiet")
    process = watching.start()
    watching.repo.path.rename(tmp_path / "elsewhere")
    time.sleep(2.5)
    out = watching.end(process)
    assert process.returncode == 0
    assert [line.split()[2] for line in out.splitlines()] == [
        "opened", "reconciled", "closed", "cannot-open"
    ]  # fmt: skip
    assert not (tmp_path / ".git/lorefs").exists()
    assert lock.holder(tmp_path / "elsewhere/.git/lorefs") is None
    watching.repo.path.mkdir()


# A watch that waits two seconds for its worktree.
IMPATIENT = """
import sys
sys.path.insert(0, sys.argv[1])
from lorefs.watch import loop
loop.LEFT = 2.0
sys.argv = ["lorefs", "watch"]
from lorefs.__main__ import main
sys.exit(main())
"""


def test_a_root_that_never_comes_back_ends_it(watching: Watching, tmp_path: Path) -> None:
    """Nobody could end it with `lorefs watch stop` any more."""
    process = subprocess.Popen(
        [sys.executable, "-c", IMPATIENT, str(TOP)], cwd=watching.repo.path, env=environment(),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    watching.processes.append(process)
    eventually(lambda: watching.state() and watching.known().totals.rescans)
    for _ in range(2):  # the time begins anew
        watching.repo.path.rename(tmp_path / "elsewhere")
        time.sleep(1.2)
        (tmp_path / "elsewhere").rename(watching.repo.path)
        eventually(lambda: lock.holder(watching.folder) == process.pid)
    watching.repo.path.rename(tmp_path / "elsewhere")
    out, _ = process.communicate(timeout=PATIENCE)
    (tmp_path / "elsewhere").rename(watching.repo.path)
    assert process.returncode == 3, out
    assert f"error: {watching.repo.path}: the worktree is gone" in out


def test_scenario_13_the_database_is_made_anew_meanwhile(watching: Watching) -> None:
    watching.start()
    watching.lorefs("rebuild")
    watching.repo.write(".lore.md", NEW)
    eventually(lambda: watching.content(ident(2)) == "Another beta text.")
    for file in watching.folder.glob("index.db*"):
        file.unlink(missing_ok=True)  # watch has noticed that and takes away the rest
    watching.repo.write(".lore.md", NEW.replace("Another", "One more"))
    eventually(
        lambda: (
            (watching.folder / "index.db").exists()
            and watching.known().totals.rescans >= 3
            and watching.content(ident(2)) == "One more beta text."
        )
    )


def test_settings_are_taken_up(watching: Watching) -> None:
    process = watching.start()
    watching.repo.write(".lorefs.toml", "[limits]\ndocumentSize = 'many'\n")
    eventually(lambda: watching.known().errors)
    assert process.poll() is None
    watching.repo.write(".lorefs.toml", "[limits]\ndocumentSize = '1M'\n")
    eventually(lambda: watching.known().rescan_reason == "settings changed")
    watching.repo("config", "lorefs.sync.enabled", "true")
    eventually(lambda: watching.known().totals.rescans >= 3)
    watching.repo("config", "user.name", "Somebody else")
    time.sleep(0.7)
    assert watching.known().totals.rescans == 3, "git's configuration is not all lorefs'"


def test_a_failure_is_tried_again_and_told(watching: Watching) -> None:
    watching.start()
    with contextlib.closing(watching.connect()) as other:
        other.execute(
            "CREATE TRIGGER never BEFORE UPDATE ON documents"
            " BEGIN SELECT raise(ABORT, 'not today'); END"
        )
        watching.repo.write(".lore.md", NEW)
        eventually(lambda: watching.known().totals.reconcile_failures >= 2)
        assert watching.lorefs("status", "--short").out == "lore 3 watch?\n"
        assert watching.known().errors[-1].message == "not today"
        assert len(watching.known().errors) == 1
        other.execute("DROP TRIGGER never")
    eventually(lambda: watching.content(ident(2)) == "Another beta text.")
    eventually(lambda: watching.known().reconcile_failures == 0)


# ---------------------------------------------------------------- a cycle beside it

# A watch whose exchange with the remote waits for a process that does not answer.
SLOW = """
import os, subprocess, sys, time
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from lorefs.api import Workspace
from lorefs.watch.cycle import CycleResult
from lorefs.watch.run import watch

def opened():
    return Workspace.open(Path(sys.argv[2]), env=dict(os.environ), clock=milliseconds)

def milliseconds():
    return time.time_ns() // 1_000_000

def cycle():
    if sys.argv[3] == "slow":
        done = subprocess.run(["sleep", "40"])
        return CycleResult(ok=False, error=f"ended with {done.returncode}")
    if sys.argv[3] == "fails":
        return CycleResult(ok=False, error="nobody is there", hint="wait")
    return CycleResult(pushed=1, fetched=2, conflicts=1, bytes=300, active=True)

watch(Path(sys.argv[2]), opened, lambda _: cycle, milliseconds, lambda line: None)
"""


def with_cycle(watching: Watching, kind: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW, str(TOP), str(watching.repo.path), kind],
        env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    watching.processes.append(process)

    def begun() -> bool:
        state = watching.state()
        return state is not None and state.pid == process.pid and state.totals.rescans > 0

    eventually(begun)
    return process


def children(process: subprocess.Popen[str]) -> list[str]:
    """The processes that one has started."""
    tasks = Path(f"/proc/{process.pid}/task")
    return [pid for each in tasks.glob("*/children") for pid in each.read_text().split()]


def test_a_slow_network_keeps_no_save_waiting_and_nobody_from_leaving(watching: Watching) -> None:
    texts = (f"Beta text {number}" for number in count())

    def end() -> float:
        process = with_cycle(watching, "slow")
        pids = eventually(lambda: children(process))
        text = next(texts)
        watching.repo.write(".lore.md", BASE.replace("The beta text", text))
        eventually(lambda: watching.content(ident(2)) == f"{text}.")
        started = time.monotonic()
        out = watching.end(process)
        took = time.monotonic() - started
        assert (process.returncode, out) == (0, "")
        eventually(lambda: not any(Path("/proc", pid).exists() for pid in pids), "the end of git")
        return took

    at_most(1, end)


def test_what_a_cycle_did_is_counted(watching: Watching) -> None:
    with_cycle(watching, "works")
    eventually(lambda: watching.known().totals.cycles)
    found = watching.status()["watch"]
    assert found["sync"] is True
    assert found["cycle"]["fetched"] == 2
    assert found["failing_since"] is None
    eventually(lambda: watching.known().next_cycle_at)
    assert "1 commit sent, 2 commits received, 1 conflict, next in" in watching.lorefs("status").out
    label = f'{{worktree="{watching.repo.path}"}}'
    assert f"lorefs_sync_bytes_total{label} 300\n" in watching.lorefs("metrics").out


def test_cycles_that_fail_are_told_and_wait(watching: Watching) -> None:
    with_cycle(watching, "fails")
    first = eventually(lambda: watching.known().failing_since) or 0
    out = watching.lorefs("status").out
    assert "failed: nobody is there" in out
    assert "error: nobody is there" in out
    assert "hint: wait" in out
    assert watching.lorefs("status", "--short").out == "lore 3 watch?\n"
    eventually(lambda: watching.known().totals.cycles > 1)
    second = watching.known().cycle
    assert second is not None
    assert second.at - first > schedule.FIRST_RETRY / 2 * 1000 - 100, "it does not wait"


# ---------------------------------------------------------------- what is kept


def test_the_log_does_not_grow_for_ever(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "watch.log")
    for _ in range(30):
        log.write("x" * 100_000)
    sizes = {file.name: file.stat().st_size for file in tmp_path.iterdir()}
    assert set(sizes) == {"watch.log", "watch.log.1"}
    assert max(sizes.values()) < 1_200_000


ODD_STATES = [
    "",
    "{",
    "[]",
    "null",
    '{"version": 1}',
    '{"version": 99}',
    '{"version": 1, "pid": 5}',
]


@pytest.mark.parametrize("text", ODD_STATES)
def test_a_state_that_cannot_be_understood_is_none(repo: Repo, text: str) -> None:
    lorefs = Lorefs(repo.path)
    lorefs("list")
    folder = repo.path / ".git/lorefs"
    (folder / "watch.json").write_text(text)
    assert read(folder) is None
    assert lorefs("status").out.endswith("watch: off\n")
    assert lorefs("metrics").out.splitlines()[-1].startswith("lorefs_up{")
