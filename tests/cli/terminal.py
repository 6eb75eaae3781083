"""Runs the `lorefs` command as people and programs do: with pipes, or on a terminal."""

from __future__ import annotations

import fcntl
import functools
import json
import os
import pty
import struct
import subprocess
import sys
import termios
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cli.forkserver import Command, ForkServer

TOP = Path(__file__).resolve().parent.parent.parent
TIMEOUT = 50

# `make nightly` starts each command from nothing. It is read here because the tests themselves
# see no such variable.
FORKS = "LOREFS_NO_FORKS" not in os.environ


@dataclass(frozen=True, slots=True)
class Done:
    """What a command left: exit status, output, complaints (on a terminal all is output)."""

    status: int
    out: str
    err: str = ""

    @property
    def json(self) -> Any:  # noqa: ANN401  # whatever the test expects
        return json.loads(self.out)

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


@dataclass(frozen=True, slots=True)
class Lorefs:
    """The command line in a directory; `prefix` is a command that runs commands."""

    path: Path
    prefix: tuple[str, ...] = ()

    def __call__(
        self, *arguments: str, stdin: str = "", status: int = 0, env: dict[str, str] | None = None
    ) -> Done:
        """Run a command in pipes; it has to end with a status."""
        done = self._run(arguments, environment(env), stdin.encode("utf-8", "surrogateescape"))
        found = Done(done.returncode, done.stdout.decode(), done.stderr.decode())
        assert found.status == status, found
        assert "Traceback" not in found.out + found.err, found
        return found

    def _run(
        self, arguments: tuple[str, ...], env: dict[str, str], data: bytes
    ) -> subprocess.CompletedProcess[bytes]:
        if not self.prefix and (server := fork_server(env)):
            return server.run(arguments, self.path, env, data, TIMEOUT)
        return subprocess.run(
            [*self.prefix, *command(*arguments)],
            cwd=self.path,
            env=env,
            input=data,
            capture_output=True,
            check=False,
            timeout=TIMEOUT,
        )

    def on_terminal(
        self, *arguments: str, status: int = 0, env: dict[str, str] | None = None, width: int = 100
    ) -> Done:
        """Run a command on a terminal of a width; line ends are those of Unix."""
        leader, follower = pty.openpty()
        fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
        process = self._start(arguments, {"TERM": "xterm-256color", **(env or {})}, follower)
        os.close(follower)
        data = b"".join(iter(lambda: _read(leader), b""))
        found = Done(process.wait(TIMEOUT), data.decode().replace("\r\n", "\n"))
        os.close(leader)
        assert found.status == status, found
        return found

    def _start(
        self, arguments: tuple[str, ...], more: dict[str, str], terminal: int
    ) -> subprocess.Popen[bytes] | Command:
        env = environment(more)
        if server := fork_server(env):
            return server.start(arguments, self.path, env, (terminal,) * 3)
        return subprocess.Popen(
            command(*arguments),
            cwd=self.path,
            env=env,
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
        )


def fork_server(env: dict[str, str]) -> ForkServer | None:
    """The server that starts commands faster, where that makes no difference to a command."""
    server = _server() if FORKS else None
    return server if server and server.serves(env) else None


@functools.cache
def _server() -> ForkServer:
    return ForkServer()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # how Linux reports that the other end was closed
        return b""


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "lorefs", *arguments]


def environment(more: dict[str, str] | None = None) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(TOP), "TERM": "dumb", **(more or {})}
