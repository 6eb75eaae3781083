"""What one run of the backup did, and what it left alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lorefs.sync.report import NOTHING

if TYPE_CHECKING:
    from lorefs.errors import LorefsError
    from lorefs.store import RemoteState
    from lorefs.sync.report import Question, Report


class BackupReport(NamedTuple):
    """The outcome of one run.

    `sent` and `received` name documents. `damaged` says which parts of the backup could not be
    used, and `questions` what would delete most entries; both stay as they are on both sides.
    `recipients` are the public keys for whom the backup is encrypted, `fingerprint`
    tells it from others.
    """

    remote: str
    tip: str | None = None
    fingerprint: str = ""
    recipients: tuple[str, ...] = ()
    sent: tuple[str, ...] = ()
    received: tuple[str, ...] = ()
    reencrypted: int = 0
    damaged: tuple[LorefsError, ...] = ()
    questions: tuple[Question, ...] = ()
    reconciled: Report = NOTHING
    arrived: Report = NOTHING
    tries: int = 0

    @property
    def ok(self) -> bool:
        """Whether the backup holds all that stands here, and nobody has to be asked."""
        return not (self.damaged or self.questions)


class Kept(NamedTuple):
    """One document, and whether the backup holds what it says now."""

    document: str
    backed_up: bool


class BackupStatus(NamedTuple):
    """Where the backup stands, as far as is known here."""

    enabled: bool
    remote: str
    branch: str
    realm: str
    identity: str
    fingerprint: str
    recipients: tuple[str, ...]
    documents: tuple[Kept, ...]
    state: RemoteState

    @property
    def ok(self) -> bool:
        """Whether nothing waits, and the last try worked."""
        return not self.state.failures and all(each.backed_up for each in self.documents)
