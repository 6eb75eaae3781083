"""When watch looks at files and rows, and when it meets the remote. Pure: `now` is an argument.

Times are seconds on any clock that never goes back. A `Batch` gathers what happened until it is
due; a `Pace` is what is known of the exchange with the remote, and says when the next one is due.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from lorefs.core.model import scope_of

if TYPE_CHECKING:
    from collections.abc import Iterable

DEBOUNCE: Final = 0.5  # after the last event; a burst of saves is one batch
LONGEST: Final = 2.0  # after the first, so that a loop of saves is still taken in
HELD: Final = 30.0  # a batch waits so long at most for git to finish what it is at

RESCAN: Final = 300.0  # between looks at everything, where events are reliable
POLLING: Final = 10.0  # and where they are not
GLANCE: Final = 2.0  # there, between looks at the documents that are known
REST: Final = 20  # a look takes no more than this part (1/REST) of the time

SYNC_DEBOUNCE: Final = 5.0  # after the last local change
SYNC_LONGEST: Final = 15.0  # after the first one that was not sent yet
BUSY_POLL: Final = 5.0  # while anybody was active lately
SSH_POLL: Final = 30.0  # a connection by ssh is dear
IDLE_POLL: Final = 300.0  # at rest
BATTERY: Final = 2  # on battery everything takes so many times longer
COOLING: Final = 10  # after t seconds without activity, the remote is asked every t / COOLING

BACKUP_DEBOUNCE: Final = 60.0  # a backup waits for quiet
BACKUP_LONGEST: Final = 600.0  # after the first change that is not in it
BACKUP_PAUSE: Final = 300.0  # between two of them
BACKUP_POLL: Final = 1800.0  # without changes here, for those of other machines

FIRST_RETRY: Final = 5.0
LAST_RETRY: Final = 300.0

_POWERS: Final = 32  # of two, past which no backoff grows

# ---------------------------------------------------------------- what matters

Kind = Literal["closed", "created", "moved", "deleted", "directory"]
Interest = Literal["document", "directory", "ignores", "settings"]

_SETTINGS: Final = frozenset({".lorefs.toml", "pyproject.toml"})  # at the top of the worktree
_IGNORES: Final = ".gitignore"
_HEAD: Final = frozenset({"HEAD", "logs/HEAD"})
_OPERATIONS: Final = ("_HEAD", "_MSG", "_LOG")  # MERGE_HEAD, SQUASH_MSG, BISECT_LOG …
_GIT_SETTINGS: Final = frozenset({"config", "config.worktree"})


def interesting(path: str, kind: Kind) -> Interest | None:
    """What an event at a path of the worktree is about, None if nobody has to know.

    `path` is relative, in POSIX form. Whatever editors put beside a document (backups, swap
    and lock files, the new text before it is renamed) bears another name, and is nothing.
    """
    parts = path.split("/")
    if ".git" in parts:
        return None
    if kind == "directory":
        return "directory"
    if scope_of(path) is not None:
        return "document"
    if parts[-1] == _IGNORES:
        return "ignores"
    return "settings" if path in _SETTINGS else None


def interesting_to_git(name: str) -> Literal["head", "settings"] | None:
    """What an event at a path of the git directory is about: HEAD, settings, or nothing."""
    if name in _HEAD or name.endswith(_OPERATIONS):
        return "head"
    return "settings" if name in _GIT_SETTINGS else None


# ---------------------------------------------------------------- files and rows


class Batch(NamedTuple):
    """What happened and was not taken in yet.

    `first` and `last` are the times of the oldest and the newest event, None without any.
    `documents` and `directories` are what events named; `wide` says that events may be missing,
    so that everything is to be looked at. `held` is since when git keeps the batch waiting, and
    `not_before` the time before which a batch that failed is not tried again.
    """

    first: float | None = None
    last: float | None = None
    events: int = 0
    documents: frozenset[str] = frozenset()
    directories: frozenset[str] = frozenset()
    wide: bool = False
    held: float | None = None
    not_before: float = 0.0


def gathered(
    batch: Batch,
    now: float,
    *,
    documents: Iterable[str] = (),
    directories: Iterable[str] = (),
    wide: bool = False,
    events: int = 1,
) -> Batch:
    """A batch with so many further events, which came `now`."""
    return batch._replace(
        first=now if batch.first is None else min(batch.first, now),
        last=now if batch.last is None else max(batch.last, now),
        events=batch.events + events,
        documents=batch.documents.union(documents),
        directories=batch.directories.union(directories),
        wide=batch.wide or wide,
    )


def due(batch: Batch) -> float | None:
    """When to take a batch in, None if there is nothing to take in."""
    if batch.first is None or batch.last is None:
        return None
    bound = batch.first + LONGEST if batch.held is None else batch.held + HELD
    return max(min(batch.last + DEBOUNCE, bound), batch.not_before)


def held(batch: Batch, now: float) -> Batch | None:
    """The batch to wait on with while git is at work, None if it has waited long enough.

    Git writes files first and says afterwards where HEAD is. A stale lock must not hold
    anything for ever.
    """
    since = now if batch.held is None else batch.held
    if now - since >= HELD:
        return None
    return batch._replace(last=now, held=since)


def failed(batch: Batch, now: float, failures: int, jitter: float) -> Batch:
    """The batch to try again with after so many failures in a row, the last one `now`."""
    pause = backoff(failures, jitter, first=2 * DEBOUNCE, most=LAST_RETRY / 5)
    return batch._replace(not_before=now + pause)


def next_rescan(last: float, took: float, *, polling: bool) -> float:
    """When to look at everything again after a look that ended at `last` and took so long."""
    return last + max(POLLING if polling else RESCAN, took * REST)


def next_glance(last: float, took: float, *, polling: bool) -> float | None:
    """When to look at the known documents again; None where events tell of them."""
    return last + max(GLANCE, took * REST) if polling else None


def backoff(failures: int, jitter: float, *, first: float, most: float) -> float:
    """How long to wait after so many failures in a row.

    Doubles from `first` to `most`; `jitter`, from 0 to 1, takes off up to half of it, so that
    machines that failed together do not come back together.
    """
    if failures <= 0:
        return 0.0
    return float(min(most, first * 2 ** min(failures - 1, _POWERS)) * (1 - jitter / 2))


# ---------------------------------------------------------------- the remote


class Pace(NamedTuple):
    """What is known of the exchange with the remote.

    `first_change` and `last_change` are the times of the oldest and the newest change that was
    not sent yet. `active` is when anybody was last seen to change anything, here or elsewhere,
    and `ended` when the last cycle ended, None before the first. `jitter` is drawn anew after
    each failure.
    """

    first_change: float | None = None
    last_change: float | None = None
    active: float = 0.0
    ended: float | None = None
    failures: int = 0
    jitter: float = 0.0
    ssh: bool = False
    battery: bool = False


def changed(pace: Pace, now: float) -> Pace:
    """The pace after a change on this machine."""
    first = now if pace.first_change is None else pace.first_change
    return pace._replace(first_change=first, last_change=now, active=now)


def cycled(
    pace: Pace, started: float, now: float, *, ok: bool, active: bool, jitter: float
) -> Pace:
    """The pace after a cycle; `active` says that something arrived with it.

    What changed since it started waits for the next one.
    """
    if not ok:
        return pace._replace(ended=now, failures=pace.failures + 1, jitter=jitter)
    later = pace.last_change if (pace.last_change or started) > started else None
    return pace._replace(
        first_change=later,
        last_change=later,
        active=now if active else pace.active,
        ended=now,
        failures=0,
        jitter=jitter,
    )


def next_cycle(pace: Pace, start: float) -> float:
    """When the next cycle is due; the first is at `start`.

    After a failure the pause counts, whatever changed meanwhile: the changes are kept.
    """
    if pace.ended is None:
        return start
    slower = BATTERY if pace.battery else 1
    if pace.failures:
        pause = backoff(pace.failures, pace.jitter, first=FIRST_RETRY, most=LAST_RETRY)
        return pace.ended + pause * slower
    polled = pace.ended + _poll(pace.ended - pace.active, ssh=pace.ssh) * slower
    if pace.first_change is None or pace.last_change is None:
        return polled
    sent = min(pace.last_change + SYNC_DEBOUNCE, pace.first_change + SYNC_LONGEST)
    return min(sent, polled)


def next_backup(pace: Pace, start: float) -> float:
    """When the next backup is due; the first is at `start`. The pace is that of backups."""
    if pace.ended is None:
        return start
    if pace.failures:
        pause = backoff(pace.failures, pace.jitter, first=BACKUP_DEBOUNCE, most=BACKUP_POLL)
        return pace.ended + pause
    if pace.first_change is None or pace.last_change is None:
        return pace.ended + BACKUP_POLL
    quiet = min(pace.last_change + BACKUP_DEBOUNCE, pace.first_change + BACKUP_LONGEST)
    return max(quiet, pace.ended + BACKUP_PAUSE)


def _poll(idle: float, *, ssh: bool) -> float:
    least = SSH_POLL if ssh else BUSY_POLL
    return min(IDLE_POLL, max(least, idle / COOLING))


def over_ssh(url: str) -> bool:
    """Whether git reaches a remote through ssh: `ssh://…`, `git+ssh://…` or `host:path`."""
    scheme, separator, _ = url.partition("://")
    if separator:
        return scheme in {"ssh", "git+ssh", "ssh+git"}
    host, colon, _ = url.partition(":")
    return bool(colon) and "/" not in host
