"""Settings that cannot be read, and a remote that does not answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lorefs.config import load_worktree
from lorefs.doctor.finding import Finding
from lorefs.errors import ConfigError, GitError
from lorefs.repo import Git

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lorefs.doctor.finding import Place

SECONDS: Final = 10.0  # that a remote may take


def check_configuration(place: Place) -> Iterator[Finding]:
    """Whether every setting is known and has a value that it can have."""
    paths = place.git.paths
    try:
        load_worktree(paths.worktree, paths.git_dir, paths.common_dir, place.git.env)
    except ConfigError as error:
        line = f":{error.line}" if error.line else ""
        where = f"{error.path}{line}: " if error.path else ""
        hint = error.hint or "`lorefs config list` shows what can be set"
        yield Finding("configuration", "error", f"{where}{error.message}", hint)


def check_remote(place: Place) -> Iterator[Finding]:
    """Whether the remote answers, where one was chosen to exchange lore with."""
    sync = place.config.sync
    if not sync.enabled and not any(key.startswith("sync.") for key in place.config.origins):
        return
    git = Git(place.git.paths, _nobody_there(place), SECONDS)
    try:
        branch = f"refs/heads/{sync.branch}"
        git.run("-c", "core.askPass=", "ls-remote", "--quiet", "--", sync.remote, branch)
    except GitError as error:
        words = error.words.strip().partition("\n")[0]
        what = f"the remote {sync.remote} does not answer"
        what += f": {words}" if words else f" within {SECONDS:.0f} seconds"
        hint = f"try `git ls-remote {sync.remote}`; what you change here waits until it answers"
        yield Finding("remote", "warning", what, hint)


def _nobody_there(place: Place) -> Mapping[str, str]:
    """An environment in which neither git nor ssh asks anybody for a password."""
    env = dict(place.git.env) | {"GIT_ASKPASS": "", "SSH_ASKPASS": "", "GCM_INTERACTIVE": "never"}
    own = place.git.text("config", "--get", "core.sshCommand", allowed=(0, 1))
    ssh = env.get("GIT_SSH_COMMAND") or own or "ssh"
    if ssh.partition(" ")[0].rpartition("/")[2] == "ssh":  # others have other options
        env["GIT_SSH_COMMAND"] = f"{ssh} -o BatchMode=yes -o ConnectTimeout=5"
    return env
