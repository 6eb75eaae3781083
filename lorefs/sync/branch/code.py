"""Takes in what the code branch gains, once for the whole team.

Lore that people commit with their code reaches the sync branch from one ref alone, so that
looking at a colleague's branch publishes nothing.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from lorefs.core import edit
from lorefs.core.claim import identify, with_markers
from lorefs.core.document import decode, parse, serialize
from lorefs.core.ledger import once_each
from lorefs.core.merge import Settings, Sides, merge_corpus
from lorefs.core.message import INGESTED, trailer
from lorefs.core.model import PERSONAL, scope_of
from lorefs.core.plan import is_mass_deletion
from lorefs.core.precedence import news_of
from lorefs.errors import RefusedError
from lorefs.repo import head_oid
from lorefs.sync.branch.news import TAKEN, code_tip
from lorefs.sync.commits.diff import diff
from lorefs.sync.commits.history import TreeHistories, merge_bases
from lorefs.sync.hidden import Hidden
from lorefs.sync.reconcile.run import reconcile
from lorefs.sync.site import APPLIED, Request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lorefs.core.document import Document
    from lorefs.core.merge.sides import Side
    from lorefs.store import Origin
    from lorefs.sync.branch.branch import Branch
    from lorefs.sync.corpus import Corpus
    from lorefs.sync.report import Report
    from lorefs.sync.site import Site

_Texts = dict[str, str]


class MassDeletionError(RefusedError):
    """The code branch deletes so much that somebody has to confirm it."""


class _News(NamedTuple):
    """What the code branch changed since the commit last taken in; `base` is None for never."""

    code: str
    base: _Texts | None
    theirs: _Texts


def last_taken(site: Site, branch: Branch) -> str | None:
    """The commit of the code branch that was taken in last, by whatever machine."""
    known = site.store.state(TAKEN)
    if known:
        return known
    tip = branch.tip()
    if tip is None:
        return None
    realm = ["--", f":(top,literal){branch.prefix}"] if branch.prefix else []  # else another's
    text = site.git.text(
        "log", "--max-count=1", f"--grep=^{INGESTED}: ", "--format=%B", tip, *realm
    )
    return trailer(text, INGESTED)


def starting_point(site: Site, branch: Branch) -> str | None:
    """For the first commit on a new sync branch: the rows came from HEAD, the code is behind it."""
    code, head = code_tip(site, branch), head_oid(site.git.paths)
    if code is None or not head or not branch.objects.is_ancestor(code, head):
        return None
    return code


def take_code(
    site: Site, branch: Branch, code: str, origin: Origin, *, accept_deletions: bool = False
) -> Report | None:
    """Merge what the code branch gained up to a commit into the rows; None if that is nothing.

    Raises `MassDeletionError` where too much would vanish.
    """
    news = _news(site, branch, code, last_taken(site, branch))
    if news is None:
        with site.store.write():
            site.store.set_state(TAKEN, code)
        return None
    change = partial(_apply, site, branch, news, origin.at, guarded=not accept_deletions)
    paths = tuple({*(news.base or {}), *news.theirs})
    return reconcile(site, Request(origin, change, arrives=True, paths=paths))


def brings(site: Site, branch: Branch, code: str) -> bool:
    """Whether a commit of the code branch has lore to look at that was not taken in yet."""
    return _news(site, branch, code, last_taken(site, branch)) is not None


def _news(site: Site, branch: Branch, code: str, known: str | None) -> _News | None:
    objects = branch.objects
    if known is not None and not objects.has(known):
        known = None
    if known is not None and objects.is_ancestor(code, known):
        return None
    bases = merge_bases(site.git, known, code) if known is not None else []
    tree = objects.commit(code).tree
    if not bases:
        theirs = _texts(branch, tree, None)
        return _News(code, None, theirs) if theirs else None
    before = objects.commit(bases[0]).tree
    theirs, base = _texts(branch, tree, before), _texts(branch, before, tree)
    theirs |= {path: _left(text, theirs) for path, text in base.items() if path not in theirs}
    return _News(code, base, theirs) if {**theirs, **base} else None


def _left(text: str, theirs: _Texts) -> str:
    """What a document that git no longer has still says: all that did not move to another one.

    A commit that untracks a document deletes no entry.
    """
    moved = {block.id for other in theirs.values() for block in parse(other).blocks if block.id}
    blocks = parse(text).blocks
    if all(block.id in moved for block in blocks if block.id):
        return ""
    return "".join(block.text for block in blocks if block.id not in moved)


def _texts(branch: Branch, tree: str, but: str | None) -> _Texts:
    """The shared documents of a tree of code that are others in another one."""
    leaves = {
        path: leaf.oid
        for path, leaf in branch.objects.leaves(tree, but).items()
        if scope_of(path) not in {None, PERSONAL}
    }
    blobs = branch.objects.blobs(set(leaves.values()))
    return {path: decode(blobs[oid]) for path, oid in leaves.items()}


def _apply(
    site: Site, branch: Branch, news: _News, at: int, corpus: Corpus, *, guarded: bool
) -> None:
    paths = sorted({*(news.base or {}), *news.theirs})
    hidden = Hidden(site)
    ours = {
        path: hidden.put_back(path, serialize(with_markers(corpus.document(path), lambda _: True)))
        for path in paths
    }
    applied = site.store.state(APPLIED) or ""
    sync = TreeHistories(
        site.git, (ours, news.theirs, news.base or {}), applied, "", prefix=branch.prefix
    )
    if news.base is None:
        after = {
            path: _with_additions(site, path, ours[path], text, sync)
            for path, text in news.theirs.items()
        }
    else:
        after = _merged(site, news, ours, news.base, sync, at)
    if guarded:
        _guard(site, ours, after)
    for path, text in after.items():
        corpus.put(path, parse(hidden.taken_out(path, text)))
    site.store.set_state(TAKEN, news.code)


def _with_additions(site: Site, path: str, ours: str, theirs: str, sync: TreeHistories) -> str:
    """What stands here, with the entries that neither the rows nor the sync branch ever had."""
    document: Document = parse(ours)
    blocks = identify(parse(theirs), path).blocks
    rows = site.store.entries.owners(block.id for block in blocks if block.id)
    for block in blocks:
        if block.id and block.id not in rows and not sync.ever_held(block.id):
            document = edit.place(document, block, block.category)
    return serialize(with_markers(document, lambda _: True))


def _merged(
    site: Site, news: _News, ours: _Texts, base: _Texts, sync: TreeHistories, at: int
) -> _Texts:
    code = TreeHistories(site.git, (ours, news.theirs, base), "", news.code)
    theirs = {
        path: news_of(
            path, news.theirs.get(path, ""), base.get(path, ""), ours[path], sync, code=code
        )
        for path in ours
    }
    merged = merge_corpus(
        Sides(base, {path: text for path, text in ours.items() if text}, theirs),
        settings=Settings(),
        history=_Both(sync, code),
    )
    site.store.ledger.record(once_each(merged.discards), at, news.code)
    return {path: merged.documents.get(path, "") for path in ours}


class _Both:
    """The history of the sync branch for ours, that of the code branch for theirs."""

    def __init__(self, sync: TreeHistories, code: TreeHistories) -> None:
        self.sync = sync
        self.code = code

    def supersedes(self, entry: str, field: str, newer: object, older: object) -> bool:
        """Whether one of them says so."""
        return any(
            history.supersedes(entry, field, newer, older) for history in (self.sync, self.code)
        )

    def written_at(self, side: Side, entry: str, field: str) -> int | None:
        """By the history of the side."""
        history = self.sync if side == "ours" else self.code
        return history.written_at(side, entry, field)


def _guard(site: Site, before: Mapping[str, str], after: Mapping[str, str]) -> None:
    gone = sum(each.after is None for each in diff(before, after))
    count = sum(text.count("<!-- lore:") for text in before.values())
    guard = site.config.guard
    if is_mass_deletion(count, gone, guard.deletion_share, guard.deletion_count):
        raise MassDeletionError(
            f"the code branch deletes {gone} of {count} entries",
            hint="`lorefs sync --accept-deletions` deletes them for the team",
        )
