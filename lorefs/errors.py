"""What can go wrong, as facts; the command line words them and owns the exit statuses.

The merge driver imports this module, so it imports nothing but `enum`.
"""

from __future__ import annotations

from enum import IntEnum

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar


class ExitStatus(IntEnum):
    """The exit statuses of every lorefs command."""

    DONE = 0
    FINDINGS = 1  # or conflicts: the command worked, and there is something to look at
    USAGE = 2
    NOT_A_REPOSITORY = 3
    STALE = 4
    REFUSED = 5  # going on might have lost something, so nothing was written
    INTERNAL = 70  # EX_SOFTWARE of sysexits.h


class LorefsError(Exception):
    """The root of all errors that lorefs raises on purpose.

    `path` and `line` (1-based) say where, `found` quotes what stood there, and `hint` is
    one imperative sentence that names a remedy. Each is None where it does not apply.
    """

    status: ClassVar[ExitStatus] = ExitStatus.REFUSED

    def __init__(
        self,
        message: str,
        *,
        path: str | None = None,
        line: int | None = None,
        found: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.path = path
        self.line = line
        self.found = found
        self.hint = hint


class UsageError(LorefsError):
    """The request itself cannot be carried out: an argument is wrong or names nothing."""

    status = ExitStatus.USAGE


class UnknownEntryError(UsageError):
    """No entry has the id, or an id that starts or ends like this."""


class AmbiguousIdError(UsageError):
    """More than one id starts or ends like this; `candidates` are the full ids."""

    def __init__(
        self, message: str, *, candidates: tuple[str, ...], hint: str | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.candidates = candidates


class ConfigError(UsageError):
    """A configuration key or value that is not understood."""


class NotARepositoryError(LorefsError):
    """There is no git worktree here, or lorefs cannot work in it."""

    status = ExitStatus.NOT_A_REPOSITORY


class ConflictError(LorefsError):
    """An update named a revision that is no longer current; `current` is the row as it is now."""

    status = ExitStatus.STALE

    def __init__(self, message: str, *, current: object, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.current = current


class RefusedError(LorefsError):
    """Going on might lose something, so nothing was written."""


class GuestError(RefusedError):
    """An entry that stands outside of this repository, where alone it can be changed."""


class DocumentError(RefusedError):
    """A document that cannot be taken in as it is.

    `offset` counts bytes from the start of the file, where the trouble is not a line's.
    """

    def __init__(
        self,
        message: str,
        *,
        path: str | None = None,
        line: int | None = None,
        offset: int | None = None,
        found: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, path=path, line=line, found=found, hint=hint)
        self.offset = offset


class UnwritableError(RefusedError):
    """A file cannot be written where it has to stand; rows and files are as they were."""


class GitError(LorefsError):
    """A git command failed; `command` is what was run and `words` what git printed."""

    def __init__(
        self,
        message: str,
        *,
        command: tuple[str, ...] = (),
        words: str = "",
        path: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, path=path, found=words or None, hint=hint)
        self.command = command
        self.words = words

    @property
    def reason(self) -> str:
        """Why, in one line: what of git's words tells most, else the message."""
        return telling(self.words) or self.message


def telling(words: str) -> str:
    """The line of git's words that says why, "" for no words.

    That is what a server said; else the first line, as git goes on with advice, that is no
    warning.
    """
    lines = [line.strip() for line in words.split("\n") if line.strip()]
    said = [line.removeprefix("remote:").strip() for line in lines if line.startswith("remote:")]
    if any(said):
        return " ".join(filter(None, said))
    causes = [line for line in lines if not line.lower().startswith("warning:")]
    return next(iter(causes or lines), "")


class StoreError(LorefsError):
    """The database cannot be used: damaged, newer than this program, or not writable."""
