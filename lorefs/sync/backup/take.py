"""Takes from the backup what other machines put there: opened, checked, merged, then written."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from lorefs.core.backup import (
    USER,
    USER_DOCUMENT,
    BackupError,
    Payload,
    label,
    read_payload,
    stands_on,
    united,
)
from lorefs.core.document import decode, encode, parse
from lorefs.core.merge import Settings, Sides, merge_corpus
from lorefs.core.plan import is_mass_deletion
from lorefs.errors import LorefsError, RefusedError
from lorefs.store.backups import Backed
from lorefs.sync.backup.documents import (
    Times,
    corpus_texts,
    ids,
    read_own_store,
    write_own_store,
)
from lorefs.sync.branch.news import ARRIVED
from lorefs.sync.progress import told
from lorefs.sync.reconcile.run import reconcile
from lorefs.sync.report import NOTHING, Question, Report, joined
from lorefs.sync.site import Request
from lorefs.worktree import ChangedMeanwhileError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lorefs.core.backup import BackupKey
    from lorefs.core.merge import MergedCorpus
    from lorefs.store import Origin
    from lorefs.sync.backup.vault import Opened, Vault
    from lorefs.sync.corpus import Corpus
    from lorefs.sync.site import Site

OPENING: Final = "opening the backup"
_TRIES: Final = 8  # how often the user's own store may be saved meanwhile


class DoubtfulBackupError(RefusedError):
    """What arrives deletes so much that somebody has to confirm it; nothing was taken."""

    def __init__(self, question: Question) -> None:
        super().__init__(question.reason, path=question.document)
        self.question = question


class Arrival(NamedTuple):
    """A document that the backup holds in another version than the one known here.

    `base` is that one, None if there is none on which both stand.
    """

    payload: Payload
    blob: str
    base: Backed | None
    clock: Mapping[str, int]

    @property
    def backed(self) -> Backed:
        """The version, as one that this machine knows."""
        each = self.payload
        data = encode(each.text)
        return Backed(each.realm, each.path, self.blob, self.clock, data, each.times)


@dataclass(slots=True)
class Taken:
    """What was taken so far.

    `damaged` are errors by path in the tree, `doubtful` questions by realm. Of the realms
    `untaken` nothing may be sent either.
    """

    damaged: dict[str, LorefsError] = field(default_factory=dict)
    doubtful: dict[str, Question] = field(default_factory=dict)
    untaken: set[str] = field(default_factory=set)
    received: list[str] = field(default_factory=list)
    report: Report = NOTHING


@dataclass(frozen=True, slots=True)
class Taker:
    """Takes what arrives for a worktree, and for the user's own store in `user`."""

    site: Site
    vault: Vault
    realm: str
    user: Path
    origin: Origin
    accept_deletions: bool = False

    def take(self, opened: Opened, key: BackupKey) -> Taken:
        """Take in all that is new; what cannot be used is left alone, the rest is not."""
        taken = Taken()
        arrivals = self._arrivals(opened, key, taken)
        for realm, apply in ((self.realm, self._take_documents), (USER, self._take_own_store)):
            found = [each for each in arrivals if each.payload.realm == realm]
            if not found:
                continue
            try:
                taken.report = joined(taken.report, apply(found))
            except DoubtfulBackupError as error:
                taken.doubtful[realm] = error.question
            except RefusedError as error:  # its own file cannot be read or written now
                if realm != USER:
                    raise
                taken.damaged[error.path or USER] = error
                taken.untaken.add(realm)
            else:
                taken.received += [each.payload.label for each in found]
        return taken

    def _arrivals(self, opened: Opened, key: BackupKey, taken: Taken) -> list[Arrival]:
        bases = {key.name(each.realm, each.path): each for each in self.site.store.backups.all()}
        folders = {key.folder(realm) for realm in (self.realm, USER)}
        changed = [
            (name, leaf)
            for name, leaf in sorted(opened.leaves.items())
            if name.partition("/")[0] in folders
            and (name not in bases or bases[name].blob != leaf.oid)
        ]
        found: list[Arrival] = []
        for name, leaf in told(self.site, OPENING, changed):
            base = bases.get(name)
            try:
                data = self.vault.decrypted(name, leaf)
                payload = read_payload(data, key, name, self.vault.limit)
                if base is None or not _is_again(base, payload, name):
                    found.append(_arrival(payload, leaf.oid, base))
                    continue
            except BackupError as error:
                taken.damaged[name] = error if base is None else _named(error, base)
                continue
            with self.site.store.write():
                self.site.store.backups.put(replace(base, blob=leaf.oid))
        return found

    # ---- the worktree

    def _take_documents(self, arrivals: list[Arrival]) -> Report:
        origin = self.origin._replace(source=ARRIVED)
        paths = tuple(each.payload.path for each in arrivals)
        change = partial(self._apply, arrivals)
        return reconcile(self.site, Request(origin, change, arrives=True, paths=paths))

    def _apply(self, arrivals: list[Arrival], corpus: Corpus) -> None:
        store = self.site.store
        ours = corpus_texts(corpus, (each.payload.path for each in arrivals))
        merged = self._merged(self.realm, arrivals, ours)
        for path, before in ours.items():
            after = merged.documents.get(path, "")
            if after != before:
                corpus.put(path, parse(after))
        self.site.step("backup apply")
        store.ledger.record(merged.discards, self.origin.at)
        for each in arrivals:
            store.backups.put(each.backed)

    def _merged(self, realm: str, arrivals: list[Arrival], ours: Mapping[str, str]) -> MergedCorpus:
        """What stands here merged with what arrived; raises `DoubtfulBackupError`."""
        known = [each for each in self.site.store.backups.all() if each.realm == realm]
        base = {each.path: decode(each.data) for each in known}
        theirs = base | {each.payload.path: each.payload.text for each in arrivals}
        for each in arrivals:
            if each.base is None:  # both count, as if they met for the first time
                base.pop(each.payload.path, None)
        times: dict[str, int] = {}
        for mapping in (*(x.times for x in known), *(x.payload.times for x in arrivals)):
            times.update(mapping)
        merged = merge_corpus(
            Sides(base, {**dict.fromkeys(base, ""), **ours}, theirs),
            settings=Settings(on_clash="last-write"),
            history=Times(self.site.store, times),
        )
        if not self.accept_deletions:
            self._doubt(realm, arrivals, ours, merged)
        return merged

    def _doubt(
        self, realm: str, arrivals: list[Arrival], ours: Mapping[str, str], merged: MergedCorpus
    ) -> None:
        before, after = ids(ours), ids(merged.documents)
        gone, guard = len(before - after), self.site.config.guard
        if is_mass_deletion(len(before), gone, guard.deletion_share, guard.deletion_count):
            reason = f"{gone} of {len(before)} entries would vanish with what arrived"
            name = label(realm, arrivals[0].payload.path)
            raise DoubtfulBackupError(Question(name, gone, reason))

    # ---- the user's own store

    def _take_own_store(self, arrivals: list[Arrival]) -> Report:
        store = self.site.store
        tries = 0
        while True:
            known = read_own_store(self.user, self.vault.limit)
            if known.hash is None:  # a file that is gone deletes nothing
                arrivals = [each._replace(base=None) for each in arrivals]
            merged = self._merged(USER, arrivals, {USER_DOCUMENT: known.text})
            text = merged.documents.get(USER_DOCUMENT, "")
            tries += 1
            try:
                if text != known.text:
                    write_own_store(self.user, text, known.hash)
            except ChangedMeanwhileError:
                if tries == _TRIES:
                    raise
            else:
                break
        self.site.step("backup own store")
        with store.write():
            store.ledger.record(merged.discards, self.origin.at)
            for each in arrivals:
                store.backups.put(each.backed)
        return NOTHING


def _arrival(payload: Payload, blob: str, base: Backed | None) -> Arrival:
    """What arrived, with the base that it stands on.

    A version that does not stand on the one known here was made by who could not read that.
    """
    if base is None:
        return Arrival(payload, blob, None, payload.clock)
    related = payload.clock != base.clock and stands_on(payload.clock, base.clock)
    return Arrival(payload, blob, base if related else None, united(payload.clock, base.clock))


def _is_again(base: Backed, new: Payload, name: str) -> bool:
    """Whether this is the known version, encrypted anew.

    Raises `BackupError` for an older one, which somebody put back.
    """
    if new.clock == base.clock:
        return encode(new.text) == base.data
    if not stands_on(base.clock, new.clock):
        return False
    raise BackupError(
        f"{name} of the backup cannot be used: it is no newer than what was taken from there",
        path=name,
        hint="somebody put an old version back; `lorefs backup --replace-damaged` sends yours",
    )


def _named(error: BackupError, base: Backed) -> BackupError:
    """An error that says which document it is about."""
    name = label(base.realm, base.path)
    return BackupError(f"{error.message} (it held {name})", path=error.path, hint=error.hint)
