"""Entries where they stand in some documents, and what is compared of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lorefs.core.claim import marked
from lorefs.core.document import UNCLAIMED, Block, Document
from lorefs.core.merge.sides import Sides
from lorefs.core.merge.text import merge_text
from lorefs.core.metadata import MetadataError, split
from lorefs.core.model import REVIEW, TEAM, Entry, directory_of, document_path, scope_of
from lorefs.core.policy import APPROVED_FIELDS
from lorefs.core.proposal import other_keys
from lorefs.core.source import cut, read_entry
from lorefs.core.versions import by_id

if TYPE_CHECKING:
    from collections.abc import Mapping


class Holding(NamedTuple):
    """Where an entry stands, and its source."""

    document: str
    block: Block

    @property
    def entry(self) -> Entry:
        """Its values."""
        scope = scope_of(self.document) or TEAM
        return read_entry(self.block, path=directory_of(self.document), scope=scope)


def holdings(
    documents: Mapping[str, Document], scope: str, old: Mapping[str, Holding] | None = None
) -> dict[str, Holding]:
    """The entries of a scope by id; of copies the one where it stood before, else the first."""
    found: dict[str, Holding] = {}
    for path in sorted(documents):
        if scope_of(path) != scope:
            continue
        for ident, block in by_id(documents[path]).items():
            was = (old or {}).get(ident)
            if ident not in found or (was is not None and was.document == path):
                found[ident] = Holding(path, block)
    return found


def beside(document: str) -> str:
    """The review document in the directory of a document."""
    return document_path(directory_of(document), REVIEW)


def says(entry: Entry) -> tuple[object, ...]:
    """What an entry says, wherever it stands and whoever proposed or approved of it."""
    return (*(getattr(entry, field) for field in APPROVED_FIELDS), other_keys(entry))


def proposable(entry: Entry) -> Entry:
    """An entry without what nobody proposes: where it stands, and who vouches for it."""
    return entry._replace(path="", scope=TEAM, proposed_by="", approved_by="", approved_hash="")


def further_changes(target: Entry, known: Entry, now: Entry) -> dict[str, object]:
    """What an edit of an approved entry adds to what the same person proposed before."""
    found: dict[str, object] = {
        field: getattr(now, field)
        for field in APPROVED_FIELDS
        if getattr(now, field) != getattr(target, field)
    }
    if "content" in found:
        sides = Sides(target.content, known.content, now.content)
        found["content"] = merge_text(sides).readings().theirs
    old, new = dict(other_keys(target)), dict(other_keys(now))
    found |= {key: new.get(key) for key in {**old, **new} if old.get(key) != new.get(key)}
    return found


def renamed(block: Block, ident: str, eol: str) -> Block:
    """An entry's block with another id in its marker, or with a marker."""
    if block.kind == UNCLAIMED:
        return marked(block._replace(id=ident), eol)
    if block.id == ident:
        return block
    line, end, rest = block.text.partition("\n")
    end = "\r\n" if line.endswith("\r") else end
    return block._replace(id=ident, text=f"<!-- lore:{ident} -->{end}{rest}")


def has_readable_metadata(block: Block) -> bool:
    """Whether an entry's metadata can be taken apart."""
    source = cut(block).metadata
    try:
        split(source or "<!-- {} -->")
    except MetadataError:
        return False
    return True
