"""Turns the backup on and off in a clone: what stands where, which names it gets, which key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lorefs.core.backup import USER, BackupError, read_payload, realm_of_root, realm_of_url
from lorefs.crypto import make_identity, read_identity
from lorefs.errors import UsageError
from lorefs.remote import GitRemote
from lorefs.repo import head_oid
from lorefs.repo.incomplete import shallow_commits
from lorefs.sync.backup.documents import read_own_store, worktree_texts
from lorefs.sync.backup.vault import NoBackupError, Vault

if TYPE_CHECKING:
    from pathlib import Path

    from lorefs.config import Backup
    from lorefs.crypto import Identity
    from lorefs.repo import Git
    from lorefs.sync.backup.vault import Opened
    from lorefs.sync.site import Site

_SHOWN: Final = 20  # other repositories of a backup that are looked at to name them


@dataclass(frozen=True, slots=True)
class BackupSurvey:
    """What stands here and on the remote before anything is changed.

    `there` is the tip on the remote, None without a backup; `new_key` says that a private key
    will be made in the file `identity`.
    """

    remote: str
    branch: str
    documents: tuple[str, ...]
    own_store: bool
    there: str | None
    identity: Path
    new_key: bool


def survey(
    site: Site, settings: Backup, user: Path, identity: Path, *, interactive: bool
) -> BackupSurvey:
    """Look at both sides; asks the remote. Raises `RemoteError` where it does not answer."""
    remote = GitRemote(site.git, settings.remote, settings.branch, interactive=interactive)
    texts = worktree_texts(site.store)
    own = read_own_store(user, site.config.limits.document_size)
    return BackupSurvey(
        settings.remote,
        settings.branch,
        tuple(path for path, text in texts.items() if text),
        bool(own.text),
        remote.poll(),
        identity,
        not identity.exists(),
    )


def key_at(path: Path, *, make: bool) -> tuple[Identity, str | None]:
    """The private key in a file, and the same as text if it was made now."""
    made = None
    if not path.exists() and not path.is_symlink():
        if not make:
            raise NoBackupError(
                "there is no key on this machine that could open a backup",
                path=str(path),
                hint="copy the key there from where you keep it, or name it with --identity FILE",
            )
        made = make_identity(path)
    return read_identity(path), made


def vault_of(site: Site, settings: Backup, identity: Identity, *, interactive: bool) -> Vault:
    """The backup that some settings name."""
    remote = GitRemote(site.git, settings.remote, settings.branch, interactive=interactive)
    return Vault(site.git, remote, identity, site.config.limits.document_size)


def realm_candidates(git: Git, backup_remote: str) -> list[str]:
    """What this repository may be called, the best name first; never by a path of this machine."""
    names = [name for name in git.text("remote").split() if name != backup_remote]
    names.sort(key=lambda name: (name != "origin", name))
    urls = (git.text("remote", "get-url", name, allowed=(0, 1, 2, 128)) for name in names)
    found = [realm for realm in map(realm_of_url, urls) if realm]
    if head_oid(git.paths) and not shallow_commits(git.paths):
        roots = git.text("rev-list", "--first-parent", "--max-parents=0", "HEAD").split()
        found += [realm_of_root(root) for root in roots[:1]]
    return list(dict.fromkeys(found))


def choose_realm(candidates: list[str], opened: Opened) -> str:
    """The name under which the backup has this repository, else the best one."""
    if not candidates:
        raise UsageError(
            "this repository has neither a remote nor a commit to be known by",
            hint="name it with --realm NAME, the same on all machines",
        )
    return next(filter(opened.holds, candidates), candidates[0])


def realms(vault: Vault, opened: Opened) -> tuple[str, ...]:
    """The names of the repositories that a backup holds."""
    if opened.key is None:
        return ()
    found: dict[str, str] = {}
    for name, leaf in sorted(opened.leaves.items()):
        folder = name.partition("/")[0]
        if folder in found or len(found) >= _SHOWN:
            continue
        try:
            payload = read_payload(vault.decrypted(name, leaf), opened.key, name, vault.limit)
        except BackupError:
            continue
        found[folder] = payload.realm
    return tuple(sorted(realm for realm in found.values() if realm != USER))


def turn_on(site: Site, settings: Backup) -> list[str]:
    """Write the settings of this clone; returns what was changed, in words."""
    wanted = {
        "remote": settings.remote,
        "branch": settings.branch,
        "realm": settings.realm,
        "identity": settings.identity,
        "fingerprint": settings.fingerprint,
        "enabled": "true",
    }
    done = []
    known = site.config.backup._asdict()
    for name, value in wanted.items():
        if str(known[name]).lower() != value:
            site.git.run("config", "--local", f"lorefs.backup.{name}", value)
            done.append(f"set lorefs.backup.{name} to {value} in git's configuration")
    return done


def turn_off(site: Site) -> list[str]:
    """No more backups from this clone; the backup and the key stay where they are."""
    if not site.config.backup.enabled:
        return []
    site.git.run("config", "--local", "lorefs.backup.enabled", "false")
    return ["set lorefs.backup.enabled to false in git's configuration"]
