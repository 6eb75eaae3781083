"""Which directories of a worktree can hold documents, and whether events tell of all changes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from lorefs.core.model import scope_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lorefs.repo import Git

# What others write to these, the system does not tell of (proc(5) mountinfo names the types).
_ELSEWHERE: Final = frozenset(
    "nfs nfs4 cifs smb3 smbfs afs ceph glusterfs lustre 9p virtiofs vboxsf prl_fs drvfs"
    " fuse.sshfs fuse.glusterfs fuse.vmhgfs-fuse fuse.s3fs fuse.rclone".split()
)
_ESCAPES: Final = (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\"))


class Directory(NamedTuple):
    """A directory, "" for the top, and the documents right in it; paths as git has them."""

    path: str
    documents: tuple[str, ...]


def walk(git: Git, below: Iterable[str] = ("",)) -> Iterator[Directory]:
    """The directories at and below some others, the outer ones first.

    Left out are those that git ignores, nested repositories and submodules, and links.
    """
    starts = [path for path in dict.fromkeys(below) if _is_directory(git.paths.worktree, path)]
    if not starts:
        return
    ignored = _ignored(git, starts)
    waiting = [path for path in starts if not _within(path, ignored)]
    seen: set[str] = set()
    for path in waiting:  # grows while it is walked
        if path in seen:
            continue
        seen.add(path)
        documents, folders, nested = _look(git.paths.worktree / path, path)
        if nested and path:
            continue
        yield Directory(path, documents)
        waiting += [folder for folder in folders if folder not in ignored]


def _is_directory(root: Path, path: str) -> bool:
    full = root / path
    return full.is_dir() and not full.is_symlink()


def _within(path: str, ignored: frozenset[str]) -> bool:
    parts = path.split("/")
    return any("/".join(parts[: n + 1]) in ignored for n in range(len(parts)))


def _ignored(git: Git, below: list[str]) -> frozenset[str]:
    """The outermost directories that git ignores, at and below some others."""
    places = [] if "" in below else below
    listing = git.run(
        "--literal-pathspecs", "ls-files", "-z", "--others", "--ignored", "--exclude-standard",
        "--directory", "--", *places,
    )  # fmt: skip
    names = listing.decode("utf-8", "surrogateescape").split("\0")
    return frozenset(name.rstrip("/") for name in names if name.endswith("/"))


def _look(folder: Path, path: str) -> tuple[tuple[str, ...], list[str], bool]:
    """The documents and directories in a directory, and whether it is a repository's top."""
    documents: list[str] = []
    folders: list[str] = []
    nested = False
    try:
        with os.scandir(folder) as found:
            for entry in found:
                name = f"{path}/{entry.name}" if path else entry.name
                if entry.name == ".git":
                    nested = True
                elif scope_of(name) is not None:
                    documents.append(name)
                elif entry.is_dir(follow_symlinks=False):
                    folders.append(name)
    except OSError:
        pass  # gone meanwhile, or not ours to look into
    return tuple(documents), sorted(folders), nested


def shared_elsewhere(path: Path, mounts: Path = Path("/proc/self/mountinfo")) -> str:
    """The type of the network file system that holds a path, "" if it is a local one."""
    best, found = -1, ""
    try:
        lines = mounts.read_text(errors="surrogateescape").split("\n")
    except OSError:
        return ""
    for line in lines:
        before, _, after = line.partition(" - ")
        fields, kind = before.split(" "), after.partition(" ")[0]
        if len(fields) > 4 and path.is_relative_to(point := Path(_unescaped(fields[4]))):  # noqa: PLR2004  # the mount point is the fifth
            depth = len(point.parts)
            if depth >= best:
                best, found = depth, kind
    return found if found in _ELSEWHERE else ""


def _unescaped(text: str) -> str:
    for escape, character in _ESCAPES:
        text = text.replace(escape, character)
    return text
