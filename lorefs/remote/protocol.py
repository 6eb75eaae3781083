"""What a remote has to do: fetch, poll, and push by compare-and-swap."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from lorefs.errors import GitError


class RemoteError(GitError):
    """The remote could not be reached, or did not answer; `words` are what was said."""


class Pushed(NamedTuple):
    """The remote's branch leads to the commit now."""


class Moved(NamedTuple):
    """The remote's branch has commits that ours lacks: fetch, merge, push again."""


class Refused(NamedTuple):
    """The remote does not take the commit, whatever it stands on; `words` are its own."""

    words: str


class Remote(Protocol):
    """One branch on one remote. All methods raise `RemoteError`, and wait a bounded time."""

    @property
    def name(self) -> str:
        """What people call the remote."""
        ...

    @property
    def slug(self) -> str:
        """The same as a part of a ref name, different for each remote and branch."""
        ...

    def poll(self) -> str | None:
        """The remote's tip, without fetching it; None if it has no such branch."""
        ...

    def fetch(self) -> str | None:
        """The remote's tip, with all commits behind it; None if it has no such branch."""
        ...

    def push(self, oid: str, expected: str | None) -> Pushed | Moved | Refused:
        """Make a commit the remote's tip if that is `expected` now (None: no such branch).

        The commit descends from the expected one.
        """
        ...
