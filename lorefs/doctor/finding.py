"""What a check looks at, and what it may say."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, Self

from lorefs.api import DATABASE, Workspace
from lorefs.config import Config, load_all
from lorefs.errors import GitError, LorefsError
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

    `config` holds the defaults where a setting cannot be read; `mistakes` are these.
    """

    git: Git
    config: Config
    now: int
    proc: Path = Path("/proc")
    mistakes: tuple[LorefsError, ...] = ()

    @classmethod
    def around(cls, start: Path, env: Mapping[str, str], now: int) -> Self:
        """The place around a directory; raises `NotARepositoryError` outside of a worktree."""
        git = Git(locate(start), env)
        paths = git.paths
        mistakes: list[LorefsError] = []
        try:
            config, found = load_all(paths.worktree, paths.git_dir, paths.common_dir, env)
            mistakes += found
        except GitError as error:
            config = Config()
            mistakes.append(error)
        return cls(git, config, now, mistakes=tuple(mistakes))

    @property
    def database(self) -> Path:
        """Where the database is."""
        return self.git.paths.lorefs_dir / DATABASE

    def take_in(self) -> None:
        """Take in what changed; raises what keeps a document from it."""
        for refusal in self.reconcile():
            raise refusal

    def reconcile(self) -> tuple[LorefsError, ...]:
        """Take in what changed, and finish or drop what was interrupted; returns what it told."""
        root, env = self.git.paths.worktree, self.git.env
        with Workspace.open(root, env=env, clock=lambda: self.now, source="cli") as workspace:
            return workspace.reconcile(discover=True).refusals
