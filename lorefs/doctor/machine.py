"""What the machine gives: locks, watches on directories, and the time."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from lorefs.doctor.database import opened
from lorefs.doctor.finding import Finding
from lorefs.errors import GitError, RefusedError, StoreError
from lorefs.worktree import sole

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lorefs.doctor.finding import Place

PATIENCE: Final = 100  # hundredths of a second to wait for another process
STALE: Final = 600  # seconds after which git's own locks are suspicious
SKEW: Final = 60  # seconds that clocks may differ
_SHARE: Final = 0.8  # of the watches that one program may take
_GIT_LOCKS: Final = ("index.lock", "HEAD.lock", "config.lock", "packed-refs.lock", "shallow.lock")


def check_locks(place: Place) -> Iterator[Finding]:
    """Whether somebody holds what others wait for."""
    lock = place.git.paths.lorefs_dir / "files.lock"
    if lock.exists():
        try:
            with sole(lock, PATIENCE):
                pass
        except RefusedError as error:
            yield Finding("locks", "warning", error.message, "wait for it, or end it")
    with opened(place) as store:
        if store is not None:
            try:
                store.connection.begin()
                store.connection.execute("ROLLBACK")
            except StoreError as error:
                what = f"the database cannot be written: {error.message}"
                hint = error.hint or "end the program that holds it"
                yield Finding("locks", "warning", what, hint)
    for file in _git_locks(place):
        age = place.now // 1000 - int(file.stat().st_mtime)
        if age > STALE:
            what = f"{file} is {age // 60} minutes old, and git waits for it"
            yield Finding("locks", "warning", what, "delete it once no git is running")


def _git_locks(place: Place) -> list[Path]:
    paths = place.git.paths
    found = {folder / name for folder in (paths.git_dir, paths.common_dir) for name in _GIT_LOCKS}
    return sorted([*filter(os.path.exists, found), *(paths.common_dir / "refs").rglob("*.lock")])


def check_watches(place: Place) -> Iterator[Finding]:
    """Whether the system lets `lorefs watch` watch all directories (Linux: inotify(7))."""
    listing = place.git.run("ls-files", "-z", "--cached", "--others", "--exclude-standard")
    folders = {name.rpartition(b"/")[0] for name in listing.split(b"\0")}
    parents = {folder[:end] for folder in folders for end in _ends(folder)}
    needed = len(folders | parents | {b""})
    watches = _limit(place, "watches")
    if watches is not None and needed > watches * _SHARE:
        what = f"{needed:,} directories want to be watched, the system allows {watches:,} watches"
        hint = f"sysctl fs.inotify.max_user_watches={max(524_288, 2 * needed)}; till then `lorefs"
        yield Finding("watches", "warning", what, f"{hint} watch` looks for changes by itself")
    instances = _limit(place, "instances")
    if instances is not None and instances < 1:
        what = "the system allows no program to watch directories"
        yield Finding("watches", "warning", what, "sysctl fs.inotify.max_user_instances=128")


def _ends(folder: bytes) -> Iterator[int]:
    return (end for end, byte in enumerate(folder) if byte == ord("/"))


def _limit(place: Place, kind: str) -> int | None:
    """The lower of what the system and the user's namespace allow, None where neither says."""
    names = (f"sys/fs/inotify/max_user_{kind}", f"sys/user/max_inotify_{kind}")
    found: list[int] = []
    for name in names:
        try:
            found.append(int((place.proc / name).read_text()))
        except (OSError, ValueError):
            continue
    return min(found, default=None)


def check_clock(place: Place) -> Iterator[Finding]:
    """Whether the newest commits and rows are of the past, as they should be."""
    newest = max(_commit_times(place), default=0)
    with opened(place) as store:
        if store is not None:
            found = store.connection.execute("SELECT max(at) FROM changes").fetchone()[0]
            newest = max(newest, int(found or 0) // 1000)
    ahead = newest - place.now // 1000
    if ahead > SKEW:
        what = f"the newest commit or change is {span(ahead)} ahead of this machine's clock"
        hint = "set the clock (`timedatectl status` tells whether it is synchronised)"
        yield Finding("clock", "warning", what, f"{hint}, or that of who made it")


def _commit_times(place: Place) -> list[int]:
    """Committer times of the newest commits of HEAD and of all branches that are known here."""
    try:
        head = place.git.text("log", "-20", "--format=%ct", "HEAD", "--").split()
    except GitError:
        head = []  # nothing was committed yet
    sort = ("--sort=-committerdate", "--count=20", "--format=%(committerdate:unix)")
    refs = place.git.text("for-each-ref", *sort, "refs/heads", "refs/remotes").split()
    return [int(each) for each in (*head, *refs) if each.isdigit()]


def span(seconds: int) -> str:
    """A duration in words, in the largest unit of which there are two."""
    for unit, length in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit}"
    return f"{seconds} seconds"
