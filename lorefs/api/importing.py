"""How a workspace takes in lore of other programs: a preview first, then one change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from lorefs.api.changing import Changing
from lorefs.core.model import PERSONAL, Entry, document_path
from lorefs.errors import ConflictError, RefusedError, UsageError
from lorefs.store import OWN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from lorefs.core.document import Document
    from lorefs.formats.batch import Batch
    from lorefs.formats.record import Record
    from lorefs.formats.tables import Choice
    from lorefs.store import Row
    from lorefs.sync.corpus import Corpus


class Revision(NamedTuple):
    """An entry that is there already, with the fields that an import would give it."""

    row: Row
    fields: dict[str, Any]

    @property
    def target(self) -> str:
        """The document that the entry will stand in."""
        entry = self.row.entry
        path = self.fields.get("path", entry.path)
        return document_path(path, self.fields.get("scope", entry.scope))


class Preview(NamedTuple):
    """What an import would do: entries to add, to change, and those that are there already."""

    format: str
    batch: Batch
    added: tuple[Entry, ...]
    changed: tuple[Revision, ...]
    same: tuple[Row, ...]


class Importing(Changing):
    """The lore of a worktree, with more brought in."""

    def preview_import(
        self,
        path: Path,
        kind: str | None = None,
        *,
        choice: Choice | None = None,
        directory: str | None = None,
        personal: bool = False,
        tell: Callable[[int], None] = lambda _: None,
    ) -> Preview:
        """What importing a file would do; nothing is written.

        New entries go to the document of `directory`, to personal ones with `personal`; else
        where the file says. `kind` is one of `api.sources.FORMATS`, told from the file if it
        is None. Raises `FormatError` for a file that is no such thing; single records that
        cannot be entries are errors of the preview's `batch`.
        """
        from lorefs.api.sources import read_source
        from lorefs.formats.tables import Choice

        self.take_in()
        found = (choice or Choice())._replace(root=str(self.root), directory=self._is_directory)
        kind, batch = read_source(path, kind, found, tell)
        added: list[Entry] = []
        changed: list[Revision] = []
        same: list[Row] = []
        for record, row in self._matched(batch.records):
            fields = {} if row is None else _differing(row.entry, record)
            if row is None:
                entry = record.entry
                if directory is not None:
                    entry = entry._replace(path=directory.strip("/"))
                added.append(entry._replace(scope=PERSONAL) if personal else entry)
            elif fields and row.entry.id == record.entry.id:
                changed.append(Revision(row, fields))
            else:
                same.append(row)
        preview = Preview(kind, batch, tuple(added), tuple(changed), tuple(same))
        self._check_directories(preview)
        return preview

    def import_entries(
        self, preview: Preview, tell: Callable[[int], None] = lambda _: None
    ) -> None:
        """Do what a preview shows, all of it as one change or nothing.

        Raises `ConflictError` if an entry of it changed since, `RefusedError` if one that it
        adds has come to be there.
        """
        targets = {document_path(entry.path, entry.scope) for entry in preview.added}
        targets |= {revision.target for revision in preview.changed}

        def change(corpus: Corpus) -> None:
            for target in sorted(targets):
                self._check_writable(corpus, target)
            self._check_fresh(preview)
            for count, revision in enumerate(preview.changed, 1):
                _revise(corpus, revision)
                tell(count)
            _insert(corpus, preview.added, lambda count: tell(len(preview.changed) + count))

        if targets:
            unknown = any(self.store.documents.state(target) is None for target in targets)
            self._change(change, discover=unknown)

    def _matched(self, records: Sequence[Record]) -> list[tuple[Record, Row | None]]:
        """Each record with the row it is about: the one of its id, else one that says the same.

        Only a record whose id was made here is looked for by what it says.
        """
        from lorefs.formats.batch import sense

        by_id = {row.entry.id: row for row in self.store.entries.rows(OWN)}
        by_sense: dict[tuple[str, str], Row] = {}
        if any(record.derived for record in records):
            by_sense = {sense(row.entry): row for row in by_id.values()}
        return [
            (
                record,
                by_id.get(record.entry.id)
                or (by_sense.get(sense(record.entry)) if record.derived else None),
            )
            for record in records
        ]

    def _is_directory(self, name: str) -> bool:
        try:
            self._check_directory(name)
        except (UsageError, OSError, ValueError):
            return False
        return True

    def _check_directories(self, preview: Preview) -> None:
        wanted = {entry.path for entry in preview.added}
        wanted |= {str(each.fields["path"]) for each in preview.changed if "path" in each.fields}
        missing = sorted(path for path in wanted if not self._is_directory(path))
        if missing:
            raise UsageError(
                f"entries belong to directories that are not here: {', '.join(missing[:10])}",
                found=missing[0],
                hint="make them first, or put all new entries into one with --path DIR",
            )

    def _check_fresh(self, preview: Preview) -> None:
        """What the user saw is what there is."""
        there = self.store.entries.owners(entry.id for entry in preview.added)
        if there:
            raise RefusedError(
                f"{len(there)} of the entries came to be here since they were looked for",
                found=min(there),
                hint="import again; what is there is not added twice",
            )
        for revision in preview.changed:
            row = self.store.entries.own(revision.row.entry.id)
            if row is None or row.hash != revision.row.hash:
                raise ConflictError(
                    f"{revision.row.entry.id} has changed since it was looked at",
                    current=row or revision.row,
                    hint="import again",
                )


def _differing(entry: Entry, record: Record) -> dict[str, Any]:
    """The fields that a record gives another value; keys of metadata are added, never removed."""
    new = record.entry
    fields = {
        name: getattr(new, name)
        for name in Entry._fields
        if name in record.stated and getattr(new, name) != getattr(entry, name)
    }
    if "extra" in fields:
        merged = tuple(sorted({**dict(entry.extra), **dict(new.extra)}.items()))
        fields["extra"] = merged
        if merged == entry.extra:
            del fields["extra"]
    return fields


def _revise(corpus: Corpus, revision: Revision) -> None:
    from lorefs.core import edit

    ident, document = revision.row.entry.id, revision.row.document
    fields = {
        name: value for name, value in revision.fields.items() if name not in {"path", "scope"}
    }

    def replaced(before: Document) -> Document:
        return edit.replace_fields(before, ident, fields) if fields else before

    corpus.edit(document, ident, replaced)
    if revision.target != document:
        corpus.move(ident, document, revision.target)


def _insert(corpus: Corpus, entries: Iterable[Entry], tell: Callable[[int], None]) -> None:
    from lorefs.core import edit

    by_document: dict[str, list[Entry]] = {}
    for entry in entries:
        by_document.setdefault(document_path(entry.path, entry.scope), []).append(entry)
    count = 0
    for target, members in sorted(by_document.items()):
        corpus.after[target] = edit.insert_all(corpus.document(target), members)
        count += len(members)
        tell(count)
