"""How a workspace changes entries."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from lorefs.api.approving import Approving
from lorefs.core.model import PERSONAL, REVIEW, TEAM, Entry, directory_of, document_path, scope_of
from lorefs.errors import ConflictError, RefusedError, UsageError
from lorefs.sync.guests import user_store
from lorefs.sync.site import Request

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lorefs.store import Change, Origin, Row
    from lorefs.sync.branch.news import Ids
    from lorefs.sync.corpus import Corpus

CATEGORY: Final = "Note"  # of new entries that name none
_NO_EDIT: Final = {
    "id": "an entry keeps its id",
    "path": "`move` takes an entry to another directory",
    "scope": "`promote` and `demote` take an entry to another document",
}
OWN_SOURCES: Final = ("cli", "mcp", "api", "sql", "editor")


class Changing(Approving):
    """The lore of a worktree, changed."""

    def add(  # noqa: PLR0913  # an entry has so many fields, and calls name them
        self,
        title: str,
        *,
        content: str = "",
        category: str | None = None,
        tags: Sequence[str] = (),
        confidence: float = 1.0,
        sensitivity: str = "normal",
        path: str = "",
        personal: bool = False,
        approve: bool = False,
    ) -> Row:
        """Add an entry to the document of a directory, which has to exist.

        Where the team's policy asks for approval it waits in the review document, unless an
        approver says `approve`.
        """
        from uuid_utils import uuid7

        scope = PERSONAL if personal else TEAM
        entry = Entry(
            str(uuid7()), title, content, category or CATEGORY,
            path.strip("/"), scope, confidence, sensitivity=sensitivity,
            tags=tuple(sorted(set(tags))),
        )  # fmt: skip
        self._check_directory(entry.path)
        target = document_path(entry.path, scope)
        approved = approve and not personal and self._check_approver("approve").is_manual

        def change(corpus: Corpus) -> None:
            from lorefs.core import edit

            self._check_writable(corpus, target)
            corpus.after[target] = edit.insert(corpus.document(target), entry)
            if approved:
                self._approve_in(corpus, target, entry.id)

        unknown = self.store.documents.state(target) is None
        return self._change_row(entry.id, change, discover=unknown, approve=approved)

    def add_everywhere(
        self,
        title: str,
        *,
        content: str = "",
        category: str | None = None,
        tags: Sequence[str] = (),
        confidence: float = 1.0,
        sensitivity: str = "normal",
    ) -> Row:
        """Add an entry to the user's own store, which all repositories of the user show.

        Raises `RefusedError` where the store cannot be read or written.
        """
        from uuid_utils import uuid7

        from lorefs.sync.own_store import add_everywhere

        file = user_store(self.site.git.env)
        if file is None:
            raise UsageError("there is no home directory for your own store", hint="set HOME")
        entry = Entry(
            str(uuid7()), title, content, category or CATEGORY, "", PERSONAL, confidence,
            sensitivity=sensitivity, tags=tuple(sorted(set(tags))),
        )  # fmt: skip
        add_everywhere(file, entry, self.config.limits.document_size)
        return self.get(entry.id)

    def update(
        self,
        reference: str,
        changes: Mapping[str, Any],
        *,
        if_rev: int | str | None = None,
        withdraw: bool = False,
        approve: bool = False,
    ) -> Row:
        """Set fields of an entry: those of `Entry`, `tags_add` and `tags_remove`.

        `if_rev` is the `rev` or the `hash` that was read; raises `ConflictError` with the
        current row if the entry is another by now, and nothing is written. An entry that others
        have and that becomes restricted is deleted for them with `withdraw`; without it that
        waits until somebody confirms it. What somebody who is no approver changes in an approved
        entry waits (`held`), and the entry stays as it is; an approver's `approve` goes for what
        it says then.
        """
        from lorefs.core import edit

        approved = approve and self._check_approver("approve").is_manual

        def change(corpus: Corpus) -> None:
            row = self.store.entries.resolve(reference)
            _check_rev(row, if_rev)
            wanted = _fields(row.entry, changes)
            if wanted:
                corpus.edit(
                    row.document,
                    row.entry.id,
                    lambda d: edit.replace_fields(d, row.entry.id, wanted),
                )
            if approved:
                self._approve_in(corpus, row.document, row.entry.id)

        self.take_in()
        ident = self.store.entries.resolve(reference).entry.id
        withdrawn = frozenset({ident} if withdraw else ())
        return self._change_row(ident, change, withdraw=withdrawn, approve=approved)

    def confirm(self, references: Sequence[str]) -> list[Row]:
        """Note that entries were looked at and still hold; `stale` counts anew from now on.

        That is in the log of this clone alone, not in a document.
        """
        rows = [self.own(reference) for reference in references]

        def change(_: Corpus, origin: Origin) -> None:
            for row in rows:
                self.store.log.note_confirmation(row.entry.id, origin)

        self._apply(change)
        return rows

    def remove(self, references: Sequence[str]) -> list[Row]:
        """Delete entries; returns their last rows."""
        from lorefs.core import edit

        rows = [self.get(reference) for reference in references]

        def change(corpus: Corpus) -> None:
            for row in rows:
                ident = row.entry.id
                corpus.edit(row.document, ident, partial(edit.remove, ident=ident))

        self._change(change)
        return rows

    def move(self, reference: str, directory: str) -> Row:
        """Move an entry to the document of another directory; its id stays."""
        directory = directory.strip("/")
        self._check_directory(directory)
        row = self.get(reference)
        if row.entry.scope == TEAM:
            self._check_approver("move approved entries")
        target = document_path(directory, row.entry.scope)

        def change(corpus: Corpus) -> None:
            self._check_writable(corpus, target)
            if target != row.document:
                corpus.move(row.entry.id, row.document, target)

        unknown = self.store.documents.state(target) is None
        return self._change_row(row.entry.id, change, discover=unknown)

    def undo(self, count: int = 1) -> list[Change]:
        """Revert the newest own changes, as new changes; later edits of other fields stay."""
        from lorefs.sync.decisions.undo import undo_batch

        self.take_in()
        undone: list[Change] = []
        for batch in self.store.log.batches(OWN_SOURCES, count):
            if any(change.field == "approved_hash" for change in batch):
                self._check_approver("take back an approval")
            self._apply(partial(undo_batch, self.store, batch))
            undone += batch
        return undone

    def publish(self, paths: Sequence[str] = ()) -> list[str]:
        """Write what arrived from others into tracked files, all or some; returns those written.

        With sync off no file lags behind but one that could not be written before.
        """
        request = Request(self._origin("editor"), restore=True)
        if self.config.sync.enabled:
            from lorefs.sync.branch.publish import Publication

            self.take_in()
            publish = Publication(self.site, self.here.branch, paths)
            request = Request(self._origin("editor"), publish=publish)
        report = self._reconcile(request)
        return [path for path in report.written if not paths or path in paths]

    def _change_row(
        self,
        ident: str,
        change: Callable[[Corpus], None],
        *,
        discover: bool = False,
        approve: bool = False,
        withdraw: Ids = frozenset(),
    ) -> Row:
        """Change an entry; returns its row as that left it, also where a filter hides it then."""
        rows: list[Row] = []

        def look() -> None:
            rows.append(self.store.entries.resolve(ident))

        self._change(change, discover=discover, approve=approve, withdraw=withdraw, look=look)
        return rows[0]

    def _approve_in(self, corpus: Corpus, document: str, ident: str) -> None:
        """An approver's word for an entry of a document, which moves if it was waiting."""
        from lorefs.sync.decisions.review import approve_entry

        target = document_path(directory_of(document), TEAM)
        if scope_of(document) == REVIEW:
            corpus.move(ident, document, target)
        if scope_of(document) != PERSONAL:
            approve_entry(corpus, target, ident, self._actor)

    def _check_directory(self, path: str) -> None:
        if {"..", ".git"} & set(path.split("/")) or not (self.root / path).is_dir():
            raise UsageError(
                f"{path} is no directory of this worktree", found=path, hint="make it first"
            )

    def _check_writable(self, corpus: Corpus, target: str) -> None:
        """A file that could not be taken in must not be written over."""
        known = self.store.documents.state(target)
        if known is None and target not in corpus.after and (self.root / target).exists():
            raise RefusedError(
                f"{target} could not be read, so nothing is added to it",
                path=target,
                hint="see `lorefs status`",
            )


def _check_rev(row: Row, expected: int | str | None) -> None:
    if expected is not None and str(expected) not in {str(row.rev), row.hash}:
        raise ConflictError(
            f"{row.entry.id} has changed: it is at revision {row.rev} now, not {expected}",
            current=row,
            hint="read it again, and repeat the edit on what it says now",
        )


def _fields(entry: Entry, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that really change; raises `UsageError` for what no edit changes."""
    for key in _NO_EDIT.keys() & changes.keys():
        raise UsageError(f"an edit does not change {key}", found=key, hint=_NO_EDIT[key])
    wanted = {key: value for key, value in changes.items() if not key.startswith("tags_")}
    add, gone = set(changes.get("tags_add", ())), set(changes.get("tags_remove", ()))
    if add or gone:
        wanted["tags"] = tuple(sorted((set(wanted.get("tags", entry.tags)) | add) - gone))
    return {key: value for key, value in wanted.items() if getattr(entry, key, None) != value}
