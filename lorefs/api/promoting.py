"""How entries go from a personal document to the team's, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lorefs.api.changing import Changing
from lorefs.core.model import PERSONAL, TEAM, document_path
from lorefs.core.selection import RESTRICTED
from lorefs.errors import RefusedError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lorefs.store import Row
    from lorefs.sync.corpus import Corpus


class Promoting(Changing):
    """The lore of a worktree, some of it given to the team or taken back."""

    def promote(self, references: Sequence[str], *, directory: str | None = None) -> list[Row]:
        """Move personal entries to the team's document of their directory, or of another one.

        Their ids stay. All of them are moved or none, in one change. Returns them as they are
        then: a policy may have them wait for approval. Raises `UsageError` for an entry that is
        not personal, `RefusedError` for one that is restricted.
        """
        rows = self._rows(references)
        for row in rows:
            _check_promotable(row)
        if directory is not None:
            directory = directory.strip("/")
            self._check_directory(directory)
        return self._move_to(rows, TEAM, directory)

    def demote(self, references: Sequence[str]) -> list[Row]:
        """Move entries of the team to the personal document of their directory; the ids stay.

        All of them or none, in one change. What was pushed stays in the history of others: see
        `pushed`. Raises `UsageError` for an entry that is personal already.
        """
        rows = self._rows(references)
        for row in rows:
            if row.entry.scope == PERSONAL:
                raise UsageError(f"{row.entry.title} is personal already", found=row.entry.id)
        return self._move_to(rows, PERSONAL)

    def pushed(self, references: Sequence[str]) -> frozenset[str]:
        """The ids of those entries that a remote is known to hold, or once held; no network."""
        from lorefs.sync.pushed import pushed

        return pushed(self.site, self._rows(references))

    def _rows(self, references: Sequence[str]) -> list[Row]:
        """The rows of some references, each once."""
        self.take_in()
        rows = [self.store.entries.resolve(reference) for reference in references]
        return list({row.entry.id: row for row in rows}.values())

    def _move_to(self, rows: Sequence[Row], scope: str, directory: str | None = None) -> list[Row]:
        groups: dict[tuple[str, str], list[str]] = {}
        for row in rows:
            path = row.entry.path if directory is None else directory
            key = row.document, document_path(path, scope)
            groups.setdefault(key, []).append(row.entry.id)
        marks = {row.entry.id: _marks(row) for row in rows} if scope == PERSONAL else {}

        def change(corpus: Corpus) -> None:
            from lorefs.core import edit

            for (source, target), idents in groups.items():
                self._check_writable(corpus, target)
                corpus.move_all(idents, source, target)
                for ident in idents:
                    if marks.get(ident):
                        corpus.after[target] = edit.replace_fields(
                            corpus.after[target], ident, marks[ident]
                        )

        known = self.store.documents.state
        self._change(change, discover=any(known(target) is None for _, target in groups))
        return [self.store.entries.resolve(row.entry.id) for row in rows]


def _check_promotable(row: Row) -> None:
    entry = row.entry
    if entry.scope != PERSONAL:
        raise UsageError(
            f"{entry.title} is not personal: it stands in {row.document}", found=entry.id
        )
    if entry.sensitivity == RESTRICTED:
        raise RefusedError(
            f"{entry.title} is restricted, and what is restricted never leaves this machine",
            found=entry.id,
            hint="`lorefs edit ID --sensitivity normal` first, if others may have it",
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
