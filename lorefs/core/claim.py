"""Ids for entries that people write by hand, without a marker.

The same hand-written line gets the same id on every machine: a UUIDv8 of the document's path,
the title, and an ordinal where a title repeats. So that a retitled line keeps its id, it is
first matched against the base: the same title or the same text is the same entry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lorefs.core.document import ENTRY, UNCLAIMED, Block, Document
from lorefs.core.source import cut, read_content

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# Names the scheme, so that ids made by another rule can never be the same.
_NAMESPACE: Final = "lorefs:unclaimed:1"


def identify(document: Document, path: str, base: Document | None = None) -> Document:
    """The document with an id in each unclaimed block; no byte of it changes.

    `path` is that of the document in the repository. `base` is where retitled entries are
    looked up: those of its entries whose id does not stand in the document.
    """
    if all(block.kind != UNCLAIMED or block.id for block in document.blocks):
        return document
    taken = {block.id for block in document.blocks if block.id}
    known = _Known(base, path, taken)
    blocks: list[Block] = []
    ordinals: dict[str, int] = {}
    keys = [_keys(b) if b.kind == UNCLAIMED and not b.id else ("", "") for b in document.blocks]
    found = known.match([key for key in keys if key[0] or key[1]])
    for block, key in zip(document.blocks, keys, strict=True):
        if block.kind != UNCLAIMED or block.id:
            blocks.append(block)
            continue
        ident = found.get(key)
        if ident is None or ident in taken:
            ident = _fresh(path, key[0], ordinals, taken)
        taken.add(ident)
        blocks.append(block._replace(id=ident))
    return document._replace(blocks=tuple(blocks))


def claim(document: Document, path: str, base: Document | None = None) -> Document:
    """The document with a marker line written above each unclaimed entry."""
    return with_markers(identify(document, path, base), lambda _: True)


def with_markers(document: Document, wanted: Callable[[Block], bool]) -> Document:
    """Writes the marker of those identified blocks that are wanted."""
    eol = line_end(document)
    blocks = tuple(
        block._replace(kind=ENTRY, text=f"<!-- lore:{block.id} -->{eol}{block.text}")
        if block.kind == UNCLAIMED and block.id and wanted(block)
        else block
        for block in document.blocks
    )
    return document._replace(blocks=blocks)


def line_end(document: Document) -> str:
    """The line end of a document: that of its first line."""
    for block in document.blocks:
        for text in (block.lead, block.text):
            end = text.find("\n")
            if end >= 0:
                return "\r\n" if text[end - 1 : end] == "\r" else "\n"
    return "\r\n" if document.tail.startswith("\r\n") else "\n"


def _keys(block: Block) -> tuple[str, str]:
    parts = cut(block)
    return _normal(parts.title), read_content(parts)


def _normal(title: str) -> str:
    """A title in the form that is hashed: composed, with single spaces."""
    from unicodedata import normalize  # only hand-written entries need it

    return normalize("NFC", " ".join(title.split()))


class _Known:
    """The entries of the base that a hand-written one may be."""

    def __init__(self, base: Document | None, path: str, taken: Iterable[str]) -> None:
        absent = set(taken)
        blocks = identify(base, path).blocks if base else ()
        free = [block for block in blocks if block.id and block.id not in absent]
        self.by_both: dict[tuple[str, str], str] = {}
        self.by_title: dict[str, str] = {}
        self.by_text: dict[str, str] = {}
        for block in free:
            title, content = _keys(block)
            self.by_both.setdefault((title, content), block.id)
            self.by_title.setdefault(title, block.id)
            if content:
                self.by_text.setdefault(content, block.id)

    def match(self, keys: list[tuple[str, str]]) -> dict[tuple[str, str], str]:
        """The ids of the entries that stand in the base: by both, then title, then text."""
        found: dict[tuple[str, str], str] = {}
        used: set[str] = set()
        for rule in range(3):
            for key in keys:
                candidates = (
                    self.by_both.get(key),
                    self.by_title.get(key[0]),
                    self.by_text.get(key[1]),
                )
                ident = candidates[rule] if key not in found else None
                if ident is not None and ident not in used:
                    found[key] = ident
                    used.add(ident)
        return found


def _fresh(path: str, title: str, ordinals: dict[str, int], taken: set[str]) -> str:
    while True:
        ordinal = ordinals.get(title, 0)
        ordinals[title] = ordinal + 1
        ident = derived_id(path, title, ordinal)
        if ident not in taken:
            return ident


def derived_id(path: str, title: str, ordinal: int = 0) -> str:
    """The UUIDv8 (RFC 9562, section 5.8) of a hand-written entry."""
    from hashlib import sha256  # only hand-written entries need it

    name = "\0".join((_NAMESPACE, path, _normal(title), str(ordinal)))
    number = int.from_bytes(sha256(name.encode("utf-8", "surrogateescape")).digest()[:16])
    number = number & ~(0xF << 76) | 8 << 76  # version
    number = number & ~(0x3 << 62) | 2 << 62  # variant
    text = f"{number:032x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def created_at(ident: str) -> int | None:
    """When a UUIDv7 was made, in milliseconds since 1970; None for other ids."""
    digits = ident.replace("-", "")
    if len(digits) != 32 or digits[12] != "7":  # noqa: PLR2004
        return None
    try:
        return int(digits[:12], 16)
    except ValueError:
        return None
