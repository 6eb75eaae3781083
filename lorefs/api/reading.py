"""What a workspace tells; every method takes in first what changed in files and rows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from lorefs.api.base import Base
from lorefs.core.document import decode
from lorefs.core.model import PERSONAL
from lorefs.errors import UsageError
from lorefs.store import ALL, Change, Filter, Hit, Row
from lorefs.sync.report import Copy
from lorefs.sync.site import Request

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lorefs.api.context import Context, Question, Render
    from lorefs.api.stale import Stale
    from lorefs.sync.conflicts import Conflicts
    from lorefs.sync.past import Past
    from lorefs.sync.report import Report


NOMINATIONS: Final = "nominations"  # in the state: ids, with blanks between them


@dataclass(frozen=True, slots=True)
class Status:
    """What `lorefs status` tells."""

    entries: int
    documents: tuple[str, ...]
    report: Report
    open_conflicts: int
    sync: bool
    drafts: tuple[Copy, ...] = ()  # personal entries that differ from the team's with their id
    nominations: tuple[str, ...] = ()  # ids of personal entries that are worth promoting


class Reading(Base):
    """The lore of a worktree, read."""

    def reconcile(
        self, *, restore: bool = False, accept_deletions: bool = False, discover: bool = False
    ) -> Report:
        """Take in what changed; look for new documents everywhere with `discover`.

        `restore` writes missing files again, `accept_deletions` deletes their entries.
        """
        request = Request(
            self._origin("editor"),
            restore=restore,
            accept_deletions=accept_deletions,
            discover=discover,
        )
        return self._reconcile(request)

    def entries(self, where: Filter = ALL) -> list[Row]:
        """The rows of a filter."""
        self.take_in()
        return self.store.entries.rows(where)

    def get(self, reference: str) -> Row:
        """The entry whose id is, starts or ends with `reference`."""
        self.take_in()
        return self.store.entries.resolve(reference)

    def note_use(self, idents: Iterable[str]) -> None:
        """Count entries as read by somebody, on this machine alone; takes no lock."""
        if self.store.reads.note(idents, self._clock()):
            self.store.add_reads_up()

    def search(self, query: str, where: Filter = ALL, limit: int = 20) -> list[Hit]:
        """The best hits of a full-text query, whatever its syntax."""
        self.take_in()
        return self.store.search.find(query, where, limit)

    def similar(self, reference: str, limit: int = 10) -> list[Hit]:
        """The entries most like an entry, or like a text."""
        self.take_in()
        try:
            entry = self.store.entries.resolve(reference).entry
        except UsageError:
            return self.store.search.similar(reference, limit=limit)
        text = f"{entry.title} {entry.content}"
        return self.store.search.similar(text, without=entry.id, limit=limit)

    def context(self, question: Question, render: Render | None = None) -> Context:
        """The entries that matter for some files and a query, within a budget of tokens.

        `render` makes the text of an entry whose tokens count, from its row and its score;
        without it that is a section of Markdown.
        Raises `UsageError` for a path that leads out of the worktree.
        """
        from lorefs.api.context import context, plain

        self.take_in()
        return context(self.store, self.root, self.config, question, render or plain)

    def stale(self) -> list[Stale]:
        """The entries that may not hold any more: see `lorefs.api.stale`."""
        from lorefs.api.stale import stale

        self.take_in()
        return stale(self.store, self.site.git, self._clock(), self.config.stale.unused_after)

    def log(self, reference: str | None = None, limit: int | None = 50) -> list[Change]:
        """The newest changes first, of one entry or of all."""
        from lorefs.sync.past import logged_id

        self.take_in()
        entry = None if reference is None else logged_id(self.store, reference)
        return self.store.log.changes(entry=entry, limit=limit)

    def documents(self) -> dict[str, str]:
        """The texts of all shared documents as they are now, by path."""
        self.take_in()
        known = self.store.documents
        shared = [state.path for state in known.states() if state.scope != PERSONAL]
        return {path: decode(known.current(path) or b"") for path in shared}

    def status(self) -> Status:
        """Where things stand, with what could not be taken in."""
        report = self.take_in()
        return Status(
            self.store.entries.count(),
            tuple(state.path for state in self.store.documents.states()),
            report,
            len(self.conflicts.open()),
            self.config.sync.enabled,
            tuple(Copy(*pair) for pair in sorted(self.store.copies.drafts().items())),
            self._nominations(),
        )

    def _nominations(self) -> tuple[str, ...]:
        """Those of the list that is kept which still are nobody else's."""
        if not self.config.suggest.auto:
            return ()
        dismissed = self.store.log.dismissed()
        known = (self.store.state(NOMINATIONS) or "").split()
        rows = ((ident, self.store.entries.get(ident)) for ident in known if ident not in dismissed)
        return tuple(
            ident
            for ident, row in rows
            if row and (row.entry.scope, row.entry.status) == (PERSONAL, "active")
        )

    @cached_property
    def conflicts(self) -> Conflicts:
        """The ledger: what automatic resolutions discarded, and how to settle it."""
        from lorefs.sync.conflicts import Conflicts

        return Conflicts(self.site, self.take_in, self._apply)

    @cached_property
    def past(self) -> Past:
        """What entries were at a revision, in a commit or at a time, and how to bring it back."""
        from lorefs.sync.past import Past

        return Past(self.site, self.take_in, self._apply)
