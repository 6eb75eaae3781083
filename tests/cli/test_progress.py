"""Progress is shown to a person whose command takes long, and to nobody else."""

from __future__ import annotations

import io
import time
from pathlib import Path

import pytest

from lorefs.cli.progress import DELAY, OFTEN, Progress, counting
from lorefs.sync.progress import READING, RECEIVING, SENDING, WRITING
from tests.cli.terminal import Lorefs
from tests.clones import Clone, Team
from tests.lore import document, entry


class Screen(io.StringIO):
    """What a terminal would get."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    monkeypatch.setenv("TERM", "xterm")
    return Screen()


def shows(screen: Screen, text: str) -> None:
    """Wait until it does."""
    until = time.monotonic() + 20
    while text not in screen.getvalue():
        assert time.monotonic() < until, f"{text} is not in {screen.getvalue()!r}"
        time.sleep(0.01)


def test_what_is_quick_shows_nothing(screen: Screen) -> None:
    progress = Progress(screen, asks=False, delay=1)
    for number in range(10):
        progress.tell(READING, number, 10)
    progress.tell("", 0, 0)
    time.sleep(1.1)
    assert screen.getvalue() == ""


def test_a_bar_has_phase_and_count_and_goes_away(screen: Screen) -> None:
    progress = Progress(screen, asks=False, delay=0.01)
    progress.tell(READING, 1, 40)
    shows(screen, READING)
    progress.tell(READING, 7, 40)
    shows(screen, "7/40")
    progress.tell(RECEIVING, 0, 0)
    shows(screen, RECEIVING)
    progress.tell("", 0, 0)
    shown = screen.getvalue()
    assert READING in shown
    assert "7/40" in shown
    assert RECEIVING in shown
    assert shown.rstrip("\r\n").endswith("\x1b[2K"), "its line is cleared"


def test_of_many_records_some_are_told() -> None:
    told: list[tuple[str, int, int]] = []
    with counting(lambda *at: told.append(at), "reading records", 2 * OFTEN + 1) as count:
        for number in range(2 * OFTEN + 2):
            count(number)
    assert [done for _, done, _ in told[:-1]] == [0, OFTEN, 2 * OFTEN, 2 * OFTEN + 1]
    assert told[-1] == ("", 0, 0)


def test_nothing_is_painted_while_git_may_ask(screen: Screen) -> None:
    progress = Progress(screen, asks=True, delay=0.01)
    progress.tell(SENDING, 0, 0)
    shows(screen, SENDING)
    progress.tell(SENDING, 0, 0)
    progress.tell(RECEIVING, 0, 0)
    time.sleep(0.2)
    assert screen.getvalue() == f"{SENDING}...\n{RECEIVING}...\n"
    progress.tell(WRITING, 3, 4)
    shows(screen, "3/4")
    progress.tell(SENDING, 0, 0)
    before = screen.getvalue()
    assert "3/4" in before
    time.sleep(0.2)
    assert screen.getvalue() == before
    progress.tell("", 0, 0)


@pytest.fixture
def slow(tmp_path: Path) -> Clone:
    """A clone whose remote takes its time."""
    team = Team(tmp_path)
    team.seed(**{"README.md": "code\n"})
    hook = team.remote.path / "hooks" / "pre-receive"
    hook.write_text(f"#!/bin/sh\nsleep {4 * DELAY}\n")
    hook.chmod(0o755)
    return team.clone("ada")


def test_a_first_sync_says_what_it_is_at(slow: Clone) -> None:
    slow.add("One")
    done = Lorefs(slow.path).on_terminal("sync")
    assert SENDING in done.out
    assert "sent 1 commit" in done.out


def test_programs_get_none_of_it(slow: Clone) -> None:
    slow.add("One")
    assert Lorefs(slow.path)("sync").err == ""


def test_all_long_work_is_told_of_and_ends(slow: Clone) -> None:
    for number in range(3):
        lore = document(entry(number, f"Title {number}"))
        slow.write(lore, f"d{number}/.lore.md")
    told: list[tuple[str, int, int]] = []
    with slow.open() as workspace:
        workspace.site = workspace.site._replace(tell=lambda *at: told.append(at))
        workspace.reconcile(discover=True)
        assert [(done, total) for phase, done, total in told if phase == READING] == [
            (0, 3), (1, 3), (2, 3)
        ]  # fmt: skip
        assert [phase for phase, *_ in told][-2:] == [WRITING, ""]
        told.clear()
        workspace.sync()
        assert SENDING in [phase for phase, *_ in told]
        assert told[-1] == ("", 0, 0)
