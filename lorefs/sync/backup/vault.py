"""The backup on its remote: its tip, what stands in its trees, and new commits of it.

Its branch is never a branch here: what was fetched or sent stands behind a ref in
`refs/lorefs/fetched/`. All that is written into the object database is encrypted before.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

from lorefs.core.backup import KEY_FILE, KEY_LIMIT, SUFFIX, BackupError, BackupKey, read_key
from lorefs.core.message import FORMAT, FORMAT_VERSION, message
from lorefs.crypto import MARGIN, PER_RECIPIENT, CryptoError, decrypt
from lorefs.errors import RefusedError
from lorefs.repo import ref_oid
from lorefs.repo.objects import EXECUTABLE, FILE, RefMovedError, Signature, open_objects

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lorefs.crypto import Identity
    from lorefs.remote import GitRemote
    from lorefs.repo import Git
    from lorefs.repo.objects import Leaf, Objects

RECIPIENTS: Final = 64  # at most
HEADERS: Final = 64 << 10  # bytes of a payload besides the text and the times of its entries
_WHO: Final = ("lorefs", "backup@lorefs.invalid")
_SUBJECT: Final = "Back up personal lore"


class NoBackupError(RefusedError):
    """There is no backup on the remote, or it is not one of lorefs."""


class WrongKeyError(RefusedError):
    """A backup cannot be opened with the key at hand, or is not the one known here."""


class Opened(NamedTuple):
    """One state of the backup.

    `tip` and `key` are None where there is none yet. `leaves` are the encrypted documents by
    their paths in the tree.
    """

    tip: str | None
    tree: str | None
    key: BackupKey | None
    leaves: Mapping[str, Leaf]

    def holds(self, realm: str) -> bool:
        """Whether there are documents of a realm."""
        if self.key is None:
            return False
        folder = self.key.folder(realm)
        return any(path.partition("/")[0] == folder for path in self.leaves)


@dataclass(frozen=True)
class Vault:
    """The backup of one remote; `limit` is the size of a document in bytes."""

    git: Git
    remote: GitRemote
    identity: Identity
    limit: int

    @cached_property
    def objects(self) -> Objects:
        """The object database."""
        return open_objects(self.git)

    def close(self) -> None:
        """Close what was opened."""
        if "objects" in self.__dict__:
            self.objects.close()

    def tip(self, seen: str | None) -> str | None:
        """The remote's tip, fetched if it is another than the one seen last."""
        found = self.remote.poll()
        if found is None or (found == seen and self.objects.has(found)):
            return found
        return self.remote.fetch()

    def holds(self, tip: str | None, seen: str | None) -> bool:
        """Whether a tip stands on the one seen last."""
        if seen is None or seen == tip:
            return True
        objects = self.objects
        return tip is not None and objects.has(seen) and objects.is_ancestor(seen, tip)

    def opened(self, tip: str | None) -> Opened:
        """What stands in a commit. Raises `NoBackupError` and `WrongKeyError`."""
        if tip is None:
            return Opened(None, None, None, {})
        tree = self.objects.commit(tip).tree
        leaves = self.objects.leaves(tree)
        found = leaves.pop(KEY_FILE, None)
        if found is None:
            raise NoBackupError(
                f"{self.remote.branch.removeprefix('refs/heads/')} of {self.remote.name}"
                " is no backup of lorefs",
                hint="name another branch with --branch, or delete that one on the remote",
            )
        try:
            key = read_key(self._decrypted(KEY_FILE, found, KEY_LIMIT))
        except BackupError as error:
            raise WrongKeyError(
                f"the backup on {self.remote.name} cannot be opened: {error.message}",
                hint="it was encrypted for other keys; on a machine that can open it,"
                f" `lorefs backup setup --recipient {_quoted(self.identity.recipients[0])}`"
                " adds yours",
            ) from error
        files = {path: leaf for path, leaf in leaves.items() if path.endswith(SUFFIX)}
        return Opened(tip, tree, key, files)

    def decrypted(self, name: str, leaf: Leaf) -> bytes:
        """The payload of a document; raises `BackupError` for what cannot be used."""
        return self._decrypted(name, leaf, 2 * self.limit + HEADERS)

    def _decrypted(self, name: str, leaf: Leaf, limit: int) -> bytes:
        """Sizes are bounded before and after."""
        if leaf.mode not in {FILE, EXECUTABLE}:
            raise _bad(name, "it is no regular file")
        most = limit + limit // 1024 + MARGIN + RECIPIENTS * PER_RECIPIENT
        if self.objects.sizes({leaf.oid})[leaf.oid] > most:
            raise _bad(name, f"it is larger than {most:,} bytes")
        try:
            return decrypt(self.objects.blobs({leaf.oid})[leaf.oid], self.identity, limit)
        except CryptoError as error:
            raise _bad(name, error.message) from error

    def committed(
        self, opened: Opened, changes: Mapping[str, bytes], at: int
    ) -> tuple[str, dict[str, str]]:
        """A new commit with encrypted files, and their oids by path; no ref leads to it yet."""
        tree = self.objects.write_tree(opened.tree, dict(changes))
        who = Signature(*_WHO, at // 1000)
        text = message(_SUBJECT, [(FORMAT, str(FORMAT_VERSION))])
        parents = (opened.tip,) if opened.tip else ()
        oid = self.objects.write_commit(tree, parents, text, who, who)
        leaves = self.objects.leaves_at(tree, list(changes))
        return oid, {path: leaf.oid for path, leaf in leaves.items()}

    def keep(self, oid: str) -> None:
        """Remember a commit that the remote leads to now, so that it is not fetched again."""
        with suppress(RefMovedError):  # another worktree fetched in the same moment
            before = ref_oid(self.git.paths, self.remote.fetched) or None
            if before != oid:
                self.objects.move(self.remote.fetched, oid, before, "lorefs: sent")


def _quoted(recipient: str) -> str:
    """A public key as a shell takes it for one word."""
    return f"'{recipient}'" if " " in recipient else recipient


def _bad(name: str, cause: str) -> BackupError:
    return BackupError(
        f"{name} of the backup cannot be used: {cause}",
        path=name,
        hint="nothing of it was taken, and it was left as it is",
    )
