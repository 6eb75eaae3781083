"""Processes that do something to a workspace and die at one of its steps, as in a power cut."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
TIMEOUT = 50

PROGRAM = """
import os, signal, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from lorefs.api import Workspace

seen = {}

def step(name):
    seen[name] = seen.get(name, 0) + 1
    label = name if seen[name] == 1 else f"{name} ({seen[name]})"
    print(label, flush=True)
    if label == sys.argv[4]:
        os.kill(os.getpid(), signal.SIGKILL)

with Workspace.open(
    Path(sys.argv[2]), env=dict(os.environ), clock=lambda: 1_800_000_000_000, step=step
) as workspace:
    getattr(workspace, sys.argv[3])()
"""


def start(
    path: Path, action: str, dies_at: str = "", env: Mapping[str, str] | None = None
) -> subprocess.Popen[str]:
    """A process that calls a method of the workspace and prints its steps, up to a last one.

    A step that comes again bears its number: "sync push", "sync push (2)".
    """
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(TOP), str(path), action, dies_at],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **(env or {})},
    )


def end(process: subprocess.Popen[str]) -> subprocess.CompletedProcess[str]:
    """Wait for the end of a process that was started."""
    out, complaints = process.communicate(timeout=TIMEOUT)
    return subprocess.CompletedProcess(process.args, process.returncode, out, complaints)


def victim(
    path: Path, action: str, dies_at: str = "", env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """One such process, from its start to its end."""
    return end(start(path, action, dies_at, env))


def at_once(path: Path, action: str, env: Mapping[str, str] | None = None) -> None:
    """Three of them at the same time, which must all come through."""
    for each in [start(path, action, env=env) for _ in range(3)]:
        done = end(each)
        assert done.returncode == 0, done.stderr
