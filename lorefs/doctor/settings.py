"""Settings that cannot be read or name nothing, and remotes that do not answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lorefs.doctor.database import opened
from lorefs.doctor.finding import Finding
from lorefs.errors import GitError, telling
from lorefs.remote import GitRemote
from lorefs.repo import Git
from lorefs.sync.branch.branch import Branch
from lorefs.sync.branch.news import named_tip

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lorefs.config import Backup
    from lorefs.doctor.finding import Place

SECONDS: Final = 10.0  # that a remote may take


def check_configuration(place: Place) -> Iterator[Finding]:
    """Whether every setting is known and has a value that it can have."""
    for error in place.mistakes:
        line = f":{error.line}" if error.line else ""
        where = f"{error.path}{line}: " if error.path else ""
        found = f" ({error.found})" if error.found else ""
        hint = error.hint or "`lorefs config list` shows what can be set"
        yield Finding("configuration", "error", f"{where}{error.message}{found}", hint)


def check_sync(place: Place) -> Iterator[Finding]:
    """Whether the sync branch can move, and the code branch that lore is taken from is there."""
    sync = place.config.sync
    if not sync.enabled:
        return
    branch = Branch(place.git, sync.branch, "", 0)
    head = branch.checked_out()
    if head is not None:
        what = f"the sync branch {sync.branch} is checked out ({head}), so nothing is exchanged"
        yield Finding("sync", "error", what, "`git switch` to another branch in that worktree")
    if sync.ingest_from and named_tip(branch, sync.ingest_from) is None:
        what = f"there is no {sync.ingest_from} (sync.ingestFrom): the code's lore is not taken in"
        hint = "`lorefs config set sync.ingestFrom BRANCH`, or `git fetch` if it is new"
        yield Finding("sync", "warning", what, hint)


def check_remote(place: Place) -> Iterator[Finding]:
    """Whether the remotes answer that were chosen for sync and for the backup."""
    sync, backup = place.config.sync, place.config.backup
    if sync.enabled or any(key.startswith("sync.") for key in place.config.origins):
        for remote in sync.remotes:
            found = _tips(place, remote, sync.branch)
            if isinstance(found, Finding):
                yield found
    if backup.enabled and backup.remote:
        found = _tips(place, backup.remote, backup.branch)
        if isinstance(found, Finding):
            yield found
        elif not found and _seen(place, backup):
            what = f"the backup is gone: {backup.remote} has no branch {backup.branch} any more"
            hint = "`lorefs backup --accept-rewrite` makes it anew from what stands here"
            yield Finding("remote", "error", what, hint)


def _tips(place: Place, remote: str, branch: str) -> str | Finding:
    """What a remote says of a branch, "" for none; a finding where it does not answer."""
    git = Git(place.git.paths, _nobody_there(place), SECONDS)
    try:
        ref = f"refs/heads/{branch}"
        return git.text("-c", "core.askPass=", "ls-remote", "--quiet", "--", remote, ref)
    except GitError as error:
        words = telling(error.words)
        what = f"the remote {remote} does not answer"
        what += f": {words}" if words else f" within {SECONDS:.0f} seconds"
        hint = f"try `git ls-remote {remote}`; what you change here waits until it answers"
        return Finding("remote", "warning", what, hint)


def _seen(place: Place, backup: Backup) -> bool:
    """Whether the last run found or left a backup on its remote."""
    slug = GitRemote(place.git, backup.remote, backup.branch).slug
    with opened(place) as store:
        return store is not None and store.remotes.state(slug).seen is not None


def _nobody_there(place: Place) -> Mapping[str, str]:
    """An environment in which neither git nor ssh asks anybody for a password."""
    env = dict(place.git.env) | {"GIT_ASKPASS": "", "SSH_ASKPASS": "", "GCM_INTERACTIVE": "never"}
    own = place.git.text("config", "--get", "core.sshCommand", allowed=(0, 1))
    ssh = env.get("GIT_SSH_COMMAND") or own or "ssh"
    if ssh.partition(" ")[0].rpartition("/")[2] == "ssh":  # others have other options
        env["GIT_SSH_COMMAND"] = f"{ssh} -o BatchMode=yes -o ConnectTimeout=5"
    return env
