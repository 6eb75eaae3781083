"""Which documents git knows, and which it ignores."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Final, NamedTuple

from lorefs.core.model import SCOPES, scope_of
from lorefs.repo.ignored import ask, ignored_paths, rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lorefs.repo.git import Git

_BATCH: Final = 64 * 1024  # characters of paths on one command line; the system's limit is higher
_CHECKSUM: Final = 20  # bytes: all of a SHA-1, enough of a SHA-256


class Tracking(NamedTuple):
    """What git makes of some paths of the worktree."""

    in_head: frozenset[str]
    ignored: frozenset[str]
    unmerged: frozenset[str]


class Seen:
    """The last answers about HEAD's tree and the index, with what they are known by.

    A commit does not change, and an index ends with a checksum of itself. `in_tree` are those of
    the paths that were `asked` for which the commit `head` holds. `ignored` says of paths whether
    they are, by a digest of the rules that decide it beside this index.
    """

    __slots__ = ("asked", "head", "ignored", "in_tree", "index", "unmerged")

    def __init__(self) -> None:
        self.head = ""
        self.asked: frozenset[str] = frozenset()
        self.in_tree: frozenset[str] = frozenset()
        self.index = b""
        self.unmerged: frozenset[str] = frozenset()
        self.ignored: dict[str, tuple[str, bool]] = {}

    def noted(self) -> str:
        """The same as a text, to be kept for other processes."""
        paths = (sorted(each) for each in (self.asked, self.in_tree, self.unmerged))
        return json.dumps([self.head, self.index.hex(), *paths, sorted(self.ignored.items())])

    def recall(self, text: str) -> None:
        """Go on from what another process noted."""
        self.head, index, asked, in_tree, unmerged, *ignored = json.loads(text)
        self.index = bytes.fromhex(index)
        self.asked, self.in_tree = frozenset(asked), frozenset(in_tree)
        self.unmerged = frozenset(unmerged)
        # an earlier version noted nothing of it
        self.ignored = {path: (rule, found) for each in ignored for path, (rule, found) in each}


def observe_tracking(
    git: Git, head: str, paths: Iterable[str], seen: Seen | None = None
) -> Tracking:
    """Look up paths in HEAD's tree, in the rules of what is ignored, and in the index.

    A path that the index holds is not ignored, whatever the rules say, as in `git status`. What
    was `seen` is not asked for again.
    """
    seen = seen or Seen()
    wanted = sorted(set(paths))
    if not wanted:
        return Tracking(frozenset(), frozenset(), frozenset())
    checksum = _index_checksum(git)
    if not checksum or checksum != seen.index:
        stages = _names(git.run("ls-files", "-z", "--unmerged"))
        seen.unmerged = frozenset(stage.partition("\t")[2] for stage in stages)
        seen.index, seen.ignored = checksum, {}
    if head != seen.head:
        seen.head, seen.asked, seen.in_tree = head, frozenset(), frozenset()
    missing = [path for path in wanted if path not in seen.asked]
    if missing:
        seen.in_tree = seen.in_tree.union(_in_tree(git, head, missing) if head else ())
        seen.asked = seen.asked.union(missing)
    ignored = _ignored(git, wanted, seen) if checksum else ignored_paths(git, wanted)
    return Tracking(seen.in_tree.intersection(wanted), ignored, seen.unmerged.intersection(wanted))


def _ignored(git: Git, paths: list[str], seen: Seen) -> frozenset[str]:
    now = rules(git, paths)
    unknown = [path for path in paths if seen.ignored.get(path, ("",))[0] != now.get(path)]
    found = ask(git, unknown)
    for path, is_ignored in found.items():
        if path in now and is_ignored is not None:
            seen.ignored[path] = now[path], is_ignored
    return frozenset(
        path for path in paths if (found[path] if path in found else seen.ignored[path][1])
    )


def _index_checksum(git: Git) -> bytes:
    """What tells one index from another; b"" where git was told to write none."""
    try:
        with (git.paths.git_dir / "index").open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _CHECKSUM))
            checksum = file.read()
    except OSError:
        return b""
    return checksum if any(checksum) else b""


def _in_tree(git: Git, head: str, paths: list[str]) -> Iterator[str]:
    for batch in _batches(paths):
        yield from _names(
            git.run("--literal-pathspecs", "ls-tree", "-z", "--name-only", head, "--", *batch)
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
