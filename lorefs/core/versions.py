"""Tells edits from versions: what git put into a file, nobody wrote.

With sync on, a branch switch or a pull changes files without anybody having edited them. An
edit is only what differs from the document in the commit that HEAD moved to *and* from the
bytes last seen in the worktree, entry by entry, absence included.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lorefs.core import edit

if TYPE_CHECKING:
    from lorefs.core.document import Block, Document


def edits_base(file: Document, brought: Document, seen: Document) -> Document:
    """The base against which a file holds just the edits that people made.

    `brought` is the document in the commit that HEAD's newest move led to, `seen` that last
    seen in the worktree. The result is the file, with the entries that were edited as they
    stand in `brought`.
    """
    now, there, before = by_id(file), by_id(brought), by_id(seen)
    base = file
    for ident in {**now, **there}:
        block, source = now.get(ident), there.get(ident)
        if same(block, source) or same(block, before.get(ident)):
            continue
        if block is not None:
            base = edit.remove(base, ident)
        if source is not None:
            base = edit.place(base, source, source.category)
    return base


def by_id(document: Document) -> dict[str, Block]:
    """The entries of a document by id, of copies the first."""
    found: dict[str, Block] = {}
    for block in document.blocks:
        if block.id:
            found.setdefault(block.id, block)
    return found


def same(one: Block | None, other: Block | None) -> bool:
    """Whether two entries stand under one category with one source, or neither is there."""
    if one is None or other is None:
        return one is other
    return (one.category, one.text) == (other.category, other.text)
