"""What a check looks at, and what it may say."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, Self

from lorefs.api import DATABASE, Workspace
from lorefs.config import Config, load_worktree
from lorefs.errors import ConfigError, GitError
from lorefs.repo import Git, locate

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Level = Literal["error", "warning", "note"]  # a note is nothing to act on


class Fix(NamedTuple):
    """Something that can be done about a finding.

    `touches` are the files that may change, which are copied before `act` is called.
    """

    what: str
    touches: tuple[Path, ...]
    act: Callable[[], object]


class Finding(NamedTuple):
    """One thing that a check found: what it is, and what a person can do about it."""

    check: str
    level: Level
    what: str
    remedy: str
    fix: Fix | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """The worktree that is examined, the time in milliseconds, and where the system tells limits.

    `config` holds the defaults where the settings cannot be read.
    """

    git: Git
    config: Config
    now: int
    proc: Path = Path("/proc")

    @classmethod
    def around(cls, start: Path, env: Mapping[str, str], now: int) -> Self:
        """The place around a directory; raises `NotARepositoryError` outside of a worktree."""
        git = Git(locate(start), env)
        paths = git.paths
        try:
            config = load_worktree(paths.worktree, paths.git_dir, paths.common_dir, env)
        except (ConfigError, GitError):
            config = Config()
        return cls(git, config, now)

    @property
    def database(self) -> Path:
        """Where the database is."""
        return self.git.paths.lorefs_dir / DATABASE

    def reconcile(self) -> None:
        """Take in what changed, and finish or drop what was interrupted."""
        root, env = self.git.paths.worktree, self.git.env
        with Workspace.open(root, env=env, clock=lambda: self.now, source="cli") as workspace:
            workspace.reconcile(discover=True)
