"""Finds the repository around a directory by reading files: no process, no libgit2.

The layout is that of gitrepository-layout(5): `.git` is a directory, or a file with a line
`gitdir: PATH` in linked worktrees and submodules; `commondir` leads from the git directory of
a linked worktree to what all worktrees share.

`GIT_DIR` and `GIT_WORK_TREE` are not looked at: git sets them for hooks, and they would turn a
command that a hook runs elsewhere to the wrong repository. Git starts its hooks at the top of
the worktree, so the walk from there finds the same one.
"""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 (its methods are used)
from typing import Final, NamedTuple

from lorefs.errors import NotARepositoryError
from lorefs.repo.layout import read_layout

_POINTER_LIMIT: Final = 4096  # bytes of a `.git` or `commondir` file that are read


class GitPaths(NamedTuple):
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

    Raises `NotARepositoryError` outside of one, inside a bare one, and in one whose layout
    lorefs cannot work with.
    """
    try:
        start = start.resolve()
        return _walk_up(start)
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of links, before Python 3.13
        raise NotARepositoryError(
            f"{start} cannot be looked at: {error}", hint="change to a directory that can be read"
        ) from error


def _walk_up(start: Path) -> GitPaths:
    for folder in (start, *start.parents):
        git_dir = _git_dir(folder / ".git")
        if git_dir is not None:
            paths = GitPaths(folder, git_dir, _common_dir(git_dir))
            _check_layout(paths)
            return paths
        if _is_git_dir(folder):
            raise _bare(folder)
    raise NotARepositoryError(
        f"{start} is not inside a git worktree",
        hint="run `git init` here first, or change to the repository",
    )


def _git_dir(dot_git: Path) -> Path | None:
    """The git directory that `.git` is or names; None where the walk goes on.

    Like git, stops at a `.git` file that leads nowhere: the repository around it is another.
    """
    if not dot_git.is_file():
        return dot_git.resolve() if _is_git_dir(dot_git) else None
    target = _pointer(dot_git, "gitdir:")
    if target is None:
        raise NotARepositoryError(
            f"{dot_git} names no git directory", hint="restore it, or delete it if it is a leftover"
        )
    git_dir = (dot_git.parent / target).resolve()
    if not _is_git_dir(git_dir):
        raise NotARepositoryError(
            f"{dot_git} leads to {git_dir}, which is no git directory",
            hint="`git worktree repair` mends a worktree whose repository was moved",
        )
    return git_dir


def _is_git_dir(folder: Path) -> bool:
    """Whether git would take a directory for one: it has a HEAD and, maybe elsewhere, objects."""
    head = folder / "HEAD"
    # a HEAD that is a symbolic link to its branch, as git once made them, may lead nowhere yet
    if not (head.is_file() or head.is_symlink()):
        return False
    common = _common_dir(folder)
    return (common / "objects").is_dir() and (common / "refs").exists()


def _common_dir(git_dir: Path) -> Path:
    target = _pointer(git_dir / "commondir", "")
    return git_dir if target is None else (git_dir / target).resolve()


def _pointer(file: Path, prefix: str) -> str | None:
    """The path behind a prefix in a file of one line; None if there is no such file or path."""
    if not file.is_file():
        return None
    with file.open("rb") as opened:
        line = opened.read(_POINTER_LIMIT).decode("utf-8", "surrogateescape").rstrip("\r\n")
    target = line.removeprefix(prefix).strip()
    return target if line.startswith(prefix) and target and "\0" not in target else None


def _check_layout(paths: GitPaths) -> None:
    layout = read_layout(paths.git_dir, paths.common_dir)
    if layout.refs != "files":
        raise NotARepositoryError(
            f"the refs of {paths.common_dir} are kept as {layout.refs}, which lorefs cannot read",
            hint="`git refs migrate --ref-format=files` makes them files",
        )
    if layout.worktree is not None:
        worktree = (paths.git_dir / layout.worktree).resolve()
        if worktree != paths.worktree:
            raise NotARepositoryError(
                f"core.worktree of {paths.git_dir} is {worktree}, which is not where `.git` is",
                hint="put a `.git` file with `gitdir: PATH` there, and run lorefs there",
            )
    elif layout.bare:
        raise _bare(paths.git_dir)


def _bare(folder: Path) -> NotARepositoryError:
    return NotARepositoryError(
        f"{folder} is a git directory or a bare repository, and has no files to keep",
        hint="run lorefs in a clone or in a linked worktree of it",
    )
