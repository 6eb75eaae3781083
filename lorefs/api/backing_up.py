"""How a workspace keeps an encrypted backup of personal documents."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from lorefs.api.reading import Reading
from lorefs.core.document import encode
from lorefs.errors import DocumentError, RefusedError, UsageError
from lorefs.sync.report import NOTHING

if TYPE_CHECKING:
    from lorefs.config import Backup
    from lorefs.store import RemoteState
    from lorefs.sync.backup.report import BackupReport, BackupStatus, Kept
    from lorefs.sync.backup.run import Wish
    from lorefs.sync.backup.setup import BackupSurvey


class BackupSetup(NamedTuple):
    """What turning the backup on did: `done` in words, and the first run.

    `secret` is the private key if it was made now. `realms` are the repositories that the
    backup holds, where this one is not among them.
    """

    done: tuple[str, ...]
    report: BackupReport
    settings: Backup
    secret: str | None = None
    realms: tuple[str, ...] = ()


class BackingUp(Reading):
    """The personal lore of a worktree, backed up."""

    def backup(
        self,
        *,
        accept_deletions: bool = False,
        accept_rewrite: bool = False,
        replace_damaged: bool = False,
        rescan: bool = True,
        interactive: bool = False,
    ) -> BackupReport:
        """One run: fetch, merge what was opened, encrypt what changed, push.

        Without `rescan` no file of the worktree is looked at before. What cannot be used of the
        backup is in the report; trouble with the remote or the key is raised, as `RemoteError`,
        `WrongKeyError`, `NoBackupError`, `RewrittenError` or `CryptoError`. Raises `RefusedError`
        where the backup is off.
        """
        from lorefs.sync.backup.run import Wish

        settings = self._backup_settings()
        wish = Wish(accept_deletions, accept_rewrite, replace_damaged)
        report = self._run_backup(settings, wish, rescan=rescan, interactive=interactive)
        if accept_rewrite and report.fingerprint != settings.fingerprint:
            self.site.git.run("config", "--local", "lorefs.backup.fingerprint", report.fingerprint)
        return report

    def backup_survey(
        self, remote: str | None, *, branch: str | None = None, identity: Path | None = None
    ) -> BackupSurvey:
        """What stands here and on a remote; asks it, and changes nothing.

        Where the backup is on, its settings are what is not given.
        """
        from lorefs.crypto import require
        from lorefs.sync.backup.setup import survey

        require()
        self.reconcile(discover=True)
        settings = self._wanted(remote, branch, None, identity)
        place = Path(settings.identity)
        return survey(self.site, settings, own_store(), place, interactive=True)

    def set_up_backup(  # noqa: PLR0913  # what a person may choose, each by its name
        self,
        remote: str | None,
        *,
        branch: str | None = None,
        realm: str | None = None,
        identity: Path | None = None,
        add: tuple[str, ...] = (),
        drop: tuple[str, ...] = (),
        restore: bool = False,
        interactive: bool = False,
    ) -> BackupSetup:
        """Turn the backup on in this clone and run it once; makes a private key where none is.

        `add` and `drop` are public keys. With `restore` there has to be a backup and a key, and
        what it holds is united with what stands here, as if both met for the first time.
        """
        from lorefs.sync.backup import setup as setting_up
        from lorefs.sync.backup.run import Wish

        settings = self._wanted(remote, branch, realm, identity)
        key, secret = setting_up.key_at(Path(settings.identity), make=not restore)
        vault = setting_up.vault_of(self.site, settings, key, interactive=interactive)
        try:
            opened = vault.opened(vault.tip(None))
            if not settings.realm:
                candidates = setting_up.realm_candidates(self.site.git, settings.remote)
                settings = settings._replace(realm=setting_up.choose_realm(candidates, opened))
            others: tuple[str, ...] = ()
            if opened.key and not opened.holds(settings.realm):
                others = setting_up.realms(vault, opened)
        finally:
            vault.close()
        if restore:
            with self.store.write():
                self.store.backups.clear()
        wish = Wish(must_exist=restore, add=add, drop=drop)
        report = self._run_backup(settings, wish, interactive=interactive)
        settings = settings._replace(fingerprint=report.fingerprint, enabled=True)
        done = setting_up.turn_on(self.site, settings)
        return BackupSetup(tuple(done), report, settings, secret, others)

    def disable_backup(self) -> list[str]:
        """No more backups from this clone; returns what was changed, in words, if anything."""
        from lorefs.sync.backup.setup import turn_off

        return turn_off(self.site)

    def backup_status(self) -> BackupStatus:
        """Where the backup stands, as far as is known here; no network."""
        from lorefs.sync.backup.documents import worktree_texts
        from lorefs.sync.backup.report import BackupStatus
        from lorefs.sync.backup.run import RECIPIENTS

        settings = self._backup_settings()
        self.take_in()
        held = {(each.realm, each.path): each.data for each in self.store.backups.all()}
        realm = settings.realm
        texts = {(realm, path): text for path, text in worktree_texts(self.store).items()}
        gone = {place: "" for place in held if place[0] == realm and place not in texts}
        known = sorted((texts | gone).items())
        kept = [_kept(place, text, held) for place, text in known if text or held.get(place)]
        kept += self._own_store_kept(held)
        recipients = (self.store.state(RECIPIENTS) or "").split("\n")
        return BackupStatus(
            settings.enabled,
            settings.remote,
            settings.branch,
            realm,
            settings.identity,
            settings.fingerprint,
            tuple(filter(None, recipients)),
            tuple(kept),
            self.backup_remote(),
        )

    def backup_remote(self) -> RemoteState:
        """How the last runs went."""
        from lorefs.remote import GitRemote

        settings = self.config.backup
        remote = GitRemote(self.site.git, settings.remote, settings.branch)
        return self.store.remotes.state(remote.slug)._replace(name=remote.name)

    def _own_store_kept(self, held: dict[tuple[str, str], bytes]) -> list[Kept]:
        from lorefs.sync.backup.documents import read_own_store

        try:
            text = read_own_store(own_store(), self.config.limits.document_size).text
        except DocumentError:
            text = "\0"  # whatever it says, nobody can back it up
        from lorefs.core.backup import USER, USER_DOCUMENT

        return [_kept((USER, USER_DOCUMENT), text, held)] if text else []

    def _run_backup(
        self, settings: Backup, wish: Wish, *, rescan: bool = True, interactive: bool = False
    ) -> BackupReport:
        from lorefs.sync.backup.run import run
        from lorefs.sync.backup.setup import key_at, vault_of

        identity, _ = key_at(Path(settings.identity), make=False)
        reconciled = self.reconcile(discover=True) if rescan else NOTHING
        vault = vault_of(self.site, settings, identity, interactive=interactive)
        try:
            report = run(self.site, vault, settings, own_store(), self._origin("sync"), wish)
        finally:
            vault.close()
            self.site.tell("", 0, 0)
        return report._replace(reconciled=reconciled)

    def _backup_settings(self) -> Backup:
        settings = self.config.backup
        if not (settings.enabled and settings.remote and settings.identity and settings.realm):
            raise RefusedError(
                "the backup is off in this clone",
                hint="`lorefs backup setup REMOTE` turns it on, `lorefs backup restore REMOTE`"
                " where there is one already",
            )
        return settings

    def _wanted(
        self, remote: str | None, branch: str | None, realm: str | None, identity: Path | None
    ) -> Backup:
        """The settings of this clone with what somebody wants else."""
        known = self.config.backup
        if not (remote or known.remote):
            raise UsageError(
                "which remote is to hold the backup?",
                hint="name one of yours, or its address: `lorefs backup setup REMOTE`",
            )
        same = remote in {None, known.remote} and branch in {None, known.branch}
        return known._replace(
            remote=remote or known.remote,
            branch=branch or known.branch,
            realm=realm or (known.realm if same else ""),
            identity=str(identity or known.identity or default_identity()),
            fingerprint=known.fingerprint if same else "",
        )


def own_store() -> Path:
    """The directory of the user's own store, which every repository of that user shows."""
    from platformdirs import user_data_path

    # whoever keeps it elsewhere has put a link there
    return (user_data_path("lorefs", appauthor=False) / "personal").resolve()


def default_identity() -> Path:
    """The file of the private key for backups, where nothing else is configured."""
    from platformdirs import user_config_path

    return user_config_path("lorefs", appauthor=False) / "backup.key"


def _kept(place: tuple[str, str], text: str, held: dict[tuple[str, str], bytes]) -> Kept:
    from lorefs.core.backup import label
    from lorefs.sync.backup.report import Kept

    return Kept(label(*place), held.get(place) == encode(text))
