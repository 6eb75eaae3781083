"""The current texts of all documents, as one transaction changes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lorefs.core import edit
from lorefs.core.claim import identify, with_markers
from lorefs.core.document import ENTRY, UNCLAIMED, Block, Document, decode, parse, serialize
from lorefs.core.guests import USER, is_guest, place_of, source_of
from lorefs.core.ids import derived_id
from lorefs.core.model import TEAM, Entry, directory_of, scope_of
from lorefs.core.source import cut, read_entry
from lorefs.errors import GuestError, UnknownEntryError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from lorefs.store import Store
    from lorefs.sync.known import Known

EMPTY = Document("", (), "")


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
        if state is None or data is None:
            return EMPTY
        document = identify(parse(decode(data)), path)
        self.known.put(path, state.hash, document)
        return document

    def holding(self, ident: str, path: str) -> Holding:
        """An entry as it stands in a document now; raises `UnknownEntryError`."""
        document = self.document(path)
        return Holding(path, document.blocks[edit.find(document, ident)])

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

        Raises `DocumentError` for an id that stands twice in one of them, and
        `UnknownEntryError` for one that does not stand in the first.
        """
        wanted = frozenset(idents)
        document = with_markers(self.document(source), lambda block: block.id in wanted)
        moved = [block for block in document.blocks if block.id in wanted and block.kind == ENTRY]
        missing = wanted - {block.id for block in moved}
        if missing:
            raise UnknownEntryError(
                f"{source} has no such entry any more", found=min(missing), hint="try again"
            )
        self.after[source] = edit.remove_all(document, wanted)
        self.after[target] = edit.place_all(self.document(target), moved)

    def changed(self) -> list[str]:
        """The documents whose text is another now."""
        known = self.store.documents
        return [
            path
            for path, document in sorted(self.after.items())
            if document != self.before.get(path) or known.state(path) is None
        ]


def entries(document: Document, path: str) -> Iterable[Entry]:
    """The values of a document's entries, copies included."""
    return (Holding(path, block).entry() for block in document.blocks if block.id)


def values(holdings: Iterable[Holding]) -> Iterator[tuple[Entry, str]]:
    """The values of entries, each with its document; those of one document stand together."""
    document = directory = scope = ""
    for holding in holdings:
        if holding.document != document or not scope:
            document = holding.document
            directory, scope = directory_of(document), scope_of(document) or TEAM
        yield read_entry(holding.block, path=directory, scope=scope), document


def guest_error(store: Store, document: str) -> GuestError:
    """The error for a change to an entry that stands outside of this repository."""
    of_user = source_of(document) == USER
    file = store.guests.seen().get(USER, "").partition(" ")[2] if of_user else ""
    place = place_of(document)
    return GuestError(
        f"the entry stands in {place.where} and is only read here",
        path=file or None,
        hint=place.remedy,
    )
