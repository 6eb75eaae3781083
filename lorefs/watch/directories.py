"""Which directories of a worktree can hold documents, and whether events tell of all changes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from lorefs.core.model import scope_of
from lorefs.repo import ignored_paths

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

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


def walk(
    git: Git, below: Iterable[str] = ("",), enter: Callable[[str], object] = lambda _: None
) -> Iterator[Directory]:
    """The directories at and below some others, the outer ones first.

    Left out are those that git ignores, nested repositories and submodules, and links. Git is
    asked once for each level of the tree. `enter` is called before a directory is looked into,
    be it left out afterwards or not: what is watched from then on, no look can miss.
    """
    root = git.paths.worktree
    level = [path for path in dict.fromkeys(below) if _is_inside(root, path)]
    seen: set[str] = set()
    while level:
        ignored = ignored_paths(git, (path for path in level if path))
        following: list[str] = []
        for path in level:
            if path in ignored or path in seen:
                continue
            seen.add(path)
            enter(path)
            found, folders, nested = _look(root / path, path)
            if nested and path:
                continue
            yield found
            following += folders
        level = following


def _is_inside(root: Path, path: str) -> bool:
    """Whether a path leads to a directory of this worktree, and through no link or other one."""
    folder = root
    for part in path.split("/") if path else ():
        folder /= part
        if folder.is_symlink() or not folder.is_dir() or (folder / ".git").exists():
            return False
    return root.is_dir()


def _look(folder: Path, path: str) -> tuple[Directory, list[str], bool]:
    """A directory, those right in it, and whether it is a repository's top."""
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
    return Directory(path, tuple(documents)), sorted(folders), nested


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
