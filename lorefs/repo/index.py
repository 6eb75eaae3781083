"""What stands in the index and in trees: the files of a pathspec, with mode and object id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lorefs.repo.git import Git

REGULAR: Final = frozenset({"100644", "100755"})


class Listed(NamedTuple):
    """A file of the index or of a tree; `mode` as git writes it, `stage` 0 unless unmerged."""

    path: str
    mode: str
    oid: str
    stage: int = 0

    @property
    def is_file(self) -> bool:
        """Whether it is a regular file, not a link or a submodule."""
        return self.mode in REGULAR


def in_index(git: Git, pathspecs: Sequence[str]) -> list[Listed]:
    """The files of the index that pathspecs match, unmerged ones once a stage."""
    found: list[Listed] = []
    for line in _lines(git.run("ls-files", "-z", "--stage", "--full-name", "--", *pathspecs)):
        about, _, path = line.partition("\t")
        mode, oid, stage = about.split(" ")
        found.append(Listed(path, mode, oid, int(stage)))
    return found


def staged(git: Git, pathspecs: Sequence[str]) -> list[str]:
    """The paths whose content in the index differs from HEAD's, those that are gone too."""
    return list(
        _lines(
            git.run(
                "diff", "--cached", "--name-only", "-z", "--no-renames", "--no-ext-diff",
                "--ignore-submodules", "--", *pathspecs,
            )
        )
    )  # fmt: skip


def in_tree(git: Git, commit: str) -> list[Listed]:
    """All files of a commit."""
    found: list[Listed] = []
    for line in _lines(git.run("ls-tree", "-r", "-z", "--full-tree", commit)):
        about, _, path = line.partition("\t")
        mode, _, oid = about.split(" ")
        found.append(Listed(path, mode, oid))
    return found


def changed_between(git: Git, old: str, new: str) -> list[str]:
    """The paths whose content differs in two commits or trees, without those only in the old."""
    return list(
        _lines(
            git.run("diff-tree", "-r", "-z", "--name-only", "--no-renames", "--diff-filter=d",
                    old, new)
        )
    )  # fmt: skip


def _lines(listing: bytes) -> Iterator[str]:
    return iter([line for line in listing.decode("utf-8", "surrogateescape").split("\0") if line])
