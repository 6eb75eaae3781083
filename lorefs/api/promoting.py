"""How entries go from a personal document to the team's, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from lorefs.api.changing import Changing
from lorefs.api.reading import NOMINATIONS
from lorefs.core.model import PERSONAL, SENSITIVITIES, TEAM, document_path, scope_of
from lorefs.errors import RefusedError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from lorefs.api.suggestions import Suggestion
    from lorefs.core.model import Entry
    from lorefs.store import Origin, Row
    from lorefs.sync.corpus import Corpus


RESTRICTED: Final = SENSITIVITIES[-1]


class Draft(NamedTuple):
    """What a personal document says of an entry of the team's that has the same id."""

    document: str
    entry: Entry


class Promoting(Changing):
    """The lore of a worktree, some of it given to the team or taken back."""

    def draft(self, reference: str) -> Draft | None:
        """The local draft of an entry, None if there is none; of several, the first by path."""
        self.take_in()
        ident = self.store.entries.resolve(reference).entry.id
        path = self.store.copies.drafts().get(ident)
        return None if path is None else self._draft(ident, path)

    def _draft(self, ident: str, path: str) -> Draft:
        from lorefs.sync.corpus import Corpus
        from lorefs.sync.known import Known

        return Draft(path, Corpus(self.store, Known()).holding(ident, path).entry())

    def discard_draft(self, reference: str) -> list[Draft]:
        """Take the local drafts of an entry out of their documents: what the team has counts.

        Returns what they were; `undo` brings them back. Raises `UsageError` where there is none.
        """
        from lorefs.sync.decisions.drafts import discard

        self.take_in()
        row = self.store.entries.resolve(reference)
        ident = row.entry.id
        found = [self._draft(ident, path) for path in self._draft_documents(row)]

        def change(corpus: Corpus, origin: Origin) -> None:
            for path in self._draft_documents(self.store.entries.resolve(ident)):
                discard(corpus, ident, path, origin)

        self._apply(change)
        return found

    def _draft_documents(self, row: Row) -> list[str]:
        """The personal documents with a draft of an entry; raises `UsageError` if none has one."""
        entry = row.entry
        if entry.scope == PERSONAL:
            raise UsageError(
                f"{entry.title} is no entry of the team: it stands in {row.document} alone",
                found=entry.id,
                hint="`lorefs rm` deletes it, `lorefs restore ID` brings back what it was",
            )
        copies = self.store.copies.all().get(entry.id, ())
        found = sorted(path for path in copies if scope_of(path) == PERSONAL)
        if not found:
            raise UsageError(
                f"{entry.title} has no local draft",
                found=entry.id,
                hint="`lorefs status` lists those that there are",
            )
        return found

    def promote(
        self, references: Sequence[str], *, directory: str | None = None, approve: bool = False
    ) -> list[Row]:
        """Move personal entries to the team's document of their directory, or of another one.

        Their ids stay. All of them are moved or none, in one change. Returns them as they are
        then: where a policy asks for approval they wait, unless an approver says `approve`.
        Where an entry is the team's and has a local draft, that becomes its text, and is gone
        from the personal document.
        Raises `UsageError` for an entry that is not personal, `RefusedError` for one that is
        restricted.
        """
        rows = self._rows(references)
        known = self.store.copies.drafts()
        drafts = {row.entry.id: known[row.entry.id] for row in rows if row.entry.id in known}
        for row in rows:
            _check_promotable(row, drafts)
        if directory is not None:
            directory = directory.strip("/")
            self._check_directory(directory)
        approved = approve and self._check_approver("approve").is_manual
        moving = [row for row in rows if row.entry.id not in drafts]
        origin = self._origin(self._source)

        def settle(corpus: Corpus) -> None:
            for row in rows:
                path = row.entry.path if directory is None else directory
                document = document_path(path, TEAM)
                if row.entry.id in drafts:
                    _take_draft(corpus, row, drafts[row.entry.id], origin)
                    document = row.document
                if approved:
                    self._approve_in(corpus, document, row.entry.id)

        self._move_to(moving, TEAM, directory, settle, approve=approved, origin=origin)
        return [self.store.entries.resolve(row.entry.id) for row in rows]

    def demote(self, references: Sequence[str]) -> list[Row]:
        """Move entries of the team to the personal document of their directory; the ids stay.

        All of them or none, in one change. What was pushed stays in the history of others: see
        `pushed`. Raises `UsageError` for an entry that is personal already, and `RefusedError`
        for an approved one where whoever works here is no approver.
        """
        rows = self._rows(references)
        drafts = self.store.copies.drafts()
        for row in rows:
            if row.entry.scope == PERSONAL:
                raise UsageError(f"{row.entry.title} is personal already", found=row.entry.id)
            if row.entry.id in drafts:
                raise RefusedError(
                    f"{row.entry.title} has a local draft, which says something else",
                    path=drafts[row.entry.id],
                    found=row.entry.id,
                    hint="`lorefs promote ID` makes it the text of the team,"
                    " `lorefs restore ID --team` discards it",
                )

        if any(row.entry.scope == TEAM for row in rows):
            self._check_approver("take approved entries away")

        def unmark(corpus: Corpus) -> None:
            from lorefs.core import edit

            for row in rows:
                marks = _marks(row)
                if marks:
                    ident, target = row.entry.id, document_path(row.entry.path, PERSONAL)
                    document = corpus.after[target]
                    corpus.after[target] = edit.replace_fields(document, ident, marks)

        self._move_to(rows, PERSONAL, None, unmark)
        return [self.store.entries.resolve(row.entry.id) for row in rows]

    def pushed(self, references: Sequence[str]) -> frozenset[str]:
        """The ids of those entries that a remote is known to hold, or once held; no network."""
        from lorefs.sync.commits.pushed import pushed

        return pushed(self.site, self._rows(references))

    def suggest(self, limit: int | None = None) -> list[Suggestion]:
        """The active personal entries by how much speaks for promoting them, the best first.

        What is restricted or was dismissed is left out.
        """
        from lorefs.api.suggestions import suggest

        self.take_in()
        return suggest(self.store, self._clock(), limit=limit)

    def dismiss(self, references: Sequence[str]) -> list[Row]:
        """Have personal entries not suggested any more, until they change; `undo` takes that back.

        That is in the log of this clone alone, not in a document.
        """
        rows = self._rows(references)
        for row in rows:
            _check_personal(row)

        def change(_: Corpus, origin: Origin) -> None:
            for row in rows:
                self.store.log.note_dismissal(row.entry.id, origin)

        self._apply(change)
        return rows

    def nominate(self) -> list[str]:
        """Bring the list of nominations up to date, those with a score of `suggest.least`.

        Returns their ids, the best first. The list is a value in the database of this machine.
        """
        from lorefs.api.suggestions import suggest

        found = suggest(self.store, self._clock(), least=self.config.suggest.least)
        idents = " ".join(each.row.entry.id for each in found)
        if idents != (self.store.state(NOMINATIONS) or ""):
            with self.store.write():
                self.store.set_state(NOMINATIONS, idents)
        return idents.split()

    def _rows(self, references: Sequence[str]) -> list[Row]:
        """The rows of some references, each once."""
        self.take_in()
        rows = [self.store.entries.resolve(reference) for reference in references]
        return list({row.entry.id: row for row in rows}.values())

    def _move_to(
        self,
        rows: Sequence[Row],
        scope: str,
        directory: str | None,
        further: Callable[[Corpus], None],
        *,
        approve: bool = False,
        origin: Origin | None = None,
    ) -> None:
        """Move entries to documents of a scope, with a further change, all in one."""
        groups: dict[tuple[str, str], list[str]] = {}
        for row in rows:
            path = row.entry.path if directory is None else directory
            key = row.document, document_path(path, scope)
            groups.setdefault(key, []).append(row.entry.id)

        def change(corpus: Corpus) -> None:
            for (source, target), idents in groups.items():
                self._check_writable(corpus, target)
                corpus.move_all(idents, source, target)
            further(corpus)

        known = self.store.documents.state
        unknown = any(known(target) is None for _, target in groups)
        self._change(change, discover=unknown, approve=approve, origin=origin)


