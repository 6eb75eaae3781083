"""One run of the backup: fetch, merge what was opened, encrypt what changed, push.

The history of a backup is a line: a commit stands on the one that the remote leads to, and is
sent by compare-and-swap. Where another machine was faster, what it sent is fetched and merged
first, and the commit made anew. So nothing waits in commits here; what was not sent stands in
the documents.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from random import SystemRandom
from secrets import token_bytes
from typing import TYPE_CHECKING, Final

from lorefs.core.backup import (
    KEY_FILE,
    SECRET_SIZE,
    USER,
    USER_DOCUMENT,
    BackupError,
    BackupKey,
    Payload,
    label,
    ticked,
    write_key,
    write_payload,
)
from lorefs.core.document import decode, encode
from lorefs.core.plan import is_mass_deletion
from lorefs.crypto import encrypt
from lorefs.errors import DocumentError, LorefsError, UsageError
from lorefs.remote import Moved, Pushed, Refused, RemoteError
from lorefs.store.backups import Backed
from lorefs.sync.backup.documents import ids, read_own_store, worktree_texts, written
from lorefs.sync.backup.report import BackupReport
from lorefs.sync.backup.take import Taken, Taker
from lorefs.sync.backup.vault import NoBackupError, Opened, WrongKeyError
from lorefs.sync.branch.exchange import PAUSE, TRIES, RewrittenError
from lorefs.sync.progress import told
from lorefs.sync.report import Question, joined
from lorefs.worktree import sole

if TYPE_CHECKING:
    from pathlib import Path

    from lorefs.config import Backup
    from lorefs.store import Origin
    from lorefs.sync.backup.vault import Vault
    from lorefs.sync.site import Site

SENT: Final = "backup.sent"  # the commit that is being sent, "" once that is over
RECIPIENTS: Final = "backup.recipients"  # for whom the backup was encrypted last
KNOWN: Final = "backup.key"  # which backup the table is about
PLACE: Final = "backup.place"  # and which directory the user's own store was in
LOCK: Final = "backup.lock"
FETCHING: Final = "fetching the backup"
ENCRYPTING: Final = "encrypting documents"
PUSHING: Final = "sending the backup"


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of a run; `add` and `drop` are public keys, `must_exist` that of a restore."""

    accept_deletions: bool = False
    accept_rewrite: bool = False
    replace_damaged: bool = False
    must_exist: bool = False
    add: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()


def run(
    site: Site, vault: Vault, settings: Backup, user: Path, origin: Origin, wish: Wish
) -> BackupReport:
    """One run; `user` is the directory of the user's own store.

    Raises what the remote and the keys raise, after noting it for `status`.
    """
    run_ = _Run(site, vault, settings, user, origin, wish)
    try:
        with sole(site.git.paths.lorefs_dir / LOCK):
            return run_.run()
    except LorefsError as error:
        words = error.words if isinstance(error, RemoteError) and error.words else error.message
        with site.store.write():
            site.store.remotes.failed(vault.remote.slug, words, origin.at)
        raise


