"""Which documents git knows, and which it ignores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lorefs.core.model import SCOPES, scope_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lorefs.repo.git import Git


@dataclass(frozen=True, slots=True)
class Tracking:
    """What git makes of some paths of the worktree."""

    in_head: frozenset[str]
    ignored: frozenset[str]
    unmerged: frozenset[str]


def observe_tracking(git: Git, head: str, paths: Iterable[str]) -> Tracking:
    """Look up paths in HEAD's tree, in the rules of what is ignored, and in the index."""
    wanted = sorted(set(paths))
    if not wanted:
        return Tracking(frozenset(), frozenset(), frozenset())
    in_head: set[str] = set()
    if head:
        listing = git.run("ls-tree", "-z", "--name-only", head, "--", *map(_literal, wanted))
        in_head = set(_names(listing))
    ignored = git.run(
        "check-ignore", "-z", "--stdin", stdin="\0".join(wanted).encode(), allowed=(0, 1)
    )
    unmerged = git.run("ls-files", "-z", "--unmerged", "--", *map(_pathspec, wanted))
    return Tracking(
        frozenset(in_head),
        frozenset(_names(ignored)),
        frozenset(line.partition("\t")[2] for line in _names(unmerged)),
    )


def _literal(path: str) -> str:
    return path


def _pathspec(path: str) -> str:
    return f":(literal){path}"


def _names(listing: bytes) -> list[str]:
    return [name for name in listing.decode("utf-8", "surrogateescape").split("\0") if name]


def discover(git: Git) -> set[str]:
    """The paths of all files with the name of a lore document.

    Directories that git ignores and nested repositories are left out; documents that are
    ignored themselves, as personal ones are, are not.
    """
    globs = [f":(glob)**/{name}" for name in SCOPES]
    known = git.run("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *globs)
    ignored = git.run(
        "ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--directory", "--", *globs
    )
    found = {name for name in (*_names(known), *_names(ignored)) if scope_of(name) is not None}
    return {name for name in found if (git.paths.worktree / name).is_file()}
