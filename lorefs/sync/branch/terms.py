"""On what terms lore goes onto the branch: by which filter, and what is held back.

An entry that others have and that becomes restricted here would be deleted for them. Where
nobody was there to be asked, the branch keeps what it has of it until somebody confirms.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from lorefs.core.model import PERSONAL, TEAM, directory_of, scope_of
from lorefs.core.selection import RESTRICTED, Terms, is_in
from lorefs.core.source import read_entry
from lorefs.sync.branch.news import HELD
from lorefs.sync.corpus import Corpus
from lorefs.sync.hidden import followed, wanted
from lorefs.sync.report import Question
from lorefs.sync.site import APPLIED

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from lorefs.store import Store
    from lorefs.sync.branch.branch import Branch
    from lorefs.sync.branch.news import Ids
    from lorefs.sync.site import Site


def terms_of(site: Site, branch: Branch, kept: Collection[str] = ()) -> Terms:
    """The terms on which documents are sent now; `kept` is held back."""
    return Terms(wanted(site), followed(site), _holds(site, branch), kept)


def _holds(site: Site, branch: Branch) -> Callable[[str], bool]:
    """Tells whether the commit applied here holds an entry; reads it when that is asked first."""
    texts: list[str] = []

    def holds(ident: str) -> bool:
        if not texts:
            texts.extend(["", *branch.texts(site.store.state(APPLIED)).values()])
        return any(is_in(ident, text) for text in texts)

    return holds


# ---------------------------------------------------------------- what is held back


def held(
    site: Site, branch: Branch, paths: Iterable[str], withdraw: Ids = frozenset()
) -> dict[str, str]:
    """The restricted entries that others have: the branch's document that holds each, by id.

    Looked at are those of some documents and what was held back before; those of `withdraw`
    are confirmed.
    """
    before = noted(site.store)
    corpus = Corpus(site.store, site.known)
    paths = sorted({*paths, *before.values()})
    found = {ident for path in paths for ident in _restricted(corpus, path)}
    found |= {ident for ident in before if _is_restricted(site.store, ident)}
    found = {ident for ident in found if ident not in withdraw}
    if not found:
        return {}
    there = branch.texts(site.store.state(APPLIED), paths)
    return {ident: path for path, text in there.items() for ident in found if is_in(ident, text)}


def _restricted(corpus: Corpus, path: str) -> Iterator[str]:
    for block in corpus.document(path).blocks:
        if block.id and "sensitivity" in block.text:  # most entries need not be read for this
            entry = read_entry(block, path=directory_of(path), scope=scope_of(path) or TEAM)
            if entry.sensitivity == RESTRICTED:
                yield block.id


def _is_restricted(store: Store, ident: str) -> bool:
    row = store.entries.get(ident)
    return row is not None and row.entry.sensitivity == RESTRICTED and row.entry.scope != PERSONAL


def noted(store: Store) -> dict[str, str]:
    """What the last commit held back."""
    return dict(json.loads(store.state(HELD) or "{}"))


def note_held(store: Store, found: Mapping[str, str]) -> None:
    """Remember what a commit held back. Must run inside `Store.write`."""
    text = json.dumps(found) if found else ""
    if text != (store.state(HELD) or ""):
        store.set_state(HELD, text)


def questions(site: Site, branch: Branch) -> tuple[Question, ...]:
    """What is held back until somebody confirms, document by document."""
    found = held(site, branch, site.store.documents.unsynced())
    return tuple(
        Question(
            path,
            len(ids := sorted(i for i in found if found[i] == path)),
            f"restricted here, but others have it: {', '.join(ids)}",
            _HINT,
        )
        for path in sorted(set(found.values()))
    )


_HINT: Final = (
    "`lorefs reconcile --accept-deletions` deletes for the others what is restricted here"
    " (history that was sent keeps its text), `lorefs edit ID --sensitivity normal` shares it again"
)
