"""What a reconcile did, and what it leaves to people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lorefs.core.approval import Moved
    from lorefs.core.document import Document
    from lorefs.core.ledger import Discard
    from lorefs.errors import LorefsError


class Waiting(NamedTuple):
    """A document that was left alone for now."""

    document: str
    reason: str


class Question(NamedTuple):
    """A document whose deletion, or that of entries of it, nobody confirmed yet.

    `hint` says how to go on where the commands are not those for files that are gone.
    """

    document: str
    entries: int
    reason: str
    hint: str = ""


class Copy(NamedTuple):
    """A further entry with an id that is in use; it has no row."""

    entry: str
    document: str


class Report(NamedTuple):
    """The outcome of one reconcile; empty where nothing had changed."""

    added: tuple[str, ...] = ()
    edited: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    written: tuple[str, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    questions: tuple[Question, ...] = ()
    copies: tuple[Copy, ...] = ()
    drafts: tuple[Copy, ...] = ()  # copies that are personal, beside an entry of the team's
    refusals: tuple[LorefsError, ...] = ()
    discards: int = 0
    conflicts: tuple[str, ...] = ()  # new records of the ledger that somebody has to look at
    moved: tuple[Moved, ...] = ()  # what waits for approval now, or was put back

    @property
    def changes(self) -> int:
        """How many rows changed."""
        return len(self.added) + len(self.edited) + len(self.deleted)


NOTHING: Final = Report()


class Notes:
    """What a reconcile gathers on the way to a report, and what it notes of files with it."""

    def __init__(
        self,
        waiting: Iterable[Waiting] = (),
        questions: Iterable[Question] = (),
        refusals: Iterable[LorefsError] = (),
    ) -> None:
        self.waiting, self.questions = list(waiting), list(questions)
        self.refusals = list(refusals)
        self.discards: list[Discard] = []
        self.bases: dict[str, bytes | None] = {}  # what files say now
        self.brought: dict[str, str] = {}  # commits whose versions files hold
        self.verbatim: dict[str, Document] = {}  # documents that say just that
        self.moved: list[Moved] = []  # what the team's policy did not let through


def joined(*reports: Report) -> Report:
    """One report of several in a row; what waits is what the last one that did anything says."""
    told = [report for report in reports if report != Report()]
    if not told:
        return Report()
    return told[-1]._replace(
        added=tuple(ident for report in told for ident in report.added),
        edited=tuple(ident for report in told for ident in report.edited),
        deleted=tuple(ident for report in told for ident in report.deleted),
        written=tuple(path for report in told for path in report.written),
        discards=sum(report.discards for report in told),
        conflicts=tuple(ident for report in told for ident in report.conflicts),
        moved=tuple(moved for report in told for moved in report.moved),
    )
