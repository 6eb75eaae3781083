"""Which entries travel: filters, and what never leaves a machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from lorefs.core import edit
from lorefs.core.claim import identify, with_markers
from lorefs.core.document import ENTRY, parse, serialize
from lorefs.core.model import SENSITIVITIES, TEAM, directory_of, scope_of
from lorefs.core.source import read_entry

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from lorefs.core.document import Block, Document
    from lorefs.core.model import Entry

RESTRICTED: Final = SENSITIVITIES[-1]


class Selection(NamedTuple):
    """What is indexed here and which local additions are sent; nothing means all.

    `paths` are directories with all below them; an entry with one of `tags` is taken.
    """

    paths: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    sensitivity: str = RESTRICTED

    def takes(self, entry: Entry) -> bool:
        """Whether an entry is wanted."""
        if self.paths and not any(_is_below(entry.path, path) for path in self.paths):
            return False
        if self.categories and entry.category.casefold() not in self._folded_categories():
            return False
        if self.tags and not set(self.tags) & set(entry.tags):
            return False
        return _rank(entry.sensitivity) <= _rank(self.sensitivity)

    def _folded_categories(self) -> set[str]:
        return {category.casefold() for category in self.categories}

    @property
    def takes_all(self) -> bool:
        """Whether nothing is left out."""
        return self == EVERYTHING


EVERYTHING: Final = Selection()


def _is_below(directory: str, top: str) -> bool:
    return directory == top or directory.startswith(f"{top}/")


def _rank(sensitivity: str) -> int:
    """How strict a word is; one that lorefs does not know is the strictest."""
    known = sensitivity in SENSITIVITIES
    return SENSITIVITIES.index(sensitivity) if known else len(SENSITIVITIES)


class Terms(NamedTuple):
    """On what terms the text of a document goes onto the branch.

    `wanted` is the filter for entries that the branch does not hold yet; `holds` tells for an id
    whether it does. `followed` is the filter that the rows follow: what the branch holds beyond
    it is no row here, and stays there. So do entries of `kept` (ids), whatever the rows say of
    them: they are restricted here, and nobody has confirmed yet that others lose them.
    """

    wanted: Selection
    followed: Selection
    holds: Callable[[str], bool]
    kept: Collection[str] = ()


def visible(text: str, path: str, selection: Selection, ours: Collection[str] = ()) -> str:
    """A document of the branch without the entries that are not wanted, but with all of `ours`."""
    if selection.takes_all:
        return text
    return _without(
        parse(text),
        lambda block: block.id not in ours and not selection.takes(_entry(block, path)),
    )


def outgoing(
    document: Document,
    path: str,
    there: str | None,
    terms: Terms,
    copies: Collection[str] = (),
) -> str:
    """The text of a document for the sync branch.

    Each entry carries its marker there. What is restricted, new and not wanted, or one of
    `copies` (ids of entries that stand elsewhere) is left out; of `there`, the text that the
    branch has, stays what the terms keep.
    """
    named = with_markers(identify(document, path), lambda _: True)
    text = _without(named, lambda block: block.id in copies or not _may_leave(block, path, terms))
    return with_hidden(text, path, there or "", terms.followed, terms.kept)


def with_hidden(
    text: str, path: str, there: str, selection: Selection, kept: Collection[str] = ()
) -> str:
    """A text that the rows gave, with what the branch holds beyond it.

    That is what the filter hides of `there`, and all of `kept`, where the text lacks it.
    """
    if not there or (selection.takes_all and not kept):
        return text
    sent = ids_of(text)
    known = _without(
        parse(there),
        lambda block: (
            block.id not in sent and (block.id in kept or not selection.takes(_entry(block, path)))
        ),
    )
    if known == there:
        return text
    from lorefs.core.merge import Settings, Sides, merge_document

    settings = Settings(on_clash="theirs")
    return merge_document(Sides(known, there, text), path=path, settings=settings).text or ""


def unlike(text: str, path: str, there: str, selection: Selection) -> str:
    """A text without the entries that the filter hides of `there`, where they are the same."""
    if not there or selection.takes_all:
        return text
    hidden = {
        block.id: block.text
        for block in parse(there).blocks
        if block.kind == ENTRY and not selection.takes(_entry(block, path))
    }
    return _without(parse(text), lambda block: hidden.get(block.id) == block.text)


def ids_of(text: str) -> set[str]:
    """The ids of the entries of a text."""
    return {block.id for block in parse(text).blocks if block.id and block.kind == ENTRY}


def is_in(ident: str, text: str) -> bool:
    """Whether a text of the branch, where each entry carries its marker, holds an entry."""
    return f"<!-- lore:{ident} -->" in text


def _may_leave(block: Block, path: str, terms: Terms) -> bool:
    if terms.wanted.takes_all and "sensitivity" not in block.text:
        return True  # most entries need not be read for this
    entry = _entry(block, path)
    if _rank(entry.sensitivity) >= _rank(RESTRICTED):
        return False
    return terms.wanted.takes(entry) or terms.holds(block.id)


def _without(document: Document, unwanted: Callable[[Block], bool]) -> str:
    """The text of a document without some of its entries."""
    gone = {
        block.id
        for block in document.blocks
        if block.id and block.kind == ENTRY and unwanted(block)
    }
    return serialize(edit.remove_all(document, gone) if gone else document)


def _entry(block: Block, path: str) -> Entry:
    return read_entry(block, path=directory_of(path), scope=scope_of(path) or TEAM)
