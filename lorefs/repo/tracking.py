"""Which documents git knows, and which it ignores."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lorefs.core.model import SCOPES, scope_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lorefs.repo.git import Git

_BATCH: Final = 64 * 1024  # characters of paths on one command line; the system's limit is higher
_FATAL: Final = 128


@dataclass(frozen=True, slots=True)
class Tracking:
    """What git makes of some paths of the worktree."""

    in_head: frozenset[str]
    ignored: frozenset[str]
    unmerged: frozenset[str]


def observe_tracking(git: Git, head: str, paths: Iterable[str]) -> Tracking:
    """Look up paths in HEAD's tree, in the rules of what is ignored, and in the index.

    A path that the index holds is not ignored, whatever the rules say, as in `git status`.
    """
    wanted = sorted(set(paths))
    if not wanted:
        return Tracking(frozenset(), frozenset(), frozenset())
    stages = _names(git.run("ls-files", "-z", "--unmerged"))
    unmerged = {stage.partition("\t")[2] for stage in stages}
    return Tracking(
        frozenset(_in_tree(git, head, wanted)) if head else frozenset(),
        frozenset(_ignored(git, wanted)),
        frozenset(unmerged.intersection(wanted)),
    )


def ignored_paths(git: Git, paths: Iterable[str]) -> frozenset[str]:
    """Those of some paths that rules ignore, be they files or directories."""
    wanted = sorted(set(paths))
    return frozenset(_ignored(git, wanted)) if wanted else frozenset()


def _in_tree(git: Git, head: str, paths: list[str]) -> Iterator[str]:
    for batch in _batches(paths):
        yield from _names(
            git.run("--literal-pathspecs", "ls-tree", "-z", "--name-only", head, "--", *batch)
        )


def _ignored(git: Git, paths: list[str]) -> list[str]:
    """The paths that rules ignore.

    Git gives up on all where one stands behind a symbolic link or in a submodule; so then each
    is asked for alone, and what is not of this worktree is not ignored by it.
    """
    status, names = _check_ignore(git, paths)
    if status != _FATAL:
        return _names(names)
    return [path for path in paths if _check_ignore(git, [path])[0] == 0]


def _check_ignore(git: Git, paths: list[str]) -> tuple[int, bytes]:
    stdin = "\0".join(paths).encode("utf-8", "surrogateescape")
    return git.status_and_output(
        "check-ignore", "-z", "--stdin", stdin=stdin, allowed=(0, 1, _FATAL)
    )


def _batches(paths: list[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    length = 0
    for path in paths:
        if length + len(path) > _BATCH and batch:
            yield batch
            batch, length = [], 0
        batch.append(path)
        length += len(path) + 1
    yield batch


def _names(listing: bytes) -> list[str]:
    return [name for name in listing.decode("utf-8", "surrogateescape").split("\0") if name]


def discover(git: Git) -> set[str]:
    """The paths of all files with the name of a lore document, symbolic links included.

    Directories that git ignores, nested repositories and submodules are left out; documents
    that are ignored themselves, as personal ones are, are not. Where sparse checkout or
    somebody took a file away there is none.
    """
    globs = [f":(glob)**/{name}" for name in SCOPES]
    known = git.run("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *globs)
    ignored = git.run(
        "ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--directory", "--", *globs
    )
    found = {name for name in (*_names(known), *_names(ignored)) if scope_of(name) is not None}
    return {name for name in found if os.path.lexists(git.paths.worktree / name)}