def _check_promotable(row: Row, drafts: Collection[str]) -> None:
    entry = row.entry
    if entry.id not in drafts:
        _check_personal(row)
    if entry.sensitivity == RESTRICTED:
        raise _restricted(entry)


def _check_personal(row: Row) -> None:
    entry = row.entry
    if entry.scope != PERSONAL:
        raise UsageError(
            f"{entry.title} is not personal: it stands in {row.document}",
            found=entry.id,
            hint="`lorefs list --scope personal` shows what is",
        )


def _restricted(entry: Entry) -> RefusedError:
    return RefusedError(
        f"{entry.title} is restricted, and what is restricted never leaves this machine",
        found=entry.id,
        hint="`lorefs edit ID --sensitivity normal` first, if others may have it",
    )


def _take_draft(corpus: Corpus, row: Row, path: str, origin: Origin) -> None:
    """Gives an entry of the team the values of its local draft, which goes away."""
    from lorefs.core import edit
    from lorefs.sync.decisions.drafts import discard
    from lorefs.sync.reconcile.foreign import changed_fields

    entry = row.entry
    draft = corpus.holding(entry.id, path).entry()
    if draft.sensitivity == RESTRICTED:
        raise _restricted(draft)
    waits = (entry.status, draft.status) == ("pending", "active")
    changes = changed_fields(
        entry,
        draft._replace(
            status=entry.status if waits else draft.status,
            proposed_by=entry.proposed_by,
            approved_by=entry.approved_by,
            approved_hash=entry.approved_hash,
        ),
    )
    discard(corpus, entry.id, path, origin)
    corpus.edit(
        row.document, entry.id, lambda document: edit.replace_fields(document, entry.id, changes)
    )


def _marks(row: Row) -> dict[str, Any]:
    """What to change where an entry waits for an approval or has one: it needs none any more."""
    entry = row.entry
    marks: dict[str, Any] = {
        name: "" for name in ("proposed_by", "approved_by", "approved_hash") if getattr(entry, name)
    }
    if entry.status == "pending":
        marks["status"] = "active"
    return marks
