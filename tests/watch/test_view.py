"""What watch shows: on a terminal, as lines, as metrics."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import re
import signal
import struct
import subprocess
import termios
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from lorefs.cli.live import LiveView
from lorefs.cli.watching import (
    line_json,
    line_spans,
    line_text,
    short_line,
    state_lines,
    watch_json,
)
from lorefs.watch.journal import Line
from lorefs.watch.metrics import metrics_text
from lorefs.watch.state import Cycled, Reconciled, State, Totals, as_of
from tests.cli.terminal import Lorefs, command, environment
from tests.conftest import TOP
from tests.gitrepo import Repo
from tests.watch.conftest import BASE, PATIENCE, Watching, eventually

NOW = 1_700_000_000_000
STATE = State(
    4711, NOW - 60_000, NOW - 500, directories=3, rescan_at=NOW - 9000, rescan_reason="start"
)


def shown(state: State | None, pid: int | None = 4711) -> str:
    return "\n".join("".join(text for text, _ in line) for line in state_lines(state, pid, NOW))


def test_a_view_on_a_terminal(watching: Watching) -> None:
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    process = subprocess.Popen(
        command("watch"), cwd=watching.repo.path, env=environment({"TERM": "xterm-256color"}),
        stdin=follower, stdout=follower, stderr=follower, text=True,
    )  # fmt: skip
    watching.processes.append(process)
    os.close(follower)
    eventually(lambda: watching.state() and watching.known().totals.rescans)
    watching.repo.write(".lore.md", BASE.replace("The beta text", "Another \x1b[31m beta text"))
    eventually(lambda: watching.known().totals.edited)
    out = b""
    while re.search(rb"last change: .* 1 edited", out) is None:
        some = _read(leader)
        assert some, out
        out += some
    process.send_signal(signal.SIGINT)
    while chunk := _read(leader):
        out += chunk
    os.close(leader)
    assert process.wait(PATIENCE) == 0, out
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", out.decode())
    assert f"watch: process {process.pid}, 1 directory" in plain
    assert "Ctrl-C ends it" in plain
    assert "reconciled  1 edited" in plain
    assert re.search("last change: [0-9] s ago, 1 edited", plain)


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # how Linux reports that the other end was closed
        return b""


def drawn(view: LiveView, width: int, height: int) -> list[str]:
    """What the view draws for a terminal of a size, with the sequences that move the cursor."""
    screen = Console(file=io.StringIO(), width=width, height=height, force_terminal=True)
    with screen.capture() as found:
        screen.print(view)
    return found.get().rstrip("\n").split("\n")


def test_the_view_fits_the_terminal_and_shows_what_happened_last(tmp_path: Path) -> None:
    view = LiveView(tmp_path / "a directory")
    view.show(replace(STATE, pid=1))
    for number in range(20):
        view.add(Line(NOW, "info", f"event {number}"))
    for height in (3, 5, 6, 8, 24):
        lines = drawn(view, 40, height)
        assert len(lines) <= height
        assert ("event 19" in lines[-1]) is (height > 5)
    assert "event 12" in "".join(drawn(view, 40, 24))


def test_a_terminal_of_another_size_is_cleared_first(tmp_path: Path) -> None:
    view = LiveView(tmp_path)
    clear = "\x1b[2J\x1b[H"
    assert clear not in drawn(view, 80, 24)[0]
    assert clear not in drawn(view, 80, 24)[0]
    assert drawn(view, 40, 10)[0].startswith(clear)
    assert clear not in drawn(view, 40, 10)[0]


def test_a_watch_that_has_ended_waits_for_nothing() -> None:
    """The view shows this state last."""
    done = Cycled(NOW - 2000, 0.1, ok=True)
    ended = replace(STATE, sync=True, stopped_at=NOW, directories=0)
    assert shown(ended).split("\n") == [
        "watch: process 4711 watches nothing any more",
        "  last look at everything: 9 s ago (start)",
    ]
    assert shown(replace(ended, cycle=done)).endswith("\n  sync: 2 s ago, nothing new")


def test_a_state_is_that_of_the_process_that_watches() -> None:
    busy = replace(
        STATE, queue=4, oldest=NOW - 1500, directories=3, limited="too few", next_cycle_at=NOW,
        totals=Totals(edited=3),
    )  # fmt: skip
    assert as_of(busy, 4711) == busy
    assert as_of(busy, 0) == busy
    assert as_of(busy, 4712) is None, "another one begins"
    assert as_of(None, 4711) is None
    killed = as_of(busy, None)
    assert killed is not None
    assert (killed.queue, killed.lag(NOW), killed.directories, killed.limited) == (0, 0, 0, "")
    assert killed.next_cycle_at is None
    assert killed.totals.edited == 3


def test_where_things_stand() -> None:
    assert shown(None, None) == "watch: off"
    assert shown(STATE, None) == "watch: off"
    assert shown(None) == "watch: starting (process 4711)"
    assert shown(STATE).split("\n") == [
        "watch: process 4711, 3 directories",
        "  last look at everything: 9 s ago (start)",
    ]
    busy = replace(
        STATE, queue=4, oldest=NOW - 1500, limited="too few", updated_at=NOW - 3_600_000 * 50,
        reconcile=Reconciled(NOW - 130_000, 0.1, added=2, written=1),
    )  # fmt: skip
    assert shown(busy).split("\n")[:4] == [
        "watch: process 4711, 3 directories, 4 waiting (lag 1.5 s)",
        "  says nothing for 2 days",
        "  limited: too few; files are looked at every few seconds",
        "  last change: 2 min ago, 2 added, 1 written",
    ]


def test_where_the_exchange_stands() -> None:
    syncing = replace(STATE, sync=True, next_cycle_at=NOW + 4200)
    assert shown(syncing).endswith("sync: the first in 4 s")
    done = replace(syncing, next_cycle_at=None, cycle=Cycled(NOW - 2000, 0.1, ok=True))
    assert shown(done).endswith("sync: 2 s ago, nothing new, next is under way")
    failing = replace(
        syncing, cycle=Cycled(NOW - 2000, 0.1, ok=False, error="no\x1b way"),
        failing_since=NOW - 7_300_000,
    ).with_trouble(NOW - 2000, "no\x1b way", "wait")  # fmt: skip
    lines = shown(failing).split("\n")
    assert lines[2] == "  sync: 2 s ago, failed: no<U+001B> way, next in 4 s"
    assert lines[3] == "  fails since 2 h; changes wait and are sent when it works again"
    assert lines[4:] == ["  error: no<U+001B> way, 2 s ago", "  hint: wait"]
    found = watch_json(failing, 4711, NOW)
    assert found["failing_since"] == "2023-11-14T20:11:40.000Z"
    assert found["errors"][0]["at"] == "2023-11-14T22:13:18.000Z"


def test_one_line_for_a_prompt() -> None:
    assert short_line(12, 0, None, None) == "lore 12"
    assert short_line(12, 1, STATE, 4711) == "lore 12 !1 watch"
    assert short_line(12, 1, STATE, None) == "lore 12 !1"
    assert short_line(0, 0, replace(STATE, failing_since=1), 4711) == "lore 0 watch?"


def test_errors_are_kept_a_while() -> None:
    state = STATE
    for number in range(9):
        state = state.with_trouble(number, f"error {number // 2}", "")
    assert [each.message for each in state.errors] == [f"error {n}" for n in range(5)]
    assert [each.at for each in state.errors] == [1, 3, 5, 7, 8]


@pytest.mark.parametrize(
    ("value", "text"),
    [(True, "true"), (3, "3"), (0.25, "0.25"), ("plain", "plain"), ("two words", '"two words"'),
     ('quo"te', '"quo\\"te"'), ("a=b", '"a=b"'), ("es\x1bcape", "es<U+001B>cape"),
     ("li\nne", '"li ne"')],
)  # fmt: skip
def test_lines_of_the_log(value: object, text: str) -> None:
    line = Line(NOW, "info", "went by", {"empty": "", "value": value})
    assert line_text(line) == f"2023-11-14T22:13:20.000Z info went-by value={text}"
    assert "\n" not in line_json(line)
    assert "\x1b" not in line_json(line)


def test_metrics_are_in_the_format_of_prometheus() -> None:
    state = replace(
        STATE, last_success_at=NOW, next_cycle_at=NOW + 1500,
        totals=Totals(reconciles=7, reconcile_seconds=1.25, edited=3, bytes=10**12),
    )  # fmt: skip
    text = metrics_text("/repo", state, 4711, NOW)
    name = r"lorefs_[a-z_]+"
    comment = rf"# HELP {name} .+|# TYPE {name} (?:gauge|counter|summary)"
    sample = rf'{name}{{worktree="/repo"(?:,op="\w+")?}} \S+'
    for line in text.splitlines():
        assert re.fullmatch(f"{comment}|{sample}", line), line
    plain = text.replace('{worktree="/repo"}', "").replace('worktree="/repo",', "")
    values = dict(line.rsplit(" ", 1) for line in plain.splitlines() if not line.startswith("#"))
    assert values["lorefs_reconcile_duration_seconds_count"] == "7"
    assert values["lorefs_reconcile_duration_seconds_sum"] == "1.25"
    assert values['lorefs_rows_changed_total{op="edited"}'] == "3"
    assert values["lorefs_sync_bytes_total"] == "1000000000000"
    assert values["lorefs_sync_next_timestamp_seconds"] == "1700000001.5"
    assert len(values) == len([line for line in text.splitlines() if not line.startswith("#")])


def test_the_documentation_names_every_metric() -> None:
    state = replace(STATE, last_success_at=NOW, next_cycle_at=NOW)
    wanted = set(re.findall(r"# TYPE lorefs_(\w+)", metrics_text("/repo", state, 1, NOW)))
    text = (TOP / "docs/watch.md").read_text().partition("| metric ")[2].partition("\n\n")[0]
    cells = [line.split(" | ")[0] for line in text.split("\n")[2:]]
    assert {name for cell in cells for name in re.findall(r"`(\w+)", cell)} == wanted


def test_metrics_without_a_watch(repo: Repo) -> None:
    last = Lorefs(repo.path)("metrics").out.splitlines()[-1]
    assert last == f'lorefs_up{{worktree="{repo.path}"}} 0'


def test_metrics_of_a_watch_that_was_killed(watching: Watching) -> None:
    watching.end(watching.start(), signal.SIGKILL)
    out = watching.lorefs("metrics").out
    label = f'worktree="{watching.repo.path}"'
    assert f"lorefs_up{{{label}}} 0\n" in out
    assert f"lorefs_watched_directories{{{label}}} 0\n" in out
    assert f"lorefs_rescans_total{{{label}}} 1\n" in out
    assert watching.status()["watch"]["directories"] == 0


@pytest.mark.parametrize(
    ("path", "value"),
    [('/a "quoted" one', '/a \\"quoted\\" one'), ("/back\\slash", "/back\\\\slash"),
     ("/two\nlines", "/two\\nlines"), ("/Schön {x}", "/Schön {x}"), ("/\udcff", "/\ufffd")],
)  # fmt: skip
def test_a_label_holds_any_path(path: str, value: str) -> None:
    line = metrics_text(path, None, None, NOW).splitlines()[-1]
    assert line == f'lorefs_up{{worktree="{value}"}} 0'


def test_a_fact_that_is_just_true_is_told_by_its_name() -> None:
    line = Line(NOW, "info", "opened", {"root": "/repo", "sync": True, "limited": False})
    assert "".join(text for text, _ in line_spans(line)) == "opened  /repo, sync"
