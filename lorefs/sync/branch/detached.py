"""Leaves a sync behind when a command ends, where `sync.mode` is automatic and no watch runs.

At most one such process runs in a worktree. A change that comes while it does leaves a mark,
and who runs goes round once more; nobody's change is left lying.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import sys
from random import SystemRandom
from typing import TYPE_CHECKING, Final

from lorefs.config.settings import AUTOMATIC
from lorefs.remote import GitRemote
from lorefs.repo.git import clean_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from lorefs.store import RemoteState
    from lorefs.sync.site import Site

WATCH_LOCK: Final = "watch.lock"  # held by `lorefs watch`, which syncs by itself
LOCK: Final = "sync.lock"
WANTED: Final = "sync.wanted"
# Not even a worktree with a `lorefs.py` of its own decides what is run (-P).
COMMAND: Final = ("-P", "-m", "lorefs", "sync", "--quiet", "--detached")
FIRST_REST: Final = 2.0  # seconds after a first failure; doubled for each further one
LONGEST_REST: Final = 300.0


def leave_behind(site: Site, now: int) -> bool:
    """Start a sync that outlives this process, if one is called for; returns whether it was.

    `now` is in milliseconds. While a remote fails it is left alone for longer and longer.
    """
    settings, paths = site.config.sync, site.git.paths
    if not settings.enabled or settings.mode != AUTOMATIC or _is_held(paths.lorefs_dir, WATCH_LOCK):
        return False
    remotes = [GitRemote(site.git, name, settings.branch) for name in settings.remotes]
    states = [site.store.remotes.state(remote.slug) for remote in remotes]
    if all(now < _rests_until(state, SystemRandom().random()) for state in states):
        return False
    (paths.lorefs_dir / WANTED).touch()
    if _is_held(paths.lorefs_dir, LOCK):
        return False  # who holds it looks for the mark once it has let go
    _start(site)
    return True


def _rests_until(state: RemoteState, jitter: float) -> float:
    """When a remote is tried again, in milliseconds; for `jitter` see `backoff`."""
    if not state.failures or state.failure_at is None:
        return 0
    from lorefs.core.schedule import backoff

    rest = backoff(state.failures, jitter, first=FIRST_REST, most=LONGEST_REST)
    return state.failure_at + 1000 * rest


def _start(site: Site) -> None:
    import subprocess

    process = subprocess.Popen(
        [sys.executable, *COMMAND],
        cwd=site.git.paths.worktree,
        env=clean_environment(site.git.env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    process.returncode = 0  # nobody waits for it, and Python would complain of that


def run_wanted(folder: Path, cycle: Callable[[], object]) -> int:
    """Run cycles in this process while they are wanted; returns how many.

    `folder` is lorefs's own in the git directory. Does nothing where another process is at it.
    """
    wanted, count = folder / WANTED, 0
    while wanted.exists():
        with _held(folder, LOCK) as held:
            if not held:
                return count
            while wanted.exists():
                wanted.unlink(missing_ok=True)
                cycle()
                count += 1
    return count


@contextlib.contextmanager
def _held(folder: Path, name: str, kind: int = fcntl.LOCK_EX) -> Iterator[bool]:
    """Whether the lock could be had at once; if so, it is held."""
    descriptor = os.open(folder / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)


def _is_held(folder: Path, name: str) -> bool:
    """Whether another process has the lock."""
    if not (folder / name).exists():
        return False
    with _held(folder, name, fcntl.LOCK_SH) as held:
        return not held
