"""What the threads of watch tell its loop, through one queue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from lorefs.watch.cycle import CycleResult
    from lorefs.watch.hubs import HubLook

Topic = Literal[
    "document",  # changed, came or went; `path` says which
    "directory",  # came, went, or has another name; `path` says which
    "ignores",  # what git ignores may be something else now
    "settings",  # of the team, or in git's configuration
    "head",  # HEAD, its log, or an operation under way
    "overflow",  # events were lost
    "root",  # the worktree is not where it was
    "cycle",  # one ended; `result` says how
    "backup",  # the same of a backup
    "hubs",  # further hubs were looked at; `hubs` says how that went
    "stop",  # somebody wants it to end
]


@dataclass(frozen=True, slots=True)
class Message:
    """One thing that happened. A path is relative to the worktree, in POSIX form."""

    topic: Topic
    path: str = ""
    result: CycleResult | None = None
    bug: BaseException | None = None
    hubs: tuple[HubLook, ...] = ()


Tell = Callable[[Message], None]
