"""Brings what stands on the sync branch into rows, and from there into files."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from lorefs.core.claim import with_markers
from lorefs.core.document import decode, encode, parse, serialize
from lorefs.core.merge import NoHistory, Settings, Sides, merge_corpus, merge_document
from lorefs.core.message import DELETIONS, RESOLVED, SETTLED, trailer, values
from lorefs.core.plan import is_mass_deletion
from lorefs.core.precedence import without_removed
from lorefs.core.selection import visible
from lorefs.sync.branch.merge import MERGE_PARENTS, again
from lorefs.sync.branch.publish import following
from lorefs.sync.branch.standing import judged, note
from lorefs.sync.diff import diff
from lorefs.sync.history import TreeHistories
from lorefs.sync.progress import READING, told
from lorefs.sync.reconcile import reconcile
from lorefs.sync.report import Question, Report
from lorefs.sync.site import APPLIED, Request

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lorefs.core.ledger import Discard
    from lorefs.core.merge import MergedCorpus
    from lorefs.core.selection import Selection
    from lorefs.repo.objects import Commit
    from lorefs.store import Origin, Store
    from lorefs.sync.branch.branch import Branch
    from lorefs.sync.branch.standing import Judged
    from lorefs.sync.corpus import Corpus
    from lorefs.sync.site import Site


class _Arrival(NamedTuple):
    """What changed on the branch between the commit applied here and the one that comes."""

    target: str
    base: dict[str, str]
    theirs: dict[str, str]
    commits: tuple[Commit, ...]
    known: bool  # whether a commit was applied here before
    instead: bool  # whether what stands here does not count
    paths: tuple[str, ...]


def arrive(
    site: Site,
    branch: Branch,
    selection: Selection,
    target: str,
    origin: Origin,
    *,
    instead: bool = False,
) -> Report:
    """Apply a commit of the branch: rows, ledger and place in one transaction, then files.

    With `instead` it takes the place of what stands here, which nobody has sent anywhere.
    """
    applied = site.store.state(APPLIED)
    if applied == target:
        return Report()
    paths = branch.changed(applied, target)
    if instead:
        paths = sorted({*paths, *site.store.documents.unsynced()})
    arrival = _Arrival(
        target,
        _shown(branch, selection, applied, paths),
        _shown(branch, selection, target, paths),
        tuple(branch.objects.between([applied] if applied else [], [target])),
        known=applied is not None,
        instead=instead,
        paths=tuple(paths),
    )
    change = partial(_apply, site, branch, arrival, origin.at)
    publish = following(site, branch)
    finish = partial(_finish, site.store, arrival, judged(site.store, branch, target))
    return reconcile(
        site,
        Request(origin, change, arrives=True, publish=publish, paths=tuple(paths), finish=finish),
    )


def _finish(store: Store, arrival: _Arrival, judgement: Judged) -> None:
    for path in arrival.paths:
        # what stood here before is not what the branch has now, should somebody bring it back
        store.documents.put_synced(path, None)
    note(store, judgement)


def _shown(
    branch: Branch, selection: Selection, commit: str | None, paths: Sequence[str]
) -> dict[str, str]:
    if commit is None:
        return {}
    texts = branch.texts(commit, frozenset(paths))
    return {path: visible(text, path, selection) for path, text in texts.items()}


def _apply(site: Site, branch: Branch, arrival: _Arrival, at: int, corpus: Corpus) -> None:
    store = site.store
    paths = arrival.paths
    ours = {path: _marked(corpus, path) for path in paths}
    merged = _merged(branch, arrival, {path: text for path, text in ours.items() if text})
    for path in told(site, READING, paths):
        before = ours[path]
        corpus.put(path, parse(merged.documents.get(path, "")))
        _carry_lag(site, path, before, corpus.text(path))
    store.ledger.record(merged.discards, at)
    for commit in arrival.commits:
        if len(commit.parents) == MERGE_PARENTS:
            store.ledger.record(recorded(branch, commit), at, commit.oid)
        for record in values(commit.message, RESOLVED):
            store.ledger.close(record, at)
    site.step("sync apply")
    store.set_state(APPLIED, arrival.target)


def _merged(branch: Branch, arrival: _Arrival, ours: Mapping[str, str]) -> MergedCorpus:
    """What the rows say next.

    Where nothing was applied here before, there is no base: what stands here counts, unless
    the branch held it once and has since changed it.
    """
    theirs = arrival.theirs
    if arrival.instead:
        return merge_corpus(Sides(ours, ours, theirs))
    if arrival.known:
        return merge_corpus(
            Sides(arrival.base, ours, theirs), settings=Settings(), history=NoHistory()
        )
    sides: Sides[Mapping[str, str]] = Sides({}, theirs, ours)
    history = TreeHistories(branch.git, (theirs, ours), arrival.target, "", prefix=branch.prefix)
    sides = sides._replace(theirs=without_removed(ours, theirs, history))
    return merge_corpus(sides, settings=Settings(on_clash="theirs"), history=history)


def _marked(corpus: Corpus, path: str) -> str:
    return serialize(with_markers(corpus.document(path), lambda _: True))


def _carry_lag(site: Site, path: str, before: str, after: str) -> None:
    """Keeps what arrived out of what a file still lacks of the changes made here."""
    lag = site.store.documents.lag(path)
    if lag is not None:
        merged = merge_document(Sides(before, decode(lag), after), path=path)
        site.store.documents.put_lag(path, encode(merged.text or ""))


def recorded(branch: Branch, commit: Commit) -> tuple[Discard, ...]:
    """The records that a merge commit names; computed again, because it names no texts."""
    if trailer(commit.message, SETTLED) is None:
        return ()
    return again(branch, commit.oid)


def doubtful(site: Site, branch: Branch, selection: Selection, target: str) -> tuple[Question, ...]:
    """The documents of which too much would vanish, unless whoever deleted it confirmed that.

    What arrives is judged commit by commit.
    """
    applied = site.store.state(APPLIED)
    if applied is None:
        return ()
    gone = _vanishing(site, branch, selection, applied, target)
    if not gone:
        return ()
    for commit in branch.objects.between([applied], [target]):
        if len(commit.parents) == 1 and trailer(commit.message, DELETIONS) is None:
            found = _vanishing(site, branch, selection, commit.parents[0], commit.oid)
            if found:
                return tuple(
                    Question(path, count, f"{count} entries vanish with {commit.oid[:12]}")
                    for path, count in found.items()
                )
    return ()


def _vanishing(
    site: Site, branch: Branch, selection: Selection, before: str, after: str
) -> dict[str, int]:
    """How many entries of each document a step deletes, if that is a mass deletion."""
    paths = branch.changed(before, after)
    old, new = (_shown(branch, selection, commit, paths) for commit in (before, after))
    gone = [each.entry for each in diff(old, new) if each.after is None]
    count = sum(text.count("<!-- lore:") for text in old.values())
    guard = site.config.guard
    if not is_mass_deletion(count, len(gone), guard.deletion_share, guard.deletion_count):
        return {}
    lost = {path: sum(f"lore:{e.id}" in old[path] for e in gone) for path in old}
    return {path: number for path, number in lost.items() if number}
