"""The current texts of all documents, as one transaction changes them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from lorefs.core import edit
from lorefs.core.claim import identify, with_markers
from lorefs.core.document import ENTRY, UNCLAIMED, Block, Document, decode, parse, serialize
from lorefs.core.guests import is_guest
from lorefs.core.ids import derived_id
from lorefs.core.model import PERSONAL, TEAM, Entry, directory_of, scope_of
from lorefs.core.source import cut, read_entry
from lorefs.store import Edit
from lorefs.sync.guests import guest_error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lorefs.store import Store
    from lorefs.sync.known import Known

EMPTY = Document("", (), "")

# Tells the documents that hold the rows of some ids, by id.
Owners = Callable[[Iterable[str]], Mapping[str, str]]


class Holding(NamedTuple):
    """Where an entry stands, and its source."""

    document: str
    block: Block

    def is_same(self, other: Holding) -> bool:
        """Whether document, category and source are equal; what stands before it is not its."""
        return (self.document, self.block.category, self.block.text) == (
            other.document,
            other.block.category,
            other.block.text,
        )

    def entry(self) -> Entry:
        """Its values."""
        scope = scope_of(self.document) or TEAM
        return read_entry(self.block, path=directory_of(self.document), scope=scope)


class Corpus:
    """Reads documents from the store as they are asked for, and keeps what becomes of them."""

    def __init__(self, store: Store, known: Known) -> None:
        self.store = store
        self.known = known
        self.before: dict[str, Document] = {}
        self.after: dict[str, Document] = {}

    def document(self, path: str) -> Document:
        """The document as it is now; empty if there is none.

        Raises `GuestError` for one that stands outside of this repository.
        """
        if path in self.after:
            return self.after[path]
        if path not in self.before:
            self.before[path] = self._read(path)
        return self.before[path]

    def _read(self, path: str) -> Document:
        if is_guest(path):
            raise guest_error(self.store, path)
        state = self.store.documents.state(path)
        document = self.known.get(path, state.hash) if state is not None else None
        if document is not None:
            return document
        data = self.store.documents.current(path)
        return EMPTY if data is None else identify(parse(decode(data)), path)

    def text(self, path: str) -> str:
        """The document's text as it is now."""
        return serialize(self.document(path))

    def put(self, path: str, document: Document) -> bool:
        """Give a document another content; hand-written entries keep their ids.

        Returns whether it was taken as it is: an id may have to be written down.
        """
        known = self.document(path)
        named = identify(document, path, known)
        if named is document:
            self.after[path] = document  # nothing in it is written by hand
            return True
        titles: dict[str, int] = {}
        derived: set[str] = set()
        for block in named.blocks:
            if block.kind == UNCLAIMED:
                title = cut(block).title
                derived.add(derived_id(path, title, titles.get(title, 0)))
                titles[title] = titles.get(title, 0) + 1
        # an id that the title no longer gives has to be written down
        self.after[path] = with_markers(named, lambda block: block.id not in derived)
        return all(
            new.text is old.text
            for new, old in zip(self.after[path].blocks, document.blocks, strict=True)
        )

    def edit(self, path: str, ident: str, change: Callable[[Document], Document]) -> None:
        """Change one entry through lorefs, which writes down its id first."""
        document = with_markers(self.document(path), lambda block: block.id == ident)
        self.after[path] = change(document)

    def move(self, ident: str, source: str, target: str) -> None:
        """Move an entry's source to another document."""
        self.edit(source, ident, lambda document: document)
        self.after[source], block = edit.take(self.after[source], ident)
        self.after[target] = edit.place(self.document(target), block, block.category)

    def move_all(self, idents: Collection[str], source: str, target: str) -> None:
        """Move the sources of many entries of one document to another.

        Raises `DocumentError` for an id that stands twice in one of them.
        """
        wanted = frozenset(idents)
        document = with_markers(self.document(source), lambda block: block.id in wanted)
        moved = [block for block in document.blocks if block.id in wanted and block.kind == ENTRY]
        self.after[source] = edit.remove_all(document, wanted)
        self.after[target] = edit.place_all(self.document(target), moved)

    def changed(self) -> list[str]:
        """The documents whose text is another now."""
        known = {state.path for state in self.store.documents.states()}
        return [
            path
            for path, document in sorted(self.after.items())
            if path not in known or document != self.before[path]
        ]


class Differences(NamedTuple):
    """What changes between two states of some documents, by entry id."""

    added: dict[str, Holding]
    edits: list[Edit]
    copies: list[tuple[str, str]]  # (id, document) of further entries with an id in use


def differences(
    before: dict[str, Document], after: dict[str, Document], owners: Owners
) -> Differences:
    """Compare documents entry by entry; a move between them is an edit, not a deletion.

    `owners` names the documents that hold the rows of some ids now.
    """
    windows = {path: _window(before[path], after[path]) for path in before}
    old, _ = _holdings({path: window[0] for path, window in windows.items()}, owners)
    new, copies = _holdings({path: window[1] for path, window in windows.items()}, owners)
    added: dict[str, Holding] = {}
    edits: list[Edit] = []
    elsewhere = owners(new.keys() - old.keys())
    for ident, holding in new.items():
        known = old.get(ident)
        if known is None:
            if ident in elsewhere:
                copies.append((ident, holding.document))
            else:
                added[ident] = holding
        elif not known.is_same(holding):
            edit_ = Edit(known.entry(), holding.entry(), holding.document)
            if edit_.before != edit_.after or known.document != holding.document:
                edits.append(edit_)
    edits += [Edit(old[ident].entry(), None) for ident in old if ident not in new]
    return Differences(added, edits, copies)


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


def _holdings(
    documents: dict[str, Document], owners: Owners
) -> tuple[dict[str, Holding], list[tuple[str, str]]]:
    """Each entry once: where its row is, else in a team document, else by the smaller path."""
    found: dict[str, Holding] = {}
    copies: list[tuple[str, str]] = []
    for path, block in _entries(documents):
        known = found.get(block.id)
        if known is None:
            found[block.id] = Holding(path, block)
        elif known.document != path and owners([block.id]).get(block.id) == path:
            copies.append((block.id, known.document))
            found[block.id] = Holding(path, block)
        elif known.block.text != block.text or known.document != path:
            copies.append((block.id, path))
    return found, copies


def _entries(documents: dict[str, Document]) -> Iterator[tuple[str, Block]]:
    for path in sorted(documents, key=lambda path: (scope_of(path) == PERSONAL, path)):
        for block in documents[path].blocks:
            if block.id and block.kind in {ENTRY, UNCLAIMED}:
                yield path, block


def entries(document: Document, path: str) -> Iterable[Entry]:
    """The values of a document's entries, copies included."""
    return (Holding(path, block).entry() for block in document.blocks if block.id)
