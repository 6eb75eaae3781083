"""Brings back entries as they were: at a revision, in a commit, at a time."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from lorefs.core import edit
from lorefs.core.claim import identify, marked
from lorefs.core.document import UNCLAIMED, parse
from lorefs.core.model import PERSONAL, TEAM, document_path
from lorefs.core.rewind import Version, pick, versions
from lorefs.core.selection import RESTRICTED, visible
from lorefs.errors import ConflictError, UsageError
from lorefs.store import OWN, read_entry
from lorefs.sync.commits.diff import EntryDiff
from lorefs.sync.commits.trees import commit_oid, texts_of
from lorefs.sync.corpus import Holding
from lorefs.sync.hidden import followed
from lorefs.sync.reconcile.foreign import changed_fields
from lorefs.worktree import check_place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from lorefs.core.document import Block
    from lorefs.core.model import Entry
    from lorefs.core.rewind import Change as Line
    from lorefs.store import Change, Origin, Row, Store
    from lorefs.sync.corpus import Corpus
    from lorefs.sync.report import Report
    from lorefs.sync.site import Site


_HINT: Final = (
    "`git log --oneline` shows commits; a time is written as 2026-03-31T18:00 or `3 days ago`"
)


@dataclass(frozen=True, slots=True)
class Restoration:
    """What would change: each entry as it is now and as it was.

    `blocks` are the sources of entries that a commit holds, by id.
    """

    differences: tuple[EntryDiff, ...]
    blocks: Mapping[str, Block]


class Past:
    """The past of one worktree's entries.

    `take_in` makes rows and files equal, `apply` runs a change in one transaction with it.
    """

    def __init__(
        self,
        site: Site,
        take_in: Callable[[], Report],
        apply: Callable[[Callable[[Corpus, Origin], None]], Report],
    ) -> None:
        self.site = site
        self._take_in = take_in
        self._apply = apply

    def revision(self, reference: str, rev: int) -> Restoration:
        """An entry at a revision of its row, by the log; -1 is the one before the newest.

        Raises `UsageError` where the log does not know it.
        """
        self._take_in()
        store = self.site.store
        ident = logged_id(store, reference)
        row = store.entries.own(ident)
        now = Version(row.rev if row else 0, row.entry if row else None)
        known = versions(now, store.log.changes(entry=ident), _before)
        found = pick(known, rev)
        if found is None:
            names = ", ".join(str(version.rev) for version in known if version.entry)
            raise UsageError(
                "the log knows no such revision of this entry",
                found=str(rev),
                hint=f"it knows {names}" if names else "`lorefs log ID` shows what it knows",
            )
        if found.entry is None:
            raise UsageError(
                "the entry was not there then", found=str(rev), hint="`lorefs rm` deletes it"
            )
        return _restoration({ident: now.entry}, {ident: found.entry}, {})

    def commit(self, revision: str, reference: str | None = None) -> Restoration:
        """The team's entries, or one of them, as a commit has them.

        That is one in the history of HEAD, or of the sync branch of this clone.
        """
        oid = commit_oid(self.site.git, revision, _HINT)
        if self._is_in(oid, "HEAD"):
            return self._as_in(texts_of(self.site.git, oid), reference)
        sync = self.site.config.sync
        if sync.enabled and self._is_in(oid, f"refs/heads/{sync.branch}"):
            return self._as_in(self._synced(oid), reference, without=RESTRICTED)
        raise UsageError(
            f"{revision} is not in the history of HEAD" + " or the sync branch" * sync.enabled,
            found=revision,
            hint="`lorefs diff` compares with any commit",
        )

    def _is_in(self, oid: str, tip: str) -> bool:
        status, _ = self.site.git.status_and_output(
            "merge-base", "--is-ancestor", oid, tip, allowed=(0, 1, 128)
        )
        return status == 0

    def _synced(self, oid: str) -> dict[str, str]:
        """What a commit of the sync branch has for this repository, as far as it is wanted."""
        prefix = self.site.config.sync.prefix
        size = len(prefix) + 1 if prefix else 0
        return {
            path[size:]: visible(text, path[size:], followed(self.site))
            for path, text in texts_of(self.site.git, oid).items()
            if path.startswith(f"{prefix}/" if prefix else "")
        }

    def _as_in(
        self, texts: Mapping[str, str], reference: str | None, *, without: str = ""
    ) -> Restoration:
        """As some texts say; entries of a sensitivity `without` are in none of them, and stay."""
        self._take_in()
        holdings: dict[str, Holding] = {}
        for path, text in sorted(texts.items()):
            for block in identify(parse(text), path).blocks:
                if block.id:
                    holdings.setdefault(block.id, Holding(path, block))
        now = {
            each: entry
            for each, entry in self._now().items()
            if entry.scope != PERSONAL and entry.sensitivity != without
        }
        then = {each: holding.entry() for each, holding in holdings.items()}
        blocks = {each: holding.block for each, holding in holdings.items()}
        return self._chosen(reference, now, then, blocks)

    def time(self, at: int, reference: str | None = None) -> Restoration:
        """All entries, or one of them, as they were at a time (milliseconds since 1970).

        By the log as far as it reaches back; before that the team's entries by the commit
        that HEAD's branch was at. Raises `UsageError` for a time before both.
        """
        self._take_in()
        store = self.site.store
        last = store.log.last_before(at)
        if last is None:
            return self._as_in(texts_of(self.site.git, self._commit_at(at)), reference)
        now = self._now()
        then: dict[str, Entry | None] = dict(now)
        for change in store.log.changes(since=last):
            if change.op in {"ingest", "add", "edit", "delete"}:
                then[change.entry] = _before(then.get(change.entry), change)
        there = {each: entry for each, entry in then.items() if entry is not None}
        return self._chosen(reference, now, there, {})

    def _commit_at(self, at: int) -> str:
        found = self.site.git.text(
            "rev-list", "--max-count=1", "--first-parent", f"--min-age={at // 1000}", "HEAD", "--",
            allowed=(0, 128),
        )  # fmt: skip
        if not found:
            raise UsageError("nothing is known of that time, it lies before the first commit")
        return found

    def _chosen(
        self,
        reference: str | None,
        now: Mapping[str, Entry],
        then: Mapping[str, Entry],
        blocks: Mapping[str, Block],
    ) -> Restoration:
        """All that differs, or what differs in one entry, which has to be there then."""
        if reference is None:
            return _restoration(now, then, blocks)
        ident = logged_id(self.site.store, reference, then)
        if ident not in then:
            raise UsageError(
                "the entry was not there then", found=ident, hint="`lorefs rm` deletes it"
            )
        return _restoration({ident: now.get(ident)}, {ident: then[ident]}, blocks)

    def _now(self) -> dict[str, Entry]:
        return {row.entry.id: row.entry for row in self.site.store.entries.rows(OWN)}

    def bring_back(self, restoration: Restoration) -> Report:
        """Make it so, in one transaction.

        Raises `ConflictError` if an entry is another by now than the one that was compared.
        """
        store = self.site.store

        def change(corpus: Corpus, _: Origin) -> None:
            for each in restoration.differences:
                ident = each.entry.id
                row = store.entries.own(ident)
                if (row.entry if row else None) != each.before:
                    raise ConflictError(
                        f"{ident} has changed since it was compared",
                        current=row,
                        hint="run the command again",
                    )
                document = row.document if row else ""
                _bring_back(self.site, corpus, each, document, restoration.blocks.get(ident))

        return self._apply(change)


def versions_of(store: Store, row: Row) -> list[Version]:
    """What an entry was, by the log, the newest version first."""
    return versions(Version(row.rev, row.entry), store.log.changes(entry=row.entry.id), _before)


def logged_id(store: Store, reference: str, among: Iterable[str] = ()) -> str:
    """The id that starts or ends with `reference`: of a row, else in the log or `among` others.

    Raises `UnknownEntryError` and `AmbiguousIdError`.
    """
    try:
        return store.entries.resolve(reference).entry.id
    except UsageError:
        text = reference.lower()
        known = {ident for ident in among if ident.startswith(text) or ident.endswith(text)}
        known.update(store.log.ids(reference))
        if len(known) != 1:
            raise
        return known.pop()


def _restoration(
    now: Mapping[str, Entry | None], then: Mapping[str, Entry | None], blocks: Mapping[str, Block]
) -> Restoration:
    pairs = (EntryDiff(now.get(ident), then.get(ident)) for ident in {**now, **then})
    found = [pair for pair in pairs if pair.before != pair.after]
    found.sort(key=lambda pair: (pair.entry.path, pair.entry.category, pair.entry.title))
    return Restoration(tuple(found), blocks)


def _before(entry: Entry | None, line: Line) -> Entry | None:
    """What an entry was before a line of the log."""
    change: Change = line  # type: ignore[assignment]  # the store's lines are all there is
    match change.op:
        case "delete" if change.before is not None:
            return read_entry(json.loads(change.before))
        case "edit" if entry is not None:
            columns: dict[str, Any] = {**entry._asdict(), "tags": None, "relations": None}
            columns |= {"extra": None, change.field: change.before}
            return entry._replace(**{change.field: getattr(read_entry(columns), change.field)})
        case _:
            return None


def _bring_back(
    site: Site, corpus: Corpus, difference: EntryDiff, document: str, block: Block | None
) -> None:
    before, after = difference.before, difference.after
    ident = difference.entry.id
    if after is None:
        corpus.edit(document, ident, partial(edit.remove, ident=ident))
        return
    target = document_path(after.path, after.scope or TEAM)
    if target != document:
        check_place(site.git.paths.worktree, target)
    if before is None:
        into = corpus.document(target)
        if block is None:
            corpus.after[target] = edit.insert(into, after)
        else:
            named = marked(block, "\n") if block.kind == UNCLAIMED else block
            corpus.after[target] = edit.place(into, named._replace(lead=""), block.category)
        return
    if target != document:
        corpus.move(ident, document, target)
    changes = changed_fields(before, after)
    corpus.edit(target, ident, lambda d: edit.replace_fields(d, ident, changes))
