"""A watch in the background without a service manager: started, found again, and ended."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Final

from lorefs.errors import RefusedError
from lorefs.watch import lock, state

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lorefs.repo import GitPaths

LOG: Final = "watch.log"
LOG_LIMIT: Final = 1 << 20  # bytes, after which a log is kept as `watch.log.1` and a new one begun
START: Final = 20.0  # seconds for a watch to open the database
STOP: Final = 5.0  # seconds for a watch to end
_PAUSE: Final = 0.02


def command() -> list[str]:
    """The command line that watches the worktree it is started in.

    `-P` keeps the worktree's own files from being taken for Python modules.
    """
    return [sys.executable, "-P", "-m", "lorefs", "watch"]


def detach(paths: GitPaths, env: Mapping[str, str], log: Path | None = None) -> int:
    """Start a watch that outlives this process; returns its process id once it watches.

    That is after its first look at everything, if this does not take too long. Its lines go to
    `log`, by default to a file beside the database.

    Raises `RunningError` if there is one, `RefusedError` with its words if it ends at once.
    """
    running = lock.holder(paths.lorefs_dir)
    if running is not None:
        raise lock.RunningError(running)
    paths.lorefs_dir.mkdir(exist_ok=True)
    said = paths.lorefs_dir / "watch.err"
    with said.open("wb") as errors:
        process = subprocess.Popen(
            [*command(), "--log", str(log or paths.lorefs_dir / LOG)],
            cwd=paths.worktree,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,
        )
    until = time.monotonic() + START
    while time.monotonic() < until:
        if process.poll() is not None:
            raise _not_started(said.read_text(encoding="utf-8", errors="replace"))
        found = _state(paths.lorefs_dir, process.pid)
        if found is not None and found.rescan_at is not None:
            break
        time.sleep(_PAUSE)
    if _state(paths.lorefs_dir, process.pid) is not None:
        # it is nobody's child to wait for: it lives on when this process has ended
        process.returncode = 0
        return process.pid
    process.terminate()
    raise RefusedError(
        f"watch did not start within {START:.0f} seconds", hint="run `lorefs watch` to see"
    )


def _not_started(words: str) -> RefusedError:
    """The error that the other process has worded, as its own."""
    first, _, rest = words.strip().partition("\n")
    _, _, hint = rest.partition("hint: ")
    return RefusedError(
        f"watch did not start: {first.removeprefix('error: ')}",
        hint=hint.partition("\n")[0] or "run `lorefs watch` to see why",
    )


def _state(folder: Path, pid: int) -> state.State | None:
    """What the watch of this process says, None as long as it has not opened the worktree."""
    return state.as_of(state.read(folder), pid) if lock.holder(folder) == pid else None


def stop(folder: Path) -> int | None:
    """End the watch of a worktree; returns the process id it had, None if there was none.

    Raises `RefusedError` if it does not end.
    """
    pid = lock.holder(folder)
    if not pid:
        return None
    with contextlib.suppress(ProcessLookupError):  # it has just ended by itself
        os.kill(pid, signal.SIGTERM)
    until = time.monotonic() + STOP
    while time.monotonic() < until:
        if lock.holder(folder) != pid:
            return pid
        time.sleep(_PAUSE)
    raise RefusedError(
        f"process {pid} did not end within {STOP:.0f} seconds",
        hint=f"`kill -9 {pid}` ends it; nothing is lost by that",
    )


class LogFile:
    """A file of lines that does not grow for ever."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, line: str) -> None:
        """Add a line; raises `OSError`."""
        if self._path.exists() and self._path.stat().st_size > LOG_LIMIT:
            self._path.replace(self._path.with_name(f"{self._path.name}.1"))
        with self._path.open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(f"{line}\n")
