"""Carries out what a resolution decided, as an edit of documents like all others."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple, assert_never

from lorefs.core import edit
from lorefs.core.document import ENTRY, Block, decode, parse
from lorefs.core.history import find_block
from lorefs.core.model import TEAM, TEAM_NAME, document_path, scope_of
from lorefs.core.resolution import (
    Leave,
    Move,
    Recreate,
    Remove,
    Rewrite,
    SetFields,
    SetMetadata,
)
from lorefs.errors import RefusedError
from lorefs.worktree import check_place

if TYPE_CHECKING:
    from lorefs.core.document import Document
    from lorefs.core.resolution import Action
    from lorefs.store import Record, Row
    from lorefs.sync.corpus import Corpus
    from lorefs.sync.site import Site

CATEGORY: Final = "Note"  # of an entry of which nobody knows any more where it stood


class Place(NamedTuple):
    """Where an entry stands, or stood."""

    document: str
    category: str


def carry_out(site: Site, corpus: Corpus, record: Record, row: Row | None, action: Action) -> None:
    """Edit the documents as an action says; raises where that cannot be written."""
    ident = record.discard.entry
    match action:
        case Leave():
            pass
        case Recreate(source):
            place = last_place(site, record)
            check_place(site.git.paths.worktree, place.document)
            block = Block(ENTRY, "", source, ident, place.category)
            corpus.after[place.document] = edit.place(
                corpus.document(place.document), block, place.category
            )
        case Rewrite(old, new):
            _rewrite(corpus, old, new)
        case SetFields() | SetMetadata() | Move() | Remove() if row is not None:
            _edit(site, corpus, row, action)
        case SetFields() | SetMetadata() | Move() | Remove():
            pass  # decided of an entry that is there
        case _:
            assert_never(action)


def _edit(
    site: Site, corpus: Corpus, row: Row, action: SetFields | SetMetadata | Move | Remove
) -> None:
    ident, document = row.entry.id, row.document
    match action:
        case SetFields(changes):
            corpus.edit(document, ident, lambda d: edit.replace_fields(d, ident, changes))
        case SetMetadata(source):
            corpus.edit(document, ident, lambda d: edit.replace_metadata(d, ident, source))
        case Move(target):
            check_place(site.git.paths.worktree, target)
            corpus.move(ident, document, target)
        case Remove():
            corpus.edit(document, ident, partial(edit.remove, ident=ident))


def _rewrite(corpus: Corpus, old: str, new: str) -> None:
    """Replaces prose in the one document that holds it; entries stay what they are."""
    paths = [state.path for state in corpus.store.documents.states()]
    holders = [path for path in paths if corpus.text(path).count(old) == 1]
    if len(holders) == 1:
        (path,) = holders
        before = corpus.document(path)
        after = parse(corpus.text(path).replace(old, new))
        if _sources(before) == _sources(after):
            corpus.put(path, after)
            return
    raise RefusedError(
        "the text that was chosen stands in no document any more, or not just once",
        hint="copy what you need from `lorefs conflicts show`, then close it with --keep",
    )


def _sources(document: Document) -> list[tuple[str, str]]:
    return [(block.text, block.category) for block in document.blocks if block.category]


def last_place(site: Site, record: Record) -> Place:
    """Where a deleted entry stood: by the log, else by git's history, else the root document."""
    ident = record.discard.entry
    for change in site.store.log.changes(entry=ident):
        if change.op == "delete" and change.before is not None:
            values = json.loads(change.before)
            document = document_path(values["path"], values["scope"] or TEAM)
            return Place(document, values["category"])
    return _place_in_git(site, record) or Place(TEAM_NAME, CATEGORY)


def _place_in_git(site: Site, record: Record) -> Place | None:
    """In the newest commit that added or removed the entry's marker, or one of its parents."""
    ident = record.discard.entry
    start = [record.merge_commit] if record.merge_commit else ["HEAD"]
    found = site.git.text(
        "log", "-m", "--max-count=1", "--format=%H %P", "--name-only", f"-Slore:{ident}", *start,
        "--", allowed=(0, 128),
    )  # fmt: skip
    about, _, names = found.partition("\n")
    for name in dict.fromkeys(filter(None, names.split("\n"))):
        for commit in about.split() if scope_of(name) else ():
            text = decode(site.git.blob(commit, name) or b"")
            block = find_block(text, ident, name)
            if block is not None:
                return Place(name, block.category)
    return None
