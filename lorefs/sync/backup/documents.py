"""The personal documents of this machine: those of the worktree, and the user's own store."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from lorefs.core.backup import USER_DOCUMENT
from lorefs.core.claim import identify
from lorefs.core.document import decode, encode, parse, serialize
from lorefs.core.model import PERSONAL
from lorefs.errors import DocumentError
from lorefs.worktree import Found, check_text, read, replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from lorefs.core.document import Block
    from lorefs.core.merge.sides import Side
    from lorefs.store import Store
    from lorefs.store.backups import Backed
    from lorefs.sync.corpus import Corpus


class OwnStore(NamedTuple):
    """The user's own store as it stands; `hash` is None where there is no file."""

    text: str
    hash: str | None


def worktree_texts(store: Store) -> dict[str, str]:
    """The personal documents of the worktree, by path, as rows and files say."""
    documents = store.documents
    paths = [state.path for state in documents.states() if state.scope == PERSONAL]
    return {path: decode(documents.current(path) or b"") for path in paths}


def corpus_texts(corpus: Corpus, paths: Iterable[str]) -> dict[str, str]:
    """The same while a transaction changes them, with those at some further paths."""
    known = {state.path for state in corpus.store.documents.states() if state.scope == PERSONAL}
    return {path: serialize(corpus.document(path)) for path in sorted(known.union(paths))}


def read_own_store(folder: Path, limit: int) -> OwnStore:
    """The user's own store. Raises `DocumentError` for a file that cannot be taken as it is."""
    if not folder.is_dir():
        return OwnStore("", None)
    found = read(folder, USER_DOCUMENT, limit)
    if isinstance(found, Found):
        return OwnStore(check_text(str(folder / USER_DOCUMENT), found.data), found.hash)
    if found == "missing":
        return OwnStore("", None)
    raise DocumentError(
        f"{folder / USER_DOCUMENT} cannot be read now",
        path=str(folder / USER_DOCUMENT),
        hint="it stays as it is, here and in the backup",
    )


def write_own_store(folder: Path, text: str, expected: str | None) -> None:
    """Write the user's own store, if it is what it was. Raises what `worktree.replace` raises."""
    with suppress(OSError):  # said better by what follows
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    replace(folder, USER_DOCUMENT, encode(text), expected)


def ids(texts: Mapping[str, str]) -> set[str]:
    """The ids of all entries in some documents, by path."""
    return {block.id for path in texts for block in _blocks(path, texts[path])}


def _blocks(path: str, text: str) -> list[Block]:
    return [block for block in identify(parse(text), path).blocks if block.id]


def written(store: Store, path: str, text: str, base: Backed | None) -> dict[str, int]:
    """When the entries of a text were written last, by id, in seconds since 1970.

    One that is as the backup has it keeps the time it has there.
    """
    before = {}
    if base is not None:
        before = {block.id: block.text for block in _blocks(path, decode(base.data))}
    found: dict[str, int] = {}
    for block in _blocks(path, text):
        if base is not None and before.get(block.id) == block.text and block.id in base.times:
            found[block.id] = base.times[block.id]
        else:
            row = store.entries.get(block.id)
            if row is not None:
                found[block.id] = row.updated_at // 1000
    return found


class Times:
    """What is known of when entries were written, for a merge without commits."""

    def __init__(self, store: Store, theirs: Mapping[str, int]) -> None:
        self.store = store
        self.theirs = theirs

    def supersedes(self, *_: object) -> bool:
        """Never: there is no history that could tell."""
        return False

    def written_at(self, side: Side, entry: str, field: str) -> int | None:
        """When an entry was written last, whichever field of it."""
        del field
        if side == "theirs":
            return self.theirs.get(entry)
        row = self.store.entries.get(entry)
        return None if row is None else row.updated_at // 1000
