"""How fresh what a command shows is: `--read-after`, and the warning of `sync.maxAge`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lorefs.cli.failure import warn
from lorefs.cli.here import milliseconds
from lorefs.cli.output import counted
from lorefs.errors import LorefsError

if TYPE_CHECKING:
    from lorefs.api import Workspace

_UNITS: Final = (("day", "days", 86_400), ("hour", "hours", 3600), ("minute", "minutes", 60))


def freshen(workspace: Workspace, *, read_after: bool = False) -> None:
    """Exchange with the team first if that is asked for, and warn where that was long ago.

    It takes `sync.timeout` at most; what goes wrong is a warning, and the local state is shown.
    """
    if read_after:
        try:
            report = workspace.sync(seconds=workspace.config.sync.timeout)
        except LorefsError as error:
            warn(error)
        else:
            for trouble in report.troubles:
                warn(trouble)
    settings = workspace.config.sync
    if settings.enabled and settings.max_age:
        _warn_of_age(workspace.exchanged_at(), settings.max_age)


def _warn_of_age(exchanged_at: int | None, most: int) -> None:
    age = None if exchanged_at is None else (milliseconds() - exchanged_at) // 1000
    if age is not None and age <= most:
        return
    words = "never" if age is None else f"{duration(age)} ago"
    warn(
        LorefsError(
            f"the last exchange with the team was {words}",
            hint="`lorefs sync` makes one; sync.maxAge says when to warn",
        )
    )


def duration(seconds: int) -> str:
    """A time in its largest unit, rounded down."""
    for one, many, size in _UNITS:
        if seconds >= size:
            return counted(seconds // size, one, many)
    return counted(seconds, "second", "seconds")
