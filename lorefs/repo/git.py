"""Runs the user's `git`, with an environment in which it means this repository and asks nobody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lorefs.errors import GitError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lorefs.repo.locate import GitPaths

TIMEOUT: Final = 60.0  # seconds

# Hooks run with these set; left alone they would turn every command to the wrong files.
LOCAL_VARIABLES: Final = frozenset({
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
})  # fmt: skip


def clean_environment(env: Mapping[str, str]) -> dict[str, str]:
    """The environment without what binds git to a repository, an editor or a prompt."""
    kept = {name: text for name, text in env.items() if name not in LOCAL_VARIABLES}
    return kept | {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C.UTF-8"}


@dataclass(frozen=True, slots=True)
class Git:
    """The `git` executable in one worktree."""

    paths: GitPaths
    env: Mapping[str, str]

    def run(
        self, *arguments: str, stdin: bytes | None = None, allowed: Sequence[int] = (0,)
    ) -> bytes:
        """What a git command prints. Raises `GitError` with git's own words if it fails."""
        return self.status_and_output(*arguments, stdin=stdin, allowed=allowed)[1]

    def status_and_output(
        self, *arguments: str, stdin: bytes | None = None, allowed: Sequence[int] = (0,)
    ) -> tuple[int, bytes]:
        """The exit status, one of `allowed`, and what the command prints."""
        import subprocess

        command = ["git", "-C", str(self.paths.worktree), *arguments]
        try:
            done = subprocess.run(
                command,
                input=stdin,
                stdin=subprocess.DEVNULL if stdin is None else None,
                capture_output=True,
                env=clean_environment(self.env),
                timeout=TIMEOUT,
                check=False,
            )
        except FileNotFoundError as error:
            raise GitError(
                "git is not installed", command=arguments, words="", hint="install git"
            ) from error
        except subprocess.TimeoutExpired as error:
            raise GitError(
                f"git {arguments[0]} did not answer within {TIMEOUT:.0f} seconds",
                command=arguments,
                words="",
            ) from error
        if done.returncode not in allowed:
            words = done.stderr.decode("utf-8", "replace").strip()
            raise GitError(f"git {arguments[0]} failed", command=arguments, words=words)
        return done.returncode, done.stdout

    def text(self, *arguments: str, allowed: Sequence[int] = (0,)) -> str:
        """What a git command prints, as text without the last line end."""
        return self.run(*arguments, allowed=allowed).decode("utf-8", "surrogateescape").rstrip("\n")

    def blob(self, revision: str, path: str) -> bytes | None:
        """A file's bytes in a commit, None where the commit or the file is not there."""
        status, data = self.status_and_output(
            "cat-file", "blob", f"{revision}:{path}", allowed=(0, 1, 128)
        )
        return None if status else data
