"""A git remote, reached through the `git` executable.

Credential helpers, `~/.ssh/config`, proxies and `insteadOf` are the user's, and only git honours
all of them. Nobody is asked for anything unless a person waits at a terminal.
"""

from __future__ import annotations

import os
import re
import signal
import time
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from lorefs.remote.protocol import Moved, Pushed, Refused, RemoteError
from lorefs.repo import ref_oid
from lorefs.repo.git import clean_environment
from lorefs.repo.incomplete import is_partial, shallow_commits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lorefs.repo import Git

TIMEOUT: Final = 120.0  # seconds; a first fetch takes a while

_FETCH: Final = (
    "fetch", "--quiet", "--no-write-fetch-head", "--no-tags", "--no-recurse-submodules",
    "--no-auto-maintenance",
)  # fmt: skip
_PUSH: Final = (
    "push", "--porcelain", "--no-verify", "--no-follow-tags", "--recurse-submodules=no",
)  # fmt: skip
_END: Final = "--end-of-options"
# Deep enough for all commits of one branch; git reads 2147483647 as all of all branches.
_ALL_COMMITS: Final = "--depth=1000000000"
_MISSING: Final = ("rev-list", "--objects", "--missing=print", "--no-object-names")
_WITHOUT_FILES: Final = "--filter=blob:none"
_BATCH: Final = 10_000  # oids of a command line
# Otherwise the server would think that all files behind the commits here are here.
_NO_HAVES: Final = ("-c", "fetch.negotiationAlgorithm=noop")
# What a server offers, as git's trace shows it: in protocol 2 by a line, before behind a NUL.
_FILTERS: Final = re.compile(r"<.*(?: fetch=|\\0).*\bfilter\b")
_NO_BRANCH: Final = "couldn't find remote ref"
# What a server says of a branch that another push moved in the same moment.
_RACE: Final = re.compile(
    r"fetch first|non-fast-forward|stale info|cannot lock ref|failed to (?:update|lock)"
    r"|incorrect old value|reference already exists"
)
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9_-]+")


class Budget:
    """The time that several commands may take together, `left` in seconds."""

    def __init__(self, seconds: float) -> None:
        self.whole = self.left = seconds


