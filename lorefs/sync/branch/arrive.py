"""Brings what stands on the sync branch into rows, and from there into files."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from lorefs.core.claim import claim, with_markers
from lorefs.core.document import encode, parse, serialize
from lorefs.core.judgement import combined
from lorefs.core.merge import NoHistory, Settings, Sides, merge_corpus
from lorefs.core.message import (
    ACTOR,
    DELETIONS,
    REOPENED,
    RESOLVED,
    SETTLED,
    one_line,
    trailer,
    values,
)
from lorefs.core.plan import is_mass_deletion
from lorefs.core.policy import OPEN
from lorefs.core.precedence import without_removed
from lorefs.core.selection import RESTRICTED, visible
from lorefs.store.documents import digest
from lorefs.sync.branch.merge import MERGE_PARENTS, again
from lorefs.sync.branch.news import LOGGED
from lorefs.sync.branch.publish import following
from lorefs.sync.branch.standing import judged, note
from lorefs.sync.commits.diff import diff
from lorefs.sync.commits.history import TreeHistories
from lorefs.sync.corpus import Corpus
from lorefs.sync.hidden import followed
from lorefs.sync.judging.kept import known
from lorefs.sync.progress import READING, told
from lorefs.sync.reconcile.approval import keep_met
from lorefs.sync.reconcile.materialise import carry_lag
from lorefs.sync.reconcile.run import reconcile
from lorefs.sync.report import Question, Report
from lorefs.sync.site import APPLIED, Request

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from lorefs.core.ledger import Discard
    from lorefs.core.merge import MergedCorpus
    from lorefs.repo.objects import Commit
    from lorefs.store import Origin, Store
    from lorefs.sync.branch.branch import Branch
    from lorefs.sync.branch.standing import Judged
    from lorefs.sync.reconcile.approval import Kept
    from lorefs.sync.reconcile.observe import Observation
    from lorefs.sync.site import Site

_NAMED: Final = 3  # of those who made what arrives
_NAME_LENGTH: Final = 200


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
        _shown(site, branch, applied, paths),
        _shown(site, branch, target, paths, () if applied else _ids(site, paths)),
        tuple(branch.objects.between([applied] if applied else [], [target])),
        known=applied is not None,
        instead=instead,
        paths=tuple(paths),
    )
    judgement = judged(site.store, branch, target)
    if judgement.found:
        arrival = arrival._replace(base=_claimed(arrival.base), theirs=_claimed(arrival.theirs))
    filed: list[str] = []
    change = partial(_apply, site, branch, arrival, filed, origin.at)
    publish = following(site, branch)
    meeting = _meeting(site, arrival, judgement, origin)
    request = Request(
        origin,
        change,
        arrives=True,
        publish=publish,
        paths=tuple(paths),
        finish=partial(_finish, site.store, arrival, judgement),
        first=applied is None,
        keep=meeting,
        by=_actors(arrival.commits),
    )
    report = _with_records(reconcile(site, request), site.store, filed)
    if applied is None and not (instead or report.copies):
        _note_equal(site, branch.texts(target, frozenset(paths)))
    return report


def _actors(commits: Iterable[Commit]) -> str:
    """Who made what some commits bring; not all, where there are many."""
    found: dict[str, None] = {}
    for commit in commits:
        if len(commit.parents) < MERGE_PARENTS:
            named = values(commit.message, ACTOR) or [commit.author.email]
            found.update(dict.fromkeys(one_line(name)[:_NAME_LENGTH] for name in named))
    names = sorted(found)
    others = [f"{len(names) - _NAMED} others"] if len(names) > _NAMED else []
    return ", ".join(names[:_NAMED] + others)


def _with_records(report: Report, store: Store, filed: Sequence[str]) -> Report:
    """A report that tells of the records that came along, too."""
    if not filed:
        return report
    unsettled = {record.id for record in store.ledger.records(open_only=True)}
    return report._replace(
        discards=report.discards + len(filed),
        conflicts=(*report.conflicts, *(each for each in filed if each in unsettled)),
    )


def _meeting(
    site: Site, arrival: _Arrival, judgement: Judged, origin: Origin
) -> Callable[[Observation, Corpus], Kept] | None:
    """What keeps out, where a team is met first, what may not stand yet by its policy."""
    if arrival.known or arrival.instead:
        return None
    standing = judgement.found.get(arrival.target) or known(site.store).get(arrival.target)
    policy = combined(standing.policies) if standing is not None else OPEN
    if not policy.is_manual:
        return None

    def keep(observation: Observation, corpus: Corpus) -> Kept:
        return keep_met(site, observation, corpus, origin.actor, arrival.theirs, policy)

    return keep


def _claimed(texts: Mapping[str, str]) -> dict[str, str]:
    """Texts with the ids that entries without a marker were judged by."""
    return {
        path: serialize(claim(parse(text), path)) if text else text for path, text in texts.items()
    }


def _note_equal(site: Site, texts: Mapping[str, str]) -> None:
    """Of documents that say what the branch says, spare the first commit to read them again."""
    documents = site.store.documents
    with site.store.write():
        for path, text in texts.items():
            state = documents.state(path)
            if state is not None and state.hash == digest(encode(text)):
                documents.put_synced(path, state.hash)
        if not documents.unsynced():  # what the log says up to here is no news to the branch
            site.store.set_state(LOGGED, str(site.store.log.last()))


def _finish(store: Store, arrival: _Arrival, judgement: Judged) -> None:
    for path in arrival.paths:
        # what stood here before is not what the branch has now, should somebody bring it back
        store.documents.put_synced(path, None)
    note(store, judgement)


def _shown(
    site: Site,
    branch: Branch,
    commit: str | None,
    paths: Sequence[str],
    ours: Collection[str] = (),
) -> dict[str, str]:
    """What the filter shows of some documents, and all of `ours`."""
    if commit is None:
        return {}
    texts, selection = branch.texts(commit, frozenset(paths)), followed(site)
    return {path: visible(text, path, selection, ours) for path, text in texts.items()}


def _ids(site: Site, paths: Sequence[str]) -> set[str]:
    """The entries that stand here already when a branch is met first; they are merged."""
    corpus = Corpus(site.store, site.known)
    return {block.id for path in paths for block in corpus.document(path).blocks if block.id}


def _apply(
    site: Site, branch: Branch, arrival: _Arrival, filed: list[str], at: int, corpus: Corpus
) -> None:
    """Gives the corpus what arrives, and files what gave way to it; `filed` gets those records."""
    store = site.store
    paths = arrival.paths
    ours = {path: _marked(corpus, path) for path in paths}
    merged = _merged(branch, arrival, {path: text for path, text in ours.items() if text})
    for path in told(site, READING, paths):
        before = ours[path]
        corpus.put(path, parse(merged.documents.get(path, "")))
        after = corpus.text(path)
        carry_lag(site, path, before, after)
        if RESTRICTED in after and path in arrival.theirs:
            store.documents.put_synced(path, None)  # others may have again what is restricted here
    filed += store.ledger.record(merged.discards, at)
    for commit in arrival.commits:
        if len(commit.parents) == MERGE_PARENTS:
            filed += store.ledger.record(recorded(branch, commit), at, commit.oid)
        for record in values(commit.message, RESOLVED):
            store.ledger.close(record, at)
    for record in {each for c in arrival.commits for each in values(c.message, REOPENED)}:
        if not _is_settled(branch, arrival.target, record):
            store.ledger.reopen(record)
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


def _is_settled(branch: Branch, target: str, record: str) -> bool:
    """Whether somebody has settled a record and nobody who knew took that back.

    That is a question to the history as a whole, so that all machines answer alike whatever
    came first.
    """
    settled, reopened = (
        branch.git.text("log", "--format=%H", f"--grep=^{key}: {record}$", target).split()
        for key in (RESOLVED, REOPENED)
    )
    is_ancestor = branch.objects.is_ancestor
    return any(not any(is_ancestor(oid, later) for later in reopened) for oid in settled)


def recorded(branch: Branch, commit: Commit) -> tuple[Discard, ...]:
    """The records that a merge commit names; computed again, because it names no texts."""
    if trailer(commit.message, SETTLED) is None:
        return ()
    return again(branch, commit.oid)


def doubtful(site: Site, branch: Branch, target: str) -> tuple[Question, ...]:
    """The documents of which too much would vanish, unless whoever deleted it confirmed that.

    What arrives is judged commit by commit.
    """
    applied = site.store.state(APPLIED)
    if applied is None:
        return ()
    gone = _vanishing(site, branch, applied, target)
    if not gone:
        return ()
    for commit in branch.objects.between([applied], [target]):
        if len(commit.parents) == 1 and trailer(commit.message, DELETIONS) is None:
            found = _vanishing(site, branch, commit.parents[0], commit.oid)
            if found:
                return tuple(
                    Question(path, count, f"{count} entries vanish with {commit.oid[:12]}")
                    for path, count in found.items()
                )
    return ()


def _vanishing(site: Site, branch: Branch, before: str, after: str) -> dict[str, int]:
    """How many entries of each document a step deletes, if that is a mass deletion."""
    paths = branch.changed(before, after)
    old, new = (_shown(site, branch, commit, paths) for commit in (before, after))
    gone = [each.entry for each in diff(old, new) if each.after is None]
    count = sum(text.count("<!-- lore:") for text in old.values())
    guard = site.config.guard
    if not is_mass_deletion(count, len(gone), guard.deletion_share, guard.deletion_count):
        return {}
    lost = {path: sum(f"lore:{e.id}" in old[path] for e in gone) for path in old}
    return {path: number for path, number in lost.items() if number}
