"""Which entries travel: filters, and what never leaves a machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from lorefs.core import edit
from lorefs.core.claim import identify, with_markers
from lorefs.core.document import ENTRY, parse, serialize
from lorefs.core.merge import Settings, Sides, merge_document
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


def visible(text: str, path: str, selection: Selection) -> str:
    """A document of the sync branch without the entries that are not wanted here."""
    if selection.takes_all:
        return text
    return serialize(_without(parse(text), lambda block: not selection.takes(_entry(block, path))))


def outgoing(
    document: Document,
    path: str,
    there: str | None,
    selection: Selection,
    copies: Collection[str] = (),
) -> str:
    """The text of a document for the sync branch.

    Each entry carries its marker there. What is restricted, not wanted, or one of `copies` (ids
    of entries that stand elsewhere) is left out; what `there`, the text that the branch has, holds
    beyond what is wanted here stays as it is.
    """
    named = with_markers(identify(document, path), lambda _: True)
    sent = _without(
        named,
        lambda block: block.id in copies or not _may_leave(block, path, selection),
    )
    text = serialize(sent)
    if there is None or selection.takes_all:
        return text
    shown = visible(there, path, selection)
    if shown == there:
        return text
    settings = Settings(on_clash="theirs")
    return merge_document(Sides(shown, there, text), path=path, settings=settings).text or ""


def _may_leave(block: Block, path: str, selection: Selection) -> bool:
    if selection.takes_all and "sensitivity" not in block.text:
        return True  # most entries need not be read for this
    entry = _entry(block, path)
    return _rank(entry.sensitivity) < _rank(RESTRICTED) and selection.takes(entry)


def _without(document: Document, unwanted: Callable[[Block], bool]) -> Document:
    for block in document.blocks:
        if block.id and block.kind == ENTRY and unwanted(block):
            document = edit.remove(document, block.id)
    return document


def _entry(block: Block, path: str) -> Entry:
    return read_entry(block, path=directory_of(path), scope=scope_of(path) or TEAM)
