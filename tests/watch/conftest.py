"""A real `lorefs watch` in a process of its own, and what can be seen of it from outside."""

from __future__ import annotations

import contextlib
import json
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest

from lorefs.watch.state import State, read
from tests.cli.terminal import Lorefs, command, environment
from tests.gitrepo import Repo
from tests.lore import document, entry

T = TypeVar("T")
PATIENCE = 15.0  # seconds that a busy machine gets
TRIES = 3  # and how often it may show what it does while it is not busy

BASE = document(
    entry(1, "Alpha", "The alpha text."),
    entry(2, "Beta", "The beta text."),
    entry(3, "Gamma", "The gamma text."),
)


def eventually(look: Callable[[], T], what: str = "", patience: float = PATIENCE) -> T:
    """What `look` finds, as soon as that is true."""
    until = time.monotonic() + patience
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < until, f"{what or 'it'} did not come true; the last was {found!r}"
        time.sleep(0.02)


def at_most(seconds: float, measure: Callable[[], float]) -> None:
    """Fail unless what is measured takes less, at least once: a busy machine tries again."""
    times: list[float] = []
    for _ in range(TRIES):
        times.append(measure())
        if times[-1] < seconds:
            return
    pytest.fail(f"it took {times} seconds")


@dataclass
class Watching:
    """A repository, and watches that run in it."""

    repo: Repo
    prefix: tuple[str, ...] = ()  # what runs the command
    folder: Path = Path()
    processes: list[subprocess.Popen[str]] = field(default_factory=list)
    env: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.folder == Path():
            self.folder = self.repo.path / ".git" / "lorefs"

    @property
    def lorefs(self) -> Lorefs:
        return Lorefs(self.repo.path)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a watch and wait until it has looked at everything."""
        process = subprocess.Popen(
            [*self.prefix, *command("watch", *arguments)],
            cwd=self.repo.path,
            env=environment(self.env),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.processes.append(process)

        def begun() -> bool:
            assert process.poll() is None, process.communicate()
            state = self.state()
            return state is not None and state.pid == process.pid and state.totals.rescans > 0

        eventually(begun, "the start")
        return process

    def end(self, process: subprocess.Popen[str], number: int = signal.SIGTERM) -> str:
        """End a watch by a signal; returns what it printed."""
        process.send_signal(number)
        return process.communicate(timeout=PATIENCE)[0]

    def state(self) -> State | None:
        return read(self.folder)

    def known(self) -> State:
        state = self.state()
        assert state is not None
        return state

    def connect(self) -> sqlite3.Connection:
        """The database, as another program opens it."""
        return sqlite3.connect(self.folder / "index.db", timeout=10, isolation_level=None)

    def query(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with contextlib.closing(self.connect()) as connection:
            return connection.execute(sql, values).fetchall()

    def titles(self) -> set[str]:
        return {title for (title,) in self.query("SELECT title FROM entries")}

    def content(self, ident: str) -> str | None:
        rows = self.query("SELECT content FROM entries WHERE id = ?", ident)
        return rows[0][0] if rows else None

    def ops(self) -> set[str]:
        """What the log says was done to entries."""
        return {op for (op,) in self.query("SELECT DISTINCT op FROM changes")}

    def status(self, status: int = 0) -> Any:  # noqa: ANN401  # JSON
        return json.loads(self.lorefs("status", "--json", status=status).out)


@pytest.fixture
def watching(repo: Repo) -> Iterator[Watching]:
    """A repository whose HEAD holds a document, in which a test starts watches."""
    repo.commit("base", **{".lore.md": BASE})
    found = Watching(repo)
    yield found
    for process in found.processes:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=PATIENCE)
