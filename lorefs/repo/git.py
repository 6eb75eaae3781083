"""Runs the user's `git`, with an environment in which it means this repository and asks nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lorefs.errors import GitError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lorefs.repo.locate import GitPaths

TIMEOUT: Final = 60.0  # seconds

# Hooks run with these set; left alone they would turn every command to the wrong files. It is
# the list of `git rev-parse --local-env-vars` without the two that carry `git -c`, which git
# passes on to submodules, too.
LOCAL_VARIABLES: Final = frozenset({
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
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

# These change what a path on a command line means.
PATHSPEC_VARIABLES: Final = frozenset({
    "GIT_GLOB_PATHSPECS",
    "GIT_ICASE_PATHSPECS",
    "GIT_LITERAL_PATHSPECS",
    "GIT_NOGLOB_PATHSPECS",
})  # fmt: skip

# Settings of git's that matter here, beside its own use of them.
_ASKED: Final = r"^((user|author)\.(name|email)|core\.(sshcommand|excludesfile|ignorecase))$"

# Settings that would start programs, or mix their words into what is read here.
_QUIET: Final = ("-c", "core.fsmonitor=false", "-c", "log.showSignature=false")


def clean_environment(env: Mapping[str, str]) -> dict[str, str]:
    """The environment without what binds git to a repository, a language or a prompt.

    Git's words are English then, and nothing that only looks takes a lock.
    """
    unwanted = LOCAL_VARIABLES | PATHSPEC_VARIABLES
    kept = {name: text for name, text in env.items() if name not in unwanted}
    return kept | {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}


class Git:
    """The `git` executable in one worktree. `timeout` is that of each command, in seconds.

    `kept` names variables of git's that are passed on: a hook that looks at what is being
    committed needs `GIT_INDEX_FILE`. `settings` are answers of `configured`, as long as they hold.
    """

    __slots__ = ("env", "kept", "paths", "settings", "timeout")

    def __init__(
        self,
        paths: GitPaths,
        env: Mapping[str, str],
        timeout: float = TIMEOUT,
        kept: frozenset[str] = frozenset(),
    ) -> None:
        self.paths, self.env, self.timeout, self.kept = paths, env, timeout, kept
        self.settings: dict[str, str] = {}

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

        try:
            done = subprocess.run(
                ["git", "-C", str(self.paths.worktree), *_QUIET, *arguments],
                input=stdin,
                stdin=subprocess.DEVNULL if stdin is None else None,
                capture_output=True,
                env=self._environment(),
                timeout=self.timeout,
                check=False,
            )
        except FileNotFoundError as error:
            raise GitError("git is not installed", command=arguments, hint="install git") from error
        except subprocess.TimeoutExpired as error:
            raise GitError(
                f"git {arguments[0]} did not answer within {self.timeout:.0f} seconds",
                command=arguments,
            ) from error
        except (OSError, ValueError) as error:  # ValueError: a NUL byte in an argument
            raise GitError(
                f"git {arguments[0]} cannot be run: {error}", command=arguments
            ) from error
        if done.returncode not in allowed:
            words = done.stderr.decode("utf-8", "replace").strip()
            raise GitError(f"git {arguments[0]} failed", command=arguments, words=words)
        return done.returncode, done.stdout

    def _environment(self) -> dict[str, str]:
        kept = {name: self.env[name] for name in self.kept if name in self.env}
        return clean_environment(self.env) | kept

    def text(self, *arguments: str, allowed: Sequence[int] = (0,)) -> str:
        """What a git command prints, as text without the last line end."""
        return self.run(*arguments, allowed=allowed).decode("utf-8", "surrogateescape").rstrip("\n")

    def configured(self, name: str) -> str:
        """A setting of git's, by its name in lower case; "" where there is none.

        All that lorefs ever asks for are asked for at once, and kept.
        """
        if not self.settings:
            found = self.text("config", "--null", "--get-regexp", _ASKED, allowed=(0, 1))
            lines = (item.partition("\n") for item in found.split("\0"))
            self.settings.update((key, value) for key, _, value in lines)
        return self.settings.get(name, "")

    def blob(self, revision: str, path: str) -> bytes | None:
        """A file's bytes in a commit, None where the commit or the file is not there.

        No commit has the name "", which stands for that of an unborn branch. Raises `GitError`
        where git cannot tell, so that trouble is never read as absence.
        """
        if not revision:
            return None  # to git ":PATH" is the file in the index
        name = f"{revision}:{path}".encode("utf-8", "surrogateescape")
        by_nul = ("-z",) if b"\n" in name else ()  # git has that option since 2.38 only
        data = self.run("cat-file", "--batch", *by_nul, stdin=name + (b"\0" if by_nul else b"\n"))
        if data.startswith(name):  # "NAME missing", which git says of a damaged one, too
            self._check_absence(revision, path)
            return None
        header, _, rest = data.partition(b"\n")
        kind, size = header.split(b" ")[1:3]
        return rest[: int(size)] if kind == b"blob" else None

    def _check_absence(self, revision: str, path: str) -> None:
        _, entry = self.status_and_output(
            "--literal-pathspecs", "ls-tree", "-z", revision, "--", path, allowed=(0, 128)
        )
        if b" blob " in entry.partition(b"\t")[0]:
            raise GitError(
                f"{path} of {revision} is in its tree and cannot be read",
                path=path,
                hint="`git fsck` says what is damaged",
            )
