"""What lorefs needs of git's object database, whoever reads and writes it.

`libgit.LibgitObjects` does it in process, through pygit2; `plumbing.PlumbingObjects` through
the `git` executable, for repositories that libgit2 cannot open. Both pass the same tests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from lorefs.repo.incomplete import is_partial
from lorefs.repo.kinds import (
    EXECUTABLE,
    FILE,
    LINK,
    SUBMODULE,
    Commit,
    Leaf,
    RefMovedError,
    Signature,
    missing,
    moved,
    split,
    stuck,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from lorefs.repo.git import Git

__all__ = [
    "EXECUTABLE",
    "FILE",
    "LINK",
    "SUBMODULE",
    "Commit",
    "Leaf",
    "Objects",
    "RefMovedError",
    "Signature",
    "missing",
    "moved",
    "open_objects",
    "split",
    "stuck",
]


class Objects(Protocol):
    """Objects and refs of one repository. Oids are hexadecimal; all else raises `GitError`."""

    def tip(self, ref: str) -> str | None:
        """The commit that a full ref name leads to, None where there is no such ref."""
        ...

    def move(self, ref: str, oid: str, expected: str | None, reason: str) -> None:
        """Point a ref at a commit if it is at `expected` (None: if there is no such ref).

        Raises `RefMovedError` if it is elsewhere, or if another program has it locked.
        """
        ...

    def drop(self, ref: str) -> None:
        """Delete a ref, if it is there."""
        ...

    def commit(self, oid: str) -> Commit:
        """A commit."""
        ...

    def has(self, oid: str) -> bool:
        """Whether a commit is in the repository."""
        ...

    def leaves(self, tree: str, but: str | None = None) -> dict[str, Leaf]:
        """All that stands in a tree, by path; with `but`, only what does not stand there.

        Paths are what git has: "/" between the parts, other bytes as surrogate escapes.
        """
        ...

    def leaves_at(self, tree: str, paths: Collection[str]) -> dict[str, Leaf]:
        """What stands at some paths of a tree, in their order; directories do not count."""
        ...

    def sizes(self, oids: Collection[str]) -> dict[str, int]:
        """The sizes of blobs in bytes, without reading them."""
        ...

    def blobs(self, oids: Collection[str]) -> dict[str, bytes]:
        """The bytes of blobs."""
        ...

    def write_tree(self, base: str | None, changes: Mapping[str, bytes | str | None]) -> str:
        """The tree that has `changes` (None: no file) made to `base`, None for an empty one.

        A string is the oid of a blob, which may be one that a partial clone has left out.
        """
        ...

    def write_commit(  # what a commit holds
        self,
        tree: str,
        parents: Sequence[str],
        message: str,
        author: Signature,
        committer: Signature,
    ) -> str:
        """A new commit, to which no ref leads yet."""
        ...

    def is_ancestor(self, older: str, newer: str) -> bool:
        """Whether a commit is another, or stands behind it."""
        ...

    def between(self, hidden: Iterable[str], tips: Iterable[str]) -> list[Commit]:
        """The commits behind `tips` and not behind `hidden`, each after its parents."""
        ...

    def close(self) -> None:
        """Give back what was opened."""
        ...


def open_objects(git: Git, *, plumbing: bool = False) -> Objects:
    """The object database of a repository: through libgit2 where it can, else through git.

    libgit2 opens a partial clone and then fails at the first file that is not there yet.
    """
    if not (plumbing or is_partial(git.paths)):
        from lorefs.repo.libgit import open_libgit

        found = open_libgit(git)
        if found is not None:
            return found
    from lorefs.repo.plumbing import PlumbingObjects

    return PlumbingObjects(git)
