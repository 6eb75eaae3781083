"""A command that was forked does what one does that was started from nothing."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli import terminal
from tests.cli.forkserver import Command, ForkServer
from tests.cli.terminal import Done, Lorefs, environment, fork_server

READING = (("list",), 0), (("list", "--json"), 0), (("add", "--help"), 0)
FAILING = (("show", "nothing"), 2), (("edit", "--nothing"), 2), (("add", ""), 5)


@pytest.fixture
def server() -> ForkServer:
    found = fork_server(environment())
    if not found:
        pytest.skip("no command is forked in this run")
    return found


@pytest.fixture
def waiting(server: ForkServer, tmp_path: Path) -> Iterator[Command]:
    """A command that waits for input."""
    given, kept = os.pipe()
    sink = os.open(os.devnull, os.O_WRONLY)
    words = ("add", "Title", "--content", "-")
    yield server.start(words, tmp_path, environment(), (given, sink, sink))
    for each in (given, kept, sink):
        os.close(each)


def test_both_do_the_same(
    server: ForkServer, lore: Lorefs, monkeypatch: pytest.MonkeyPatch
) -> None:
    def all_done() -> list[Done]:
        return [
            done
            for words, status in (*READING, *FAILING)
            for done in (
                lore(*words, status=status, stdin="Ünder way"),
                lore.on_terminal(*words, status=status),
            )
        ]

    assert server.serves(environment())
    forked = all_done()
    monkeypatch.setattr(terminal, "FORKS", False)
    assert fork_server(environment()) is None
    assert all_done() == forked


def test_a_signal_ends_a_fork(waiting: Command) -> None:
    os.kill(waiting.pid, signal.SIGTERM)
    assert waiting.wait(20) == -signal.SIGTERM


def test_a_fork_has_so_much_time(waiting: Command) -> None:
    with pytest.raises(TimeoutError):
        waiting.wait(0.1)
    assert waiting.wait(20) == -signal.SIGKILL


def test_what_python_reads_at_its_start_is_not_ignored(server: ForkServer) -> None:
    assert not server.serves(environment({"PYTHONUTF8": "0"}))
    assert server.serves(environment({"HOME": "/nowhere"}))
