"""Starts `lorefs` as a fork of a process that has loaded it, as Python's own fork server does.

Each command still is a process: it has its arguments, environment, directory, descriptors and
end for itself. It is only spared what takes longer than most commands do: starting Python and
loading everything. Run as a script, this is the server.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, NoReturn

# What Python and libraries read only once, when they are loaded.
READ_AT_START: Final = ("LANG", "LC_", "LD_", "PYTHON", "TYPER_", "TZ", "_TYPER_")
# Left to each command: libgit2 looks for the home directory when it is loaded.
NOT_LOADED: Final = ("lorefs.__main__", "lorefs.mcp", "lorefs.repo.libgit", "lorefs.watch.inotify")
LOADED: Final = ("lorefs", "rich.console", "rich.table", "rich.text", "sqlite3")


class Command:
    """A command that runs: `wait` for its end, as of a `subprocess.Popen`."""

    def __init__(self, channel: socket.socket) -> None:
        self._answers = channel.makefile("r")
        channel.close()
        self.pid = int(self._answers.readline())

    def wait(self, timeout: float) -> int:
        """Its exit status, or the number of the signal that ended it as a negative number."""
        if not select.select([self._answers], [], [], timeout)[0]:
            os.kill(self.pid, signal.SIGKILL)
            raise TimeoutError
        with self._answers:
            return int(self._answers.readline())


class ForkServer:
    """The server, started for this process; threads may use it at once."""

    def __init__(self) -> None:
        self._control, theirs = socket.socketpair()
        self._env = _read_at_start(os.environ)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, __file__, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
            )
        atexit.register(self.close)

    def close(self) -> None:
        """End the server."""
        self._control.close()
        self._process.wait(10)

    def serves(self, env: Mapping[str, str]) -> bool:
        """Whether a process would start no differently in an environment."""
        return _read_at_start(env) == self._env

    def start(
        self, arguments: Sequence[str], cwd: Path, env: Mapping[str, str], files: tuple[int, ...]
    ) -> Command:
        """Start a command with descriptors for its input, output and complaints."""
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self._control, [b"!"], [theirs.fileno(), *files])
        request = {"arguments": [*arguments], "cwd": str(cwd), "env": dict(env)}
        ours.sendall(json.dumps(request).encode())
        ours.shutdown(socket.SHUT_WR)
        return Command(ours)

    def run(
        self,
        arguments: Sequence[str],
        cwd: Path,
        env: Mapping[str, str],
        stdin: bytes,
        timeout: float,
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a command in pipes, as `subprocess.run` does."""
        (their_in, feed), (out, their_out), (err, their_err) = os.pipe(), os.pipe(), os.pipe()
        files = (their_in, their_out, their_err)
        command = self.start(arguments, cwd, env, files)
        for each in files:
            os.close(each)
        with ThreadPoolExecutor(3) as pool:
            pool.submit(_feed, feed, stdin)
            read: list[Future[bytes]] = [pool.submit(_read, each) for each in (out, err)]
            status = command.wait(timeout)
        return subprocess.CompletedProcess(arguments, status, *(each.result() for each in read))


def _read_at_start(env: Mapping[str, str]) -> dict[str, str]:
    return {k: v for k, v in env.items() if k.startswith(READ_AT_START) and k != "PYTHONPATH"}


def _feed(pipe: int, data: bytes) -> None:
    with contextlib.suppress(BrokenPipeError), os.fdopen(pipe, "wb") as file:
        file.write(data)


def _read(pipe: int) -> bytes:
    with os.fdopen(pipe, "rb") as file:
        return file.read()


# ---------------------------------------------------------------- the server


def _load() -> None:
    """Load what commands use."""
    for name in LOADED:
        module = importlib.import_module(name)
        for path in getattr(module, "__path__", ()) if name == "lorefs" else ():
            _load_below(path, f"{name}.")
    assert "pygit2" not in sys.modules
    gc.collect()
    gc.freeze()


def _load_below(path: str, prefix: str) -> None:
    for found in pkgutil.iter_modules([path], prefix):
        if not found.name.startswith(NOT_LOADED):
            module = importlib.import_module(found.name)
            for each in getattr(module, "__path__", ()) if found.ispkg else ():
                _load_below(each, f"{found.name}.")


def _serve(control: socket.socket) -> list[int]:
    """Fork for each request, and tell how the forks end; returns in a fork, with its files."""
    wake, woken = socket.socketpair()
    woken.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(woken.fileno(), warn_on_full_buffer=False)
    running: dict[int, socket.socket] = {}
    while True:
        ready, _, _ = select.select([control, wake], [], [])
        if wake in ready:
            wake.recv(4096)
            _tell_ends(running)
        if control in ready:
            data, files, _, _ = socket.recv_fds(control, 1, 4, socket.MSG_CMSG_CLOEXEC)
            if not data:
                os._exit(0)  # the tests have ended
            pid = os.fork()
            if pid == 0:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                for each in (control, wake, woken, *running.values()):
                    each.close()
                return files
            running[pid] = socket.socket(fileno=files[0])
            running[pid].sendall(f"{pid}\n".encode())
            for file in files[1:]:
                os.close(file)


def _tell_ends(running: dict[int, socket.socket]) -> None:
    for pid in [*running]:
        if (found := os.waitpid(pid, os.WNOHANG))[0]:
            with contextlib.suppress(OSError), running.pop(pid) as channel:
                channel.sendall(f"{os.waitstatus_to_exitcode(found[1])}\n".encode())


def _become(channel: int, files: Iterable[int]) -> None:
    """Be the process that was asked for."""
    with os.fdopen(channel, "rb") as asked:
        request: dict[str, Any] = json.load(asked)
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        _reopen(name, mode)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    sys.argv[1:] = request["arguments"]
    sys.path[0] = request["cwd"]


def _reopen(name: str, mode: str) -> None:
    """Make one of Python's own files anew, as Python makes it at its start."""
    old = getattr(sys, name)
    number = ("stdin", "stdout", "stderr").index(name)
    lines = name == "stderr" or os.isatty(number)
    new = open(  # noqa: SIM115  # a descriptor, to the end of the process
        number, mode, buffering=1 if lines else -1, encoding=old.encoding, errors=old.errors,
        closefd=False,
    )  # fmt: skip
    setattr(sys, name, new)
    setattr(sys, f"__{name}__", new)


def _main() -> NoReturn:
    _load()
    channel, *files = _serve(socket.socket(fileno=int(sys.argv[1])))
    _become(channel, files)
    from lorefs.__main__ import main

    _end(main())


def _end(status: int) -> NoReturn:
    """End as Python does, only without taking all apart that is loaded, which takes longest."""
    if threading.active_count() > 1:
        sys.exit(status)
    atexit._run_exitfuncs()  # noqa: SLF001  # that is what Python does, and has no other name
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        sys.exit(status)
    os._exit(status)


if __name__ == "__main__":
    _main()