class _Run:
    """One run: what was taken and sent so far."""

    def __init__(
        self, site: Site, vault: Vault, settings: Backup, user: Path, origin: Origin, wish: Wish
    ) -> None:
        self.site, self.vault, self.settings, self.wish = site, vault, settings, wish
        self.user, self.at = user, origin.at
        self.taker = Taker(
            site, vault, settings.realm, user, origin, accept_deletions=wish.accept_deletions
        )
        self.report = BackupReport(vault.remote.name)

    def run(self) -> BackupReport:
        for attempt in range(TRIES):
            if attempt > 1:
                time.sleep(SystemRandom().uniform(0, PAUSE * 2**attempt))
            self.report = self.report._replace(tries=attempt + 1)
            opened = self._open()
            key = self._key(opened)
            self._settle_sent(opened.tip)
            self._meet(key)
            taken = self.taker.take(opened, key)
            payloads, anew = self._outgoing(opened, key, taken)
            self._note(key, taken, payloads)
            if not (payloads or anew or opened.key != key):
                return self._done(opened.tip, key)
            tip = self._send(opened, key, payloads, anew)
            if tip is not None:
                return self._done(tip, key)
        raise RemoteError(
            f"{self.vault.remote.name} was pushed to by others {TRIES} times in a row",
            hint="what was changed here stays here; the next run tries again",
        )

    # ---- what is there

    def _open(self) -> Opened:
        """The backup as it stands on the remote, which must not have been rewritten."""
        self.site.step("backup fetch")
        self.site.tell(FETCHING, 0, 0)
        store = self.site.store
        seen = store.remotes.state(self.vault.remote.slug).seen
        tip = self.vault.tip(seen)
        if not self.vault.holds(tip, seen):
            if not self.wish.accept_rewrite:
                raise _rewritten(self.vault.remote.name, str(seen), tip)
            with store.write():  # met for the first time, so that nothing here is taken for old
                store.backups.clear()
                store.set_state(SENT, "")
                store.remotes.succeeded(self.vault.remote.slug, tip, self.at)
        return self.vault.opened(tip)

    def _key(self, opened: Opened) -> BackupKey:
        """The key of the backup with the recipients that are wanted, or a new one."""
        own, pinned = self.vault.identity.recipients, self.settings.fingerprint
        if opened.key is None:
            if self.wish.must_exist or (pinned and not self.wish.accept_rewrite):
                raise NoBackupError(
                    f"there is no backup on {self.vault.remote.name}"
                    f" (branch {self.vault.remote.branch.removeprefix('refs/heads/')})",
                    hint="`lorefs backup setup` begins one; `lorefs backup --accept-rewrite` does"
                    " where there was one",
                )
            key = BackupKey(token_bytes(SECRET_SIZE), own)
        else:
            key = opened.key
            if pinned and key.fingerprint != pinned and not self.wish.accept_rewrite:
                raise WrongKeyError(
                    f"the backup on {self.vault.remote.name} was replaced by another one",
                    hint="nothing was sent or taken; if that was you,"
                    " `lorefs backup --accept-rewrite` follows",
                )
        wanted = dict.fromkeys((*key.recipients, *self.wish.add))
        kept = tuple(each for each in wanted if each not in self.wish.drop)
        if not set(kept) & set(own) and self.wish.drop:
            raise UsageError(
                "nobody could open the backup here any more",
                hint="keep a recipient of this machine, or name its new key with --identity",
            )
        return key._replace(recipients=kept)

    def _meet(self, key: BackupKey) -> None:
        """Forget what is known of another backup, or of a store at another place.

        A process that was started elsewhere may have other directories in its environment.
        """
        store, user = self.site.store, str(self.user)
        if (store.state(KNOWN), store.state(PLACE)) == (key.fingerprint, user):
            return
        with store.write():
            store.backups.clear(USER if store.state(KNOWN) == key.fingerprint else None)
            store.set_state(KNOWN, key.fingerprint)
            store.set_state(PLACE, user)

    def _settle_sent(self, tip: str | None) -> None:
        """Find out whether what was being sent arrived, when a run before this one was ended."""
        store, objects = self.site.store, self.vault.objects
        sent = store.state(SENT)
        if not sent:
            return
        arrived = tip is not None and objects.has(sent) and objects.is_ancestor(sent, tip)
        with store.write():
            if arrived:
                for each in store.backups.all("sent"):
                    store.backups.put(each)
            store.backups.forget_sent()
            store.set_state(SENT, "")

    # ---- what goes there

    def _outgoing(
        self, opened: Opened, key: BackupKey, taken: Taken
    ) -> tuple[dict[str, Payload], list[str]]:
        """The documents to send, and those to encrypt anew for other recipients, by tree path."""
        store = self.site.store
        bases = {(each.realm, each.path): each for each in store.backups.all()}
        device = store.state("device") or ""
        payloads: dict[str, Payload] = {}
        for (realm, path), text in self._here(bases, taken).items():
            name = key.name(realm, path)
            base = bases.get((realm, path))
            if realm in taken.doubtful or realm in taken.untaken:
                continue
            if name in taken.damaged and not self.wish.replace_damaged:
                continue
            if base is None and not text:
                continue
            is_there = name in opened.leaves and name not in taken.damaged
            if base is not None and is_there and base.data == encode(text):
                continue
            # where the last version is not known, this one must not look as if it stood on it
            least = self.at // 1000 if base is None or name in taken.damaged else 0
            clock = ticked(base.clock if base else {}, device, least)
            payloads[name] = Payload(realm, path, clock, text, written(store, path, text, base))
        if opened.key is None or opened.key.recipients == key.recipients:
            return payloads, []
        return payloads, [name for name in opened.leaves if name not in payloads]

    def _here(
        self, bases: dict[tuple[str, str], Backed], taken: Taken
    ) -> dict[tuple[str, str], str]:
        """The documents of this machine by realm and path; those that are gone have no text."""
        realm = self.settings.realm
        found = {(realm, path): "" for each, path in bases if each == realm}
        texts = worktree_texts(self.site.store)
        found |= {(realm, path): text for path, text in texts.items()}
        try:
            own = read_own_store(self.user, self.vault.limit)
        except DocumentError as error:
            taken.damaged[str(error.path)] = error
            return found
        if own.hash is None:
            return found  # a file that is gone deletes nothing
        if self._is_doubtful(own.text, bases.get((USER, USER_DOCUMENT)), taken):
            return found
        return found | {(USER, USER_DOCUMENT): own.text}

    def _is_doubtful(self, text: str, base: Backed | None, taken: Taken) -> bool:
        """Whether most of the user's own store is gone, and nobody said that it shall be."""
        if base is None or self.wish.accept_deletions:
            return False
        before, after = (ids({USER_DOCUMENT: each}) for each in (decode(base.data), text))
        gone, guard = len(before - after), self.site.config.guard
        if not is_mass_deletion(len(before), gone, guard.deletion_share, guard.deletion_count):
            return False
        reason = f"{gone} of {len(before)} entries are gone from it"
        taken.doubtful.setdefault(USER, Question(label(USER, ""), gone, reason))
        return True

    def _send(
        self, opened: Opened, key: BackupKey, payloads: dict[str, Payload], anew: list[str]
    ) -> str | None:
        """Encrypt, commit and push; the new tip, None where another machine was faster."""
        files: dict[str, bytes] = {}
        if opened.key != key:
            files[KEY_FILE] = encrypt(write_key(key), key.recipients)
        for name, payload in told(self.site, ENCRYPTING, payloads.items()):
            files[name] = encrypt(write_payload(payload, key), key.recipients)
        for name in told(self.site, ENCRYPTING, anew):
            try:
                files[name] = encrypt(
                    self.vault.decrypted(name, opened.leaves[name]), key.recipients
                )
            except BackupError:
                continue  # as damaged as it was; told where it is one of ours
        self.site.step("backup commit")
        oid, oids = self.vault.committed(opened, files, self.at)
        self._note_sent(oid, oids, key, payloads)
        self.site.step("backup push")
        self.site.tell(PUSHING, 0, 0)
        match self.vault.remote.push(oid, opened.tip):
            case Pushed():
                pass
            case Moved():
                return None
            case Refused(words):
                raise RemoteError(
                    f"{self.vault.remote.name} does not take the backup",
                    words=words,
                    hint="what was changed here stays here; ask whoever runs the server",
                )
        self.site.step("backup note")
        self.vault.keep(oid)
        sent = (payload.label for payload in payloads.values())
        self.report = self.report._replace(
            sent=tuple(sorted(sent)), reencrypted=len(files.keys() & set(anew))
        )
        return oid

    def _note_sent(
        self, oid: str, oids: dict[str, str], key: BackupKey, payloads: dict[str, Payload]
    ) -> None:
        """Remember what is about to be sent, in case nobody lives to see whether it arrives."""
        store = self.site.store
        with store.write():
            store.backups.forget_sent()
            for each in store.backups.all():
                blob = oids.get(key.name(each.realm, each.path))
                if blob is not None:
                    store.backups.put(replace(each, blob=blob), "sent")
            for name, new in payloads.items():
                data = encode(new.text)
                version = Backed(new.realm, new.path, oids[name], new.clock, data, new.times)
                store.backups.put(version, "sent")
            store.set_state(SENT, oid)

    # ---- the end

    def _note(self, key: BackupKey, taken: Taken, payloads: dict[str, Payload]) -> None:
        received = {*self.report.received, *taken.received}
        self.report = self.report._replace(
            received=tuple(sorted(received)),
            damaged=tuple(e for name, e in taken.damaged.items() if name not in payloads),
            questions=tuple(taken.doubtful.values()),
            arrived=joined(self.report.arrived, taken.report),
            fingerprint=key.fingerprint,
            recipients=key.recipients,
        )

    def _done(self, tip: str | None, key: BackupKey) -> BackupReport:
        store = self.site.store
        with store.write():
            if store.state(SENT) and store.state(SENT) == tip:
                for each in store.backups.all("sent"):
                    store.backups.put(each)
            store.backups.forget_sent()
            store.set_state(SENT, "")
            store.set_state(RECIPIENTS, "\n".join(key.recipients))
            store.remotes.succeeded(self.vault.remote.slug, tip, self.at)
        return self.report._replace(tip=tip)


def _rewritten(remote: str, seen: str, tip: str | None) -> RewrittenError:
    now = f"leads to {tip[:12]} now" if tip else "is gone"
    return RewrittenError(
        f"the backup on {remote} was rewritten: it held {seen[:12]} and {now}",
        hint="nothing was sent or taken; if that was you, `lorefs backup --accept-rewrite` follows",
    )
