"""Runs the `lorefs` command as people and programs do: with pipes, or on a terminal."""

from __future__ import annotations

import fcntl
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

TOP = Path(__file__).resolve().parent.parent.parent
TIMEOUT = 50


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
        done = subprocess.run(
            [*self.prefix, *command(*arguments)],
            cwd=self.path,
            env=environment(env),
            input=stdin.encode("utf-8", "surrogateescape"),
            capture_output=True,
            check=False,
            timeout=TIMEOUT,
        )
        found = Done(done.returncode, done.stdout.decode(), done.stderr.decode())
        assert found.status == status, found
        assert "Traceback" not in found.out + found.err, found
        return found

    def on_terminal(
        self, *arguments: str, status: int = 0, env: dict[str, str] | None = None, width: int = 100
    ) -> Done:
        """Run a command on a terminal of a width; line ends are those of Unix."""
        leader, follower = pty.openpty()
        fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
        with subprocess.Popen(
            command(*arguments),
            cwd=self.path,
            env=environment({"TERM": "xterm-256color", **(env or {})}),
            stdin=follower,
            stdout=follower,
            stderr=follower,
        ) as process:
            os.close(follower)
            data = b"".join(iter(lambda: _read(leader), b""))
            process.wait(TIMEOUT)
        os.close(leader)
        found = Done(process.returncode, data.decode().replace("\r\n", "\n"))
        assert found.status == status, found
        return found


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # how Linux reports that the other end was closed
        return b""


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "lorefs", *arguments]


def environment(more: dict[str, str] | None = None) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(TOP), "TERM": "dumb", **(more or {})}
