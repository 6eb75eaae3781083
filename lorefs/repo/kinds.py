"""What git's object database holds, as values: commits, leaves of trees, and who made what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from lorefs.errors import GitError, LorefsError

if TYPE_CHECKING:
    from collections.abc import Mapping

T = TypeVar("T")

FILE: Final = 0o100644
EXECUTABLE: Final = 0o100755
LINK: Final = 0o120000
SUBMODULE: Final = 0o160000


class RefMovedError(LorefsError):
    """A ref is not what it was when the decision to move it was made; nothing was changed."""


class Signature(NamedTuple):
    """Who made a commit and when: seconds since 1970, offset in minutes east of UTC."""

    name: str
    email: str
    time: int
    offset: int = 0


class Commit(NamedTuple):
    """A commit, read."""

    oid: str
    tree: str
    parents: tuple[str, ...]
    message: str
    author: Signature
    committer: Signature


class Leaf(NamedTuple):
    """What stands at a path of a tree: a file, a link or a submodule, by its mode."""

    mode: int
    oid: str


def missing(what: str, error: object) -> GitError:
    """The error for an object or ref that cannot be read."""
    return GitError(
        f"{what} cannot be read from the repository: {error}",
        hint="`git fsck` says what is damaged; `git fetch --unshallow` completes a shallow clone",
    )


def moved(ref: str) -> RefMovedError:
    """The error for a ref that somebody else moved meanwhile."""
    return RefMovedError(f"{ref} was moved meanwhile", hint="try again")


def stuck(ref: str, words: str) -> RefMovedError:
    """The error for a ref that is where it was thought to be, and cannot be moved."""
    return RefMovedError(
        f"{ref} cannot be moved: {words.rstrip(': ')}",
        hint="if no git is running here, remove the left-over lock"
        f" (`git rev-parse --git-path {ref}.lock` names it); else look at permissions and the disk",
    )


def split(blobs: Mapping[str, T]) -> tuple[dict[str, T], dict[str, dict[str, T]]]:
    """Paths with their blobs, sorted into files of this directory and those of each below it."""
    here: dict[str, T] = {}
    below: dict[str, dict[str, T]] = {}
    for path, blob in blobs.items():
        name, slash, rest = path.partition("/")
        if slash:
            below.setdefault(name, {})[rest] = blob
        else:
            here[name] = blob
    return here, below
