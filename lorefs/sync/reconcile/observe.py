"""Gathers the facts that the plan decides by: files, HEAD, and what git makes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from lorefs.core.model import TEAM, scope_of
from lorefs.core.moves import path_of, undecided
from lorefs.core.plan import Facts
from lorefs.errors import DocumentError
from lorefs.repo import commit_messages, discover, head_signature, observe_head, observe_tracking
from lorefs.sync.reconcile.stashes import put_aside
from lorefs.sync.site import anything_waits, has_spool, unknown_at_top
from lorefs.worktree import Found, check_text, read, wait_for

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from lorefs.core.moves import Path, Step
    from lorefs.repo import Head, Tracking
    from lorefs.store import DocumentState
    from lorefs.sync.site import Request, Site
    from lorefs.worktree import Absence

TRACKING: Final = "tracking"  # what git said of HEAD's tree and the index


class Observation(NamedTuple):
    """All facts of one reconcile.

    `texts` and `data` hold the files that differ from what was last seen, as text and as
    bytes, until they are taken in: a text can be four times as large in memory as its file.
    """

    head: str
    signature: str  # of HEAD, from before anything was looked at
    facts: tuple[Facts, ...]
    texts: dict[str, str]
    data: dict[str, bytes]
    hashes: dict[str, str | None]
    refusals: tuple[DocumentError, ...]
    looked_up: frozenset[str]
    moved: bool  # whether git brought what the files say now
    own_commits: tuple[Step, ...]  # that a move followed
    elsewhere: frozenset[str] = frozenset()  # known, as they were, and not looked at


def observe(site: Site, request: Request) -> Observation:
    """Look at HEAD and at all documents: the known ones, and with `discover` all others."""
    states = {state.path: state for state in site.store.documents.states()}
    signature = head_signature(site.git.paths)
    head, way = _look_at_head(site)
    paths, files = _look_at_files(site, request, states)
    texts = _texts(files)
    synced = site.config.sync.enabled
    new_head = head.oid != site.store.state("head_oid")
    site.store.set_state("head_oid", head.oid)
    # what git makes of a file matters where it is missing, where sync is on, and when HEAD moved
    missing = [path for path, file in files.found.items() if not isinstance(file, _File)]
    looked_up = list(files.found) if new_head or synced else [*missing, *texts]
    tracking = _tracking(site, head.oid, looked_up)
    moved_to = way.base or (head.oid or None if put_aside(site) else None)
    head_facts = _HeadFacts(
        moved_to,
        committed=new_head and moved_to is None,
        operation=head.operation if synced else None,
    )
    return Observation(
        head=head.oid,
        signature=signature,
        facts=tuple(
            _facts(site, request, path, file, states.get(path), tracking, head_facts)
            for path, file in files.found.items()
        ),
        texts=texts,
        data=files.data,
        hashes={
            path: file.hash if isinstance(file, _File) else None
            for path, file in files.found.items()
        },
        refusals=tuple(files.refusals),
        looked_up=frozenset(looked_up),
        moved=moved_to is not None,
        own_commits=way.own,
        elsewhere=frozenset(states).difference(paths),
    )


def _look_at_head(site: Site) -> tuple[Head, Path]:
    """HEAD, and how it got there since it was last looked at."""
    place = site.store.state("head_place")
    head = observe_head(site.git.paths, place or "")
    # what HEAD did before lorefs came here is nobody's edit, and nothing to tell apart
    steps = head.steps if place is not None else ()
    messages = commit_messages(site.git, undecided(steps)) if site.config.sync.enabled else {}
    under_way = site.config.sync.enabled and head.operation is not None
    # what git does now is looked at once it is done
    site.store.set_state("head_place", head.held if under_way else head.place)
    return head, path_of(steps, messages)


def _look_at_files(
    site: Site, request: Request, states: Mapping[str, DocumentState]
) -> tuple[set[str], _Files]:
    """The documents that were looked at, and what stands in their files."""
    paths = _named(site, request, states)
    if not paths:
        paths = {*states, *request.paths, *unknown_at_top(site, states)}
    if request.discover or site.store.state("discovered") is None:
        paths |= discover(site.git)
        site.store.set_state("discovered", "1")
    files = _read_all(site, sorted(paths), states)
    if not paths.issuperset(states) and not _all_found(paths, files.found):
        paths = set(states)
        files = _read_all(site, sorted(paths), states)
    return paths, files


def _texts(files: _Files) -> dict[str, str]:
    """The texts of the files that changed; one that is no text is refused, and not found."""
    texts: dict[str, str] = {}
    for path, content in list(files.data.items()):
        try:
            texts[path] = check_text(path, content)
        except DocumentError as error:
            files.refusals.append(error)
            del files.found[path], files.data[path]
    return texts


def _tracking(site: Site, head: str, paths: list[str]) -> Tracking:
    """What git makes of some paths; what it said to any process before is not asked again."""
    noted = site.store.state(TRACKING)
    if noted is not None and not site.seen.index:
        site.seen.recall(noted)
    tracking = observe_tracking(site.git, head, paths, site.seen)
    now = site.seen.noted()
    if now != noted:
        site.store.set_state(TRACKING, now)
    return tracking


def _named(site: Site, request: Request, states: Mapping[str, DocumentState]) -> set[str]:
    """The documents that are all there is to look at; none where everything is."""
    named = request.named
    if not named or not named.issubset(states) or anything_waits(site):
        return set()
    if has_spool(site):  # a merge has come to its end
        return set()
    others = (state for path, state in states.items() if path not in named)
    lags = any(s.pending_hash is not None or s.worktree_hash != s.hash for s in others)
    return set() if lags else set(named)


def _all_found(paths: Collection[str], found: Mapping[str, _File | Absence]) -> bool:
    """Whether all files are there: what became of one that is not, others tell."""
    return all(isinstance(found.get(path), _File) for path in paths)


class _File(NamedTuple):
    """What is kept of a file: all documents together are too much to hold at once."""

    hash: str
    empty: bool


class _Files(NamedTuple):
    """What stands in files, and the bytes of those that differ from what was last seen."""

    found: dict[str, _File | Absence]
    data: dict[str, bytes]
    refusals: list[DocumentError]


class _HeadFacts(NamedTuple):
    """What is known of HEAD: where its newest move led, and what git is in the middle of."""

    moved_to: str | None
    committed: bool
    operation: str | None


def _facts(
    site: Site,
    request: Request,
    path: str,
    file: _File | Absence,
    state: DocumentState | None,
    tracking: Tracking,
    head: _HeadFacts,
) -> Facts:
    tracked = path in tracking.in_head
    busy = "it is unmerged in the index" if path in tracking.unmerged else None
    if head.operation and tracked:
        busy = f"git is in the middle of a {head.operation}"
    return Facts(
        path,
        scope_of(path) or TEAM,
        "present" if isinstance(file, _File) else file,
        file.hash if isinstance(file, _File) else None,
        _seen(state),
        state.pending_hash if state else None,
        sync=site.config.sync.enabled,
        tracked=tracked,
        was_tracked=state.tracked if state else False,
        ignored=path in tracking.ignored,
        moved_to=head.moved_to,
        committed=head.committed,
        busy=busy,
        restore=request.restore,
        accept_deletions=request.accept_deletions,
        empty=isinstance(file, _File) and file.empty,
    )


def _seen(state: DocumentState | None) -> str | None:
    return state.worktree_hash if state else None


def _read_all(site: Site, paths: list[str], states: Mapping[str, DocumentState]) -> _Files:
    """Read documents, twice where one is missing that an editor may be about to replace."""
    found: dict[str, _File | Absence] = {}
    data: dict[str, bytes] = {}
    refusals: list[DocumentError] = []
    root, limit = site.git.paths.worktree, site.config.limits.document_size
    for again in (False, True):
        for path in paths:
            try:
                file = read(root, path, limit)
            except DocumentError as error:
                refusals.append(error)
                continue
            if not isinstance(file, Found):
                found[path] = file
                continue
            found[path] = _File(file.hash, not file.data or file.data.isspace())
            if file.hash != _seen(states.get(path)):
                data[path] = file.data
        # with sync on a missing file means no deletion, and may well stay away
        paths = [p for p in found if found[p] == "missing" and _seen(states.get(p))]
        if again or site.config.sync.enabled or not paths:
            break
        wait_for(root, paths)
    return _Files(found, data, refusals)
