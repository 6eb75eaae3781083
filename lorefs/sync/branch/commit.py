"""Puts what the rows say onto the sync branch, off the index and the worktree."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final, NamedTuple

from lorefs.core.document import decode, encode
from lorefs.core.message import (
    ACTOR,
    CODE_COMMIT,
    CODE_ROOT,
    DELETIONS,
    DEVICE,
    FORMAT,
    FORMAT_VERSION,
    REOPENED,
    RESOLVED,
    SOURCE,
    Summary,
    message,
)
from lorefs.core.plan import is_mass_deletion
from lorefs.core.selection import is_in, outgoing
from lorefs.repo import head_oid
from lorefs.repo.identity import author
from lorefs.repo.objects import RefMovedError, Signature
from lorefs.sync.branch.branch import check_outgoing
from lorefs.sync.branch.news import ARRIVED, LOGGED, reopened_here, settled_here
from lorefs.sync.branch.report import Committed
from lorefs.sync.branch.terms import held, note_held, noted, terms_of
from lorefs.sync.commits.diff import diff
from lorefs.sync.corpus import Corpus
from lorefs.sync.progress import COMMITTING, told
from lorefs.sync.site import APPLIED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lorefs.core.message import Trailer
    from lorefs.store import Store
    from lorefs.sync.branch.branch import Branch
    from lorefs.sync.branch.news import Ids
    from lorefs.sync.commits.diff import EntryDiff
    from lorefs.sync.site import Site


TRIES: Final = 8
_OTHER: Final = ("Settle what gave way", "Change prose")


class _Content(NamedTuple):
    """What the branch lacks: texts by path in the worktree, and the hashes they had.

    `held` is that of `terms.held`.
    """

    changes: dict[str, bytes | None]
    before: dict[str, str]
    hashes: dict[str, str]
    held: dict[str, str]


def commit_rows(
    site: Site,
    branch: Branch,
    *,
    at: int,
    trailers: Sequence[Trailer] = (),
    withdraw: Ids = frozenset(),
) -> Committed:
    """Commit what differs from the commit that was last applied in this worktree.

    That is the parent, also where the branch is elsewhere by now: then both are merged. `at`
    is in milliseconds, `withdraw` that of `held`. Raises `RefMovedError` where others never let
    go of the ref.
    """
    attempt = 1
    while True:
        try:
            with site.store.write():
                content = _content(site, branch, withdraw)
                return _commit_rows(site, branch, content, at=at, trailers=trailers)
        except RefMovedError:
            if attempt == TRIES:
                raise
        attempt += 1


def _commit_rows(
    site: Site, branch: Branch, content: _Content, *, at: int, trailers: Sequence[Trailer]
) -> Committed:
    store, objects = site.store, branch.objects
    parent, tip = store.state(APPLIED), branch.tip()
    if not (content.changes or (parent and (settled_here(site) or reopened_here(site)))):
        _note(store, content, parent)
        if parent:  # what the log says up to here is no news to the branch
            store.set_state(LOGGED, str(store.log.last()))
        return Committed(tip, new=False)
    check_outgoing(content.changes)
    changes = {branch.prefix + path: data for path, data in content.changes.items()}
    tree = objects.write_tree(branch.tree(parent), changes)
    if tip not in {parent, None} and branch.tree(tip) == tree and content.changes:
        # whoever committed this was ended before it could say so
        _note(store, content, tip)
        return Committed(tip, new=False)
    site.step("sync commit")
    oid = _commit(site, branch, content, tree, at=at, trailers=trailers)
    new_tip = oid if tip is None or tip == parent else _merged(branch, oid, tip)
    site.step("sync move")
    objects.move(branch.ref, new_tip, tip, "lorefs: commit")
    site.step("sync note")
    _note(store, content, oid)
    store.set_state(LOGGED, str(store.log.last()))
    return Committed(new_tip, new=True)


def _merged(branch: Branch, oid: str, tip: str) -> str:
    from lorefs.sync.branch.merge import merge_tips

    return merge_tips(branch, oid, tip).oid


def _note(store: Store, content: _Content, applied: str | None) -> None:
    for path, found in content.hashes.items():
        store.documents.put_synced(path, found)
    note_held(store, content.held)
    if applied is not None:
        store.set_state(APPLIED, applied)


def lacking(site: Site, branch: Branch) -> list[str]:
    """The documents that the next commit would change."""
    return sorted(_content(site, branch, frozenset()).changes)


def _content(site: Site, branch: Branch, withdraw: Ids) -> _Content:
    """The documents whose texts the branch lacks."""
    store = site.store
    paths = store.documents.unsynced()
    if withdraw:  # what was held back stands in documents that did not change since
        paths = sorted({*paths, *noted(store).values()})
    there = branch.texts(store.state(APPLIED), paths)
    changes: dict[str, bytes | None] = {}
    hashes: dict[str, str] = {}
    corpus = Corpus(store, site.known)
    kept = held(site, branch, paths, withdraw)
    terms = terms_of(site, branch, kept)
    for path in told(site, COMMITTING, paths):
        state = store.documents.state(path)
        hashes[path] = state.hash if state else ""
        document = corpus.document(path)
        owners = store.entries.owners(block.id for block in document.blocks if block.id)
        # what the branch holds twice is nothing that was done here
        known = there.get(path, "")
        copies = {
            ident for ident, owner in owners.items() if owner != path and not is_in(ident, known)
        }
        text = outgoing(document, path, there.get(path), terms, copies)
        if text != there.get(path, ""):
            changes[path] = encode(text) if text else None
    return _Content(changes, there, hashes, kept)


def _commit(
    site: Site,
    branch: Branch,
    content: _Content,
    tree: str,
    *,
    at: int,
    trailers: Sequence[Trailer],
) -> str:
    parent = site.store.state(APPLIED)
    after = {path: decode(data or b"") for path, data in content.changes.items()}
    before = {path: content.before.get(path, "") for path in after}
    found = diff(before, after, site.known)
    text = message(
        _summary(found).subject if found else _OTHER[bool(after)],
        [
            (FORMAT, str(FORMAT_VERSION)),
            *_origins(site),
            *_deletions(site, branch, parent, found),
            *trailers,
        ],
    )
    who = _identity(site, at)
    return branch.write(tree, (parent,) if parent else (), text, who, who)


def _summary(found: Sequence[EntryDiff]) -> Summary:
    return Summary(
        tuple(each.entry.title for each in found if each.before is None),
        tuple(each.entry.title for each in found if each.before and each.after),
        tuple(each.entry.title for each in found if each.after is None),
    )


def _origins(site: Site) -> list[Trailer]:
    """Which device, who, through what, and on which commit of the code."""
    store = site.store
    since = int(store.state(LOGGED) or "0")
    actors, sources = store.log.origins(since, without=ARRIVED)
    head = head_oid(site.git.paths)
    root = _code_root(site) if site.config.sync.prefix else None
    return [
        (DEVICE, f"{store.state('device')} {sys.platform}"),
        *((ACTOR, actor) for actor in actors),
        *((SOURCE, source) for source in sources),
        *([(CODE_COMMIT, head)] if head else []),
        *([(CODE_ROOT, root)] if root else []),
        *((RESOLVED, record) for record in settled_here(site)),
        *((REOPENED, record) for record in reopened_here(site)),
    ]


def _code_root(site: Site) -> str | None:
    from lorefs.sync.branch.realms import code_root

    return code_root(site)


def _deletions(
    site: Site, branch: Branch, parent: str | None, found: Sequence[EntryDiff]
) -> list[Trailer]:
    """What was confirmed here must not be asked of everybody again."""
    gone = sum(each.after is None for each in found)
    guard = site.config.guard
    if gone < guard.deletion_count:
        return []
    before = sum(text.count("<!-- lore:") for text in branch.texts(parent).values())
    if not is_mass_deletion(before, gone, guard.deletion_share, guard.deletion_count):
        return []
    return [(DELETIONS, str(gone))]


def _identity(site: Site, at: int) -> Signature:
    """The author that git would name, at a time."""
    name, email = author(site.git)
    return Signature(name or "lorefs", email or "nobody@lorefs.invalid", at // 1000)
