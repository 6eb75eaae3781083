"""What changes in the rows when documents change: entry by entry, and each id once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from lorefs.core.copies import keeper, says_the_same
from lorefs.core.document import ENTRY, UNCLAIMED, Block, Document
from lorefs.core.model import PERSONAL, scope_of
from lorefs.store import Edit
from lorefs.sync.corpus import Holding

if TYPE_CHECKING:
    from collections.abc import Iterator

# Tells the documents that hold the rows of some ids, by id.
Owners = Callable[[Iterable[str]], Mapping[str, str]]


class Places(NamedTuple):
    """Where entries stand by now, besides the documents that change.

    `copies` names the documents that hold a further entry with an id whose row is elsewhere,
    `document` gives one that does not change.
    """

    owners: Owners
    copies: Mapping[str, frozenset[str]]
    document: Callable[[str], Document]


class Differences(NamedTuple):
    """What changes between two states of some documents, by entry id.

    `copies` are (id, document) of further entries with an id in use that are new or say something
    else now, `drafts` those that are personal while the row is the team's. `standing` are the
    documents of all of them, for the ids where that changed, and `doubles` the ids, by document, of
    personal entries that only repeat the team's.
    """

    added: dict[str, Holding]
    edits: list[Edit]
    copies: list[tuple[str, str]]
    drafts: list[tuple[str, str]]
    standing: dict[str, frozenset[str]]
    doubles: dict[str, set[str]]


def differences(
    before: Mapping[str, Document], after: Mapping[str, Document], places: Places
) -> Differences:
    """Compare documents entry by entry; a move between them is an edit, not a deletion.

    Of several entries with one id the row is that which `keeper` names.
    """
    states = _States(before, after, places)
    found = Differences({}, [], states.repeated, [], {}, {})
    gone: list[Edit] = []
    owners = places.owners(states.paths)
    for ident, paths in states.paths.items():
        owner = owners.get(ident)
        if owner is None and len(paths) == 1 and ident not in places.copies:
            found.added[ident] = states.is_now(ident, paths[0])  # most of a first ingest
            continue
        holders = states.holders(ident, owner)
        kept = keeper(owner, holders)
        if kept is None:
            if owner is not None:
                gone.append(Edit(states.was(ident, owner).entry(), None))
        elif owner is None:
            found.added[ident] = states.is_now(ident, kept)
        elif states.repeats(ident, owner, kept):
            found.copies.append((ident, kept))
        elif owner != kept or states.touches(ident, kept):
            found.edits.extend(_edits(states.was(ident, owner), states.is_now(ident, kept)))
        if len(holders) > 1 or ident in places.copies:
            _note_copies(states, found, ident, kept, holders)
    found.edits.extend(gone)
    return found


def _edits(old: Holding, new: Holding) -> Iterator[Edit]:
    """What becomes of a row: nothing where no value of it changes, nor its document."""
    if not new.is_same(old):
        edit = Edit(old.entry(), new.entry(), new.document)
        if edit.before != edit.after or old.document != new.document:
            yield edit


def _note_copies(
    states: _States, found: Differences, ident: str, kept: str | None, holders: Iterable[str]
) -> None:
    others = {path for path in holders if path != kept}
    shared = kept is not None and scope_of(kept) != PERSONAL
    if kept is not None and shared:
        entry = states.is_now(ident, kept).entry()
        for path in [path for path in others if scope_of(path) == PERSONAL]:
            if says_the_same(states.is_now(ident, path).entry(), entry):
                found.doubles.setdefault(path, set()).add(ident)
                others.discard(path)
    found.standing[ident] = frozenset(others)
    for path in sorted(others):
        if path not in states.copies(ident) or states.touches(ident, path):
            draft = shared and scope_of(path) == PERSONAL
            (found.drafts if draft else found.copies).append((ident, path))


class _States:
    """Two states of some documents, looked at where they differ."""

    def __init__(
        self, before: Mapping[str, Document], after: Mapping[str, Document], places: Places
    ) -> None:
        self._before, self._after, self._places = before, after, places
        self._old: dict[str, dict[str, Block]] = {}
        self._new: dict[str, dict[str, Block]] = {}
        self.repeated: list[tuple[str, str]] = []  # ids that stand twice in one document
        self._whole: dict[tuple[bool, str], dict[str, Block]] = {}
        for path in sorted(before, key=lambda path: (scope_of(path) == PERSONAL, path)):
            old, new = _window(before[path], after[path])
            self._old[path] = _first(old)
            self._new[path] = {}
            for ident, block in _entries(new):
                first = self._new[path].setdefault(ident, block)
                if first.text != block.text:
                    self.repeated.append((ident, path))
        # all ids in what changed, with the documents in whose changed part they stand then
        self.paths: dict[str, list[str]] = {}
        for path, blocks in self._new.items():
            for ident in blocks:
                self.paths.setdefault(ident, []).append(path)
        for blocks in self._old.values():
            for ident in blocks:
                self.paths.setdefault(ident, [])

    def holders(self, ident: str, owner: str | None) -> list[str]:
        """The documents that hold an entry then."""
        paths = self.paths[ident]
        known = ([owner] if owner else []) + sorted(self.copies(ident))
        others = [
            path for path in known if path not in paths and ident in self._all(path, now=True)
        ]
        return [*paths, *others]

    def copies(self, ident: str) -> frozenset[str]:
        """The documents that held a further entry with an id so far."""
        return self._places.copies.get(ident, frozenset())

    def touches(self, ident: str, path: str) -> bool:
        """Whether an entry stands in what changed of a document."""
        return ident in self._old.get(path, ()) or ident in self._new.get(path, ())

    def repeats(self, ident: str, owner: str, path: str) -> bool:
        """Whether what is new in a document has an id that stands in the rest of it, too."""
        return owner == path and ident in self._new.get(path, ()) and ident not in self._old[path]

    def was(self, ident: str, path: str) -> Holding:
        """An entry as it stood in a document."""
        block = self._old.get(path, {}).get(ident)
        return Holding(path, block or self._all(path, now=False)[ident])

    def is_now(self, ident: str, path: str) -> Holding:
        """An entry as it stands in a document then."""
        block = self._new.get(path, {}).get(ident)
        return Holding(path, block or self._all(path, now=True)[ident])

    def _all(self, path: str, *, now: bool) -> dict[str, Block]:
        """All entries of a document, of several with one id the first."""
        key = now, path
        if key not in self._whole:
            states = self._after if now else self._before
            document = states[path] if path in states else self._places.document(path)
            self._whole[key] = _first(document)
        return self._whole[key]


def _window(before: Document, after: Document) -> tuple[Document, Document]:
    """What is left of two versions without the blocks at both ends that are equal."""
    old, new = before.blocks, after.blocks
    shortest = min(len(old), len(new))
    start = 0
    while start < shortest and old[start] == new[start]:
        start += 1
    end = 0
    while end < shortest - start and old[-1 - end] == new[-1 - end]:
        end += 1
    return (
        before._replace(blocks=old[start : len(old) - end]),
        after._replace(blocks=new[start : len(new) - end]),
    )


def _first(document: Document) -> dict[str, Block]:
    """The entries by id; of several with one id the first."""
    found: dict[str, Block] = {}
    for ident, block in _entries(document):
        found.setdefault(ident, block)
    return found


def _entries(document: Document) -> Iterator[tuple[str, Block]]:
    for block in document.blocks:
        if block.id and block.kind in {ENTRY, UNCLAIMED}:
            yield block.id, block
