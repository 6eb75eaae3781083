"""What a workspace tells; every method takes in first what changed in files and rows."""

from __future__ import annotations

from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from lorefs.api.base import Base
from lorefs.core.document import decode
from lorefs.core.guests import is_guest
from lorefs.core.model import PERSONAL
from lorefs.errors import UsageError
from lorefs.store import ALL, OWN, Change, Filter, Hit, Row
from lorefs.sync.report import Copy
from lorefs.sync.site import APPLIED, Request

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lorefs.api.context import Context, Question, Render
    from lorefs.api.stale import Stale
    from lorefs.core.judgement import Standing
    from lorefs.sync.decisions.conflicts import Conflicts
    from lorefs.sync.decisions.past import Past
    from lorefs.sync.report import Report


NOWHERE: Final[Mapping[str, int]] = MappingProxyType({})
NOMINATIONS: Final = "nominations"  # in the state: ids, with blanks between them


class Status(NamedTuple):
    """What `lorefs status` tells.

    `proposals` wait for `approvers`; `may_approve` says whether whoever works here is one.
    """

    entries: int
    documents: tuple[str, ...]
    report: Report
    open_conflicts: int
    sync: bool
    elsewhere: Mapping[str, int] = NOWHERE  # rows of guests, by source
    drafts: tuple[Copy, ...] = ()  # personal entries that differ from the team's with their id
    standing: Standing | None = None
    proposals: int = 0
    approvers: tuple[str, ...] = ()
    may_approve: bool = False
    nominations: tuple[str, ...] = ()  # ids of personal entries that are worth promoting


class Reading(Base):
    """The lore of a worktree, read."""

    def reconcile(
        self, *, restore: bool = False, accept_deletions: bool = False, discover: bool = False
    ) -> Report:
        """Take in what changed; look for new documents everywhere with `discover`.

        `restore` writes missing files again, `accept_deletions` deletes their entries, and for
        others what is restricted now.
        """
        request = Request(
            self._origin("editor"),
            restore=restore,
            accept_deletions=accept_deletions,
            discover=discover,
        )
        report = self._taken_in(request)
        if accept_deletions and self.config.sync.enabled and self.store.state(APPLIED):
            self.here.withdraw(self._origin("sync"))
        return self._with_guests(self._with_held(report))

    def _with_held(self, report: Report) -> Report:
        """A report that asks about what is restricted now, and that others still have."""
        if not self.config.sync.enabled or not self.store.state(APPLIED):
            return report
        held = self.here.held()
        return report._replace(questions=(*report.questions, *held)) if held else report

    def entries(self, where: Filter = ALL) -> list[Row]:
        """The rows of a filter."""
        self.take_in()
        return self.store.entries.rows(where)

    def get(self, reference: str) -> Row:
        """The entry whose id is, starts or ends with `reference`."""
        self.take_in()
        return self.store.entries.resolve(reference)

    def own(self, reference: str) -> Row:
        """The same; raises `GuestError` for one that stands outside of this repository."""
        row = self.get(reference)
        if is_guest(row.document):
            from lorefs.sync.corpus import guest_error

            raise guest_error(self.store, row.document)
        return row

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
        from lorefs.sync.decisions.past import logged_id

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
        from lorefs.sync.decisions.review import waiting
        from lorefs.sync.policy import author_here, policy_here

        report = self.take_in()
        policy = policy_here(self.site)
        return Status(
            entries=self.store.entries.count(OWN),
            documents=tuple(state.path for state in self.store.documents.states()),
            report=self._with_held(report),
            open_conflicts=len(self.conflicts.open()),
            sync=self.config.sync.enabled,
            elsewhere=self.store.guests.counts(),
            drafts=tuple(Copy(*pair) for pair in sorted(self.store.copies.drafts().items())),
            standing=self.standing(),
            proposals=len(waiting(self.store, team=policy.is_manual)),
            approvers=policy.approvers,
            may_approve=policy.entitles(author_here(self.site, self._actor, policy)),
            nominations=self._nominations(),
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

    def standing(self) -> Standing | None:
        """Which policies are in force on the sync branch, and what does not count.

        None where nobody has ever set one, and where sync is off.
        """
        if not self.config.sync.enabled:
            return None
        from lorefs.sync.branch.news import standing_here

        return standing_here(self.site)

    @cached_property
    def conflicts(self) -> Conflicts:
        """The ledger: what automatic resolutions discarded, and how to settle it."""
        from lorefs.sync.decisions.conflicts import Conflicts

        return Conflicts(self.site, self.take_in, self._apply)

    @cached_property
    def past(self) -> Past:
        """What entries were at a revision, in a commit or at a time, and how to bring it back."""
        from lorefs.sync.decisions.past import Past

        return Past(self.site, self.take_in, self._apply)
