"""The ledger at work: which records are open, and how people settle them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from lorefs.core.model import REVIEW_NAME, TEAM_NAME
from lorefs.core.resolution import is_settled, outcome, put
from lorefs.errors import UsageError
from lorefs.sync.decisions.resolve import carry_out
from lorefs.sync.reconcile.settled import close

if TYPE_CHECKING:
    from collections.abc import Callable

    from lorefs.core.model import Entry
    from lorefs.core.resolution import Choice
    from lorefs.store import Origin, Record, Row, Store
    from lorefs.sync.corpus import Corpus
    from lorefs.sync.report import Report
    from lorefs.sync.site import Site

    Change = Callable[[Corpus, Origin], None]

SHORTEST: Final = 4  # characters of a record's id that may stand for it


class Conflict(NamedTuple):
    """A record of the ledger, numbered from the oldest on, with the row that its entry has now."""

    number: int
    record: Record
    row: Row | None
    is_open: bool


class Conflicts:
    """The ledger of one worktree.

    `take_in` makes rows and files equal, `apply` runs a change in one transaction with it.
    """

    def __init__(
        self, site: Site, take_in: Callable[[], Report], apply: Callable[[Change], Report]
    ) -> None:
        self.site = site
        self._take_in = take_in
        self._apply = apply

    def all(self) -> list[Conflict]:
        """All records, the oldest first, those that were closed from the start included."""
        self._take_in()
        return numbered(self.site.store)

    def open(self) -> list[Conflict]:
        """The records that nobody has settled yet, the oldest first."""
        self._take_in()
        return open_conflicts(self.site.store)

    def get(self, reference: str) -> Conflict:
        """The record with a number, or whose id starts with `reference`."""
        return find(self.all(), reference)

    def outcome(self, conflict: Conflict, choice: Choice) -> str | None:
        """The value that a choice gives, as text; raises `UsageError` if the field has none."""
        return outcome(conflict.record.discard, choice, _entry(conflict.row))

    def writers(self, conflict: Conflict) -> dict[str, list[str]]:
        """Who changed lore on each side of a recorded merge, by name; {} where git has none.

        On the sync branch the sides are in the order of their commits' ids, so that "ours" says
        nothing of who wrote it.
        """
        git, merge = self.site.git, conflict.record.merge_commit
        if not merge:
            return {}
        _, found = git.status_and_output(
            "rev-list", "--parents", "--max-count=1", merge, "--", allowed=(0, 128)
        )
        tips = found.decode("ascii", "replace").split()[1:]
        if len(tips) != 2:  # noqa: PLR2004  # two sides
            return {}
        lore = [f":(top,glob)**/{name}" for name in (TEAM_NAME, REVIEW_NAME)]
        pairs = (("ours", *tips), ("theirs", *tips[::-1]))
        found_names = (
            (side, git.text("log", "--no-merges", "--format=%an", tip, f"^{other}", "--", *lore,
                            allowed=(0, 128)))  # a shallow clone has not all of it
            for side, tip, other in pairs
        )  # fmt: skip
        return {side: sorted({*names.split("\n")} - {""}) for side, names in found_names}

    def resolve(self, conflict: Conflict, choice: Choice) -> Report:
        """Give the entry the value of a choice and close the record, in one transaction."""
        return self._settle(conflict, lambda now: self.outcome(now, choice), whole=False)

    def write(self, conflict: Conflict, value: str | None) -> Report:
        """Give the entry another value and close the record; None for none.

        The value of an existence is the source of the entry.
        """
        return self._settle(conflict, lambda _: value, whole=True)

    def keep(self, conflict: Conflict) -> Report:
        """Close the record and leave everything as it is."""

        def change(_: Corpus, origin: Origin) -> None:
            close(self.site.store, conflict.record, origin)

        return self._apply(change)

    def _settle(
        self, conflict: Conflict, value: Callable[[Conflict], str | None], *, whole: bool
    ) -> Report:
        store, record = self.site.store, conflict.record

        def change(corpus: Corpus, origin: Origin) -> None:
            row = store.entries.own(record.discard.entry)
            now = Conflict(conflict.number, record, row, is_open=True)
            action = put(record.discard, value(now), _entry(row), whole=whole)
            carry_out(self.site, corpus, record, row, action)
            close(store, record, origin)

        return self._apply(change)


def numbered(store: Store) -> list[Conflict]:
    """All records with their numbers, which stay when records are closed."""
    return _conflicts(store, store.ledger.records())


def open_conflicts(store: Store) -> list[Conflict]:
    """The records that are open, with their numbers."""
    records = store.ledger.records(open_only=True)
    return [conflict for conflict in _conflicts(store, records) if conflict.is_open]


def _conflicts(store: Store, records: list[Record]) -> list[Conflict]:
    numbers = {ident: number for number, ident in enumerate(store.ledger.ids(), 1)}
    found = [_conflict(store, numbers[record.id], record) for record in records]
    return sorted(found, key=lambda conflict: conflict.number)


def _conflict(store: Store, number: int, record: Record) -> Conflict:
    row = store.entries.own(record.discard.entry) if record.discard.entry else None
    settled = record.resolved_at is not None or is_settled(record.discard, _entry(row))
    return Conflict(number, record, row, not settled)


def _entry(row: Row | None) -> Entry | None:
    return None if row is None else row.entry


def find(conflicts: list[Conflict], reference: str) -> Conflict:
    """The conflict with a number or the start of an id; raises `UsageError` if not just one."""
    if reference.isdecimal() and 1 <= int(reference) <= len(conflicts):
        return conflicts[int(reference) - 1]
    start = reference.lower()
    found = [each for each in conflicts if each.record.id.startswith(start)]
    if len(found) == 1 and len(start) >= SHORTEST:
        return found[0]
    raise UsageError(
        f"{len(found) or 'no'} records have an id that starts so"
        if len(start) >= SHORTEST
        else "there is no record with this number",
        found=reference,
        hint="`lorefs conflicts --all` lists them with their numbers",
    )