class GitRemote:
    """A branch of a git remote, by the remote's name or address.

    `interactive` says that a person waits at a terminal, whom git and ssh may ask. `timeout` is
    that of each command, in seconds, and `budget` that of all together. With `only`, files are
    fetched of these directories alone, where the server allows that; the remote has a name then,
    and git's configuration calls it a promisor, which gives the others when asked.
    """

    def __init__(
        self,
        git: Git,
        remote: str,
        branch: str,
        *,
        interactive: bool = False,
        timeout: float = TIMEOUT,
        budget: Budget | None = None,
        only: tuple[str, ...] | None = None,
    ) -> None:
        self.only = only
        self.git = git
        self.name = remote
        self.branch = f"refs/heads/{branch}"
        self.interactive = interactive
        self.timeout = timeout
        self.budget = budget or Budget(float("inf"))
        self._environment: dict[str, str] | None = None  # kept till something fails
        digest = sha256(f"{remote}\0{branch}".encode()).hexdigest()[:8]
        self.slug = f"{_UNSAFE.sub('-', remote).strip('-')[:40] or 'remote'}-{digest}"

    @property
    def fetched(self) -> str:
        """The ref that the last fetch wrote."""
        return f"refs/lorefs/fetched/{self.slug}"

    def poll(self) -> str | None:
        """The remote's tip, without fetching it."""
        _, output = self._run("ls-remote", "--quiet", _END, self.name, self.branch)
        return output.split("\t")[0] if output else None

    def refs(self) -> dict[str, str]:
        """All refs of the remote and what they lead to, by their full names."""
        _, output = self._run("ls-remote", "--quiet", _END, self.name)
        pairs = (line.split("\t") for line in output.split("\n") if "\t" in line)
        return {ref: oid for oid, ref in pairs}

    def fetch(self) -> str | None:
        """The remote's tip, with all commits behind it."""
        refspec = f"+{self.branch}:{self.fetched}"
        try:
            self._run(*_FETCH, self._filter, _END, self.name, refspec)
        except RemoteError as error:
            if _NO_BRANCH not in error.words:
                raise
            self.git.run("update-ref", "-d", self.fetched)
            return None
        self._complete(refspec)
        tip = ref_oid(self.git.paths, self.fetched)
        if not tip:  # absence would mean that the branch was deleted there
            raise self._failed("fetch", f"{self.fetched} was not written")
        return tip

    def _complete(self, refspec: str) -> None:
        """Fetch what a shallow or partial clone was told to leave out, of this branch alone."""
        shallow = shallow_commits(self.git.paths)
        if shallow and shallow.intersection(self.git.text("rev-list", self.fetched).split("\n")):
            self._run(*_FETCH, self._filter, _ALL_COMMITS, _END, self.name, refspec)
        if self.only is not None:
            self._bring(self.only)
        elif is_partial(self.git.paths) and b"\n?" in self.git.run(*_MISSING, self.fetched):
            self._run(*_FETCH, self._filter, "--refetch", _END, self.name, refspec)

    @property
    def _filter(self) -> str:
        return "--no-filter" if self.only is None else _WITHOUT_FILES

    def _bring(self, directories: tuple[str, ...]) -> None:
        """Fetch the files of some directories that are not here, in all commits, at once."""
        if not directories:
            return
        known = ref_oid(self.git.paths, self.branch)
        listing = self.git.text(
            *_MISSING, "--full-history", self.fetched, *([f"^{known}"] if known else []),
            "--", *(f":(top,literal){directory}" for directory in directories),
        )  # fmt: skip
        lacking = [line[1:] for line in listing.split("\n") if line.startswith("?")]
        for start in range(0, len(lacking), _BATCH):
            batch = lacking[start : start + _BATCH]
            self._run(*_FETCH, _WITHOUT_FILES, _END, self.name, *batch, settings=_NO_HAVES)

    def allows_filter(self) -> bool:
        """Whether the server lets a fetch leave files out."""
        _, output = self._run("ls-remote", "--quiet", _END, self.name, self.branch, trace=True)
        return any(map(_FILTERS.search, output.split("\n")))

    def push(self, oid: str, expected: str | None) -> Pushed | Moved | Refused:
        """Make a commit the remote's tip, if that is where it is thought to be.

        A lease is git's compare-and-swap. It overwrites nothing, because the commit descends
        from the expected one; a plain push would undo that somebody took commits back.
        """
        lease = f"--force-with-lease={self.branch}:{expected or ''}"
        refspec = f"{oid}:{self.branch}"
        status, output = self._run(*_PUSH, lease, _END, self.name, refspec, allowed=(0, 1))
        for line in output.split("\n"):
            flag, _, rest = line.partition("\t")
            if flag in {" ", "*", "="} and rest:
                return Pushed()
            if flag == "!":
                words = rest.partition("\t")[2]
                remote = [x for x in output.split("\n") if x.startswith("remote:")]
                return Moved() if _RACE.search(words) else Refused("\n".join([words, *remote]))
        raise self._failed("push", f"git push ended with {status}\n{output}")

    def _run(
        self,
        *arguments: str,
        allowed: tuple[int, ...] = (0,),
        settings: tuple[str, ...] = (),
        trace: bool = False,
    ) -> tuple[int, str]:
        """The exit status and what git printed; of a push and a trace, complaints after it."""
        import subprocess

        try:
            started = subprocess.Popen(
                ["git", "-C", str(self.git.paths.worktree), "-c", "core.fsmonitor=false",
                 *self._options(), *settings, *arguments],
                stdin=None if self.interactive else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={**self._env(), "GIT_TRACE_PACKET": "1"} if trace else self._env(),
                # ssh keeps the pipes open when git alone is ended: all must be, as a group
                start_new_session=not self.interactive,
            )  # fmt: skip
        except OSError as error:
            raise self._failed(arguments[0], str(error)) from error
        began = time.monotonic()
        try:
            output, complaints = started.communicate(timeout=min(self.timeout, self.budget.left))
        except subprocess.TimeoutExpired as error:
            self._end(started.pid)
            started.communicate()
            seconds = min(self.timeout, self.budget.whole)
            raise self._failed(arguments[0], f"no answer within {seconds:.0f} seconds") from error
        finally:
            self.budget.left = max(0.0, self.budget.left - (time.monotonic() - began))
        words = complaints.decode("utf-8", "replace").strip()
        text = output.decode("utf-8", "replace").rstrip("\n")
        if started.returncode not in allowed:
            raise self._failed(arguments[0], words or text)
        both = trace or arguments[0] == "push"
        return started.returncode, f"{text}\n{words}" if both else text

    def _end(self, pid: int) -> None:
        if self.interactive:
            os.kill(pid, signal.SIGKILL)
        else:
            os.killpg(pid, signal.SIGKILL)

    def _failed(self, verb: str, words: str) -> RemoteError:
        self._environment = None  # the next try asks again what is configured
        self.git.settings.clear()
        doing = {"push": "push to", "fetch": "fetch from", "ls-remote": "ask"}.get(verb, verb)
        waits = "" if verb == "ls-remote" else "what was committed here waits; "
        return RemoteError(
            f"cannot {doing} {self.name}",
            words=words,
            hint=f"{waits}check the address with `git remote -v`, the way there, and who may"
            f" {'write' if waits else 'read'}",
        )

    def _options(self) -> tuple[str, ...]:
        return () if self.interactive else ("-c", "core.askPass=")

    def _env(self) -> Mapping[str, str]:
        if self._environment is None:
            env = clean_environment(self.git.env)
            if self.interactive:
                env.pop("GIT_TERMINAL_PROMPT", None)
            else:
                env.pop("GIT_ASKPASS", None)
                env.pop("SSH_ASKPASS", None)
                env["GCM_INTERACTIVE"] = "never"
                env["GIT_SSH_COMMAND"] = f"{self._ssh(env)} -oBatchMode=yes"
            self._environment = env
        return self._environment

    def _ssh(self, env: Mapping[str, str]) -> str:
        """The user's own ssh command, as git would choose it."""
        if "GIT_SSH_COMMAND" in env:
            return env["GIT_SSH_COMMAND"]
        return self.git.configured("core.sshcommand") or env.get("GIT_SSH") or "ssh"
