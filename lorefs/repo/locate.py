"""Finds the repository around a directory by reading files: no process, no libgit2.

The layout is that of gitrepository-layout(5): `.git` is a directory, or a file with a line
`gitdir: PATH` in linked worktrees and submodules; `commondir` leads from the git directory of
a linked worktree to what all worktrees share.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path  # noqa: TC003 (its methods are used)
from typing import Final

from lorefs.errors import NotARepositoryError

_POINTER_LIMIT: Final = 4096  # bytes of a `.git` file that are read


@dataclass(frozen=True, slots=True)
class GitPaths:
    """Where a worktree, its own git directory and the one shared by all worktrees are."""

    worktree: Path
    git_dir: Path
    common_dir: Path

    @property
    def lorefs_dir(self) -> Path:
        """Where lorefs keeps what belongs to this worktree alone."""
        return self.git_dir / "lorefs"


def locate(start: Path) -> GitPaths:
    """The repository whose worktree holds `start`.

    Raises `NotARepositoryError` outside of one, and inside a bare one.
    """
    start = start.resolve()
    for folder in (start, *start.parents):
        dot_git = folder / ".git"
        git_dir = _pointed_to(dot_git) if dot_git.is_file() else dot_git
        if git_dir is not None and (git_dir / "HEAD").is_file():
            return GitPaths(folder, git_dir, _common_dir(git_dir))
        if _is_git_dir(folder):
            raise NotARepositoryError(
                f"{folder} is a git directory or a bare repository, and has no files to keep",
                hint="clone it and run lorefs in the clone",
            )
    raise NotARepositoryError(
        f"{start} is not inside a git worktree",
        hint="run `git init` here first, or change to the repository",
    )


def _is_git_dir(folder: Path) -> bool:
    return all((folder / name).exists() for name in ("HEAD", "objects", "refs"))


def _pointed_to(dot_git: Path) -> Path | None:
    """The git directory that a `.git` file names, None if it names none."""
    try:
        line = dot_git.read_bytes()[:_POINTER_LIMIT].decode("utf-8", "surrogateescape")
    except OSError as error:
        raise NotARepositoryError(f"{dot_git} cannot be read: {error.strerror}") from error
    prefix, _, target = line.partition("gitdir:")
    target = target.strip()
    if prefix.strip() or not target or "\0" in target:
        return None
    return (dot_git.parent / target).resolve()


def _common_dir(git_dir: Path) -> Path:
    pointer = git_dir / "commondir"
    if not pointer.is_file():
        return git_dir
    return (git_dir / pointer.read_text(encoding="utf-8").strip()).resolve()
