"""Makes rows and files equal: what editors, other programs and lorefs itself changed.

The write order is that of a journal. One transaction takes everything in and notes the text
intended for each file; then the files are replaced; then a second transaction notes that they
were. So a crash between any two steps neither loses nor resurrects anything.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from lorefs.core import plan as planning
from lorefs.core.claim import identify, with_markers
from lorefs.core.document import encode, serialize
from lorefs.core.ledger import record_id
from lorefs.core.model import PERSONAL, TEAM, scope_of
from lorefs.repo import head_signature
from lorefs.store.documents import KEPT
from lorefs.sync.conflicts import close_settled
from lorefs.sync.corpus import EMPTY, Corpus, differences
from lorefs.sync.foreign import apply_foreign
from lorefs.sync.ingest import ingest, overwritten, take_own_commits
from lorefs.sync.materialise import intend
from lorefs.sync.observe import Observation, observe
from lorefs.sync.progress import WRITING, told
from lorefs.sync.report import Copy, Question, Report, Waiting, joined
from lorefs.sync.site import Request, SavedMeanwhileError
from lorefs.sync.spooled import collect_spool
from lorefs.sync.stashes import note_stashes
from lorefs.worktree import ChangedMeanwhileError
from lorefs.worktree import replace as replace_file

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lorefs.core.document import Document
    from lorefs.core.ledger import Discard
    from lorefs.core.plan import Facts
    from lorefs.errors import LorefsError
    from lorefs.store import Origin, Store
    from lorefs.sync.corpus import Differences
    from lorefs.sync.site import Site

TRIES: Final = 8  # how often a file may be saved by others while it is to be replaced


@dataclass(slots=True)
class _Notes:
    """What is gathered on the way to a report."""

    waiting: list[Waiting] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    refusals: list[LorefsError] = field(default_factory=list)
    discards: list[Discard] = field(default_factory=list)
    bases: dict[str, bytes | None] = field(default_factory=dict)  # what files say now
    brought: dict[str, str] = field(default_factory=dict)  # commits whose versions files hold
    verbatim: dict[str, Document] = field(default_factory=dict)  # documents that say just that


def reconcile(site: Site, request: Request) -> Report:
    """Take in what changed and write what has to be written.

    Raises what `request.change` raises, and `SavedMeanwhileError` where there is something to
    take in before it; then nothing was written.
    """
    report = Report()
    late: list[str] = []
    for attempt in range(TRIES):
        part, intended = _take_in(site, request if attempt == 0 else Request(request.origin))
        report = joined(report, part)
        written, late = _replace_files(site, intended)
        report = replace(report, written=(*report.written, *written))
        if not late:
            return report
    return replace(
        report, waiting=(*report.waiting, *(Waiting(path, "it keeps changing") for path in late))
    )


def _take_in(site: Site, request: Request) -> tuple[Report, dict[str, str | None]]:
    """The first transaction. Returns the files to replace, with the hash each has now."""
    store = site.store
    with store.write():
        site.step("observe")
        observation = observe(site, request)
        notes = _Notes(refusals=list(observation.refusals))
        corpus = Corpus(store, site.known)
        foreign = apply_foreign(store, corpus, site.git.paths.worktree)
        notes.refusals += foreign.refusals
        notes.discards += foreign.discards
        local = foreign.found or (request.change is not None and not request.arrives)
        take_own_commits(site, observation, corpus)
        skipped = _apply_plans(site, observation, corpus, notes)
        if request.change is not None:
            if corpus.changed() and not request.arrives:
                raise SavedMeanwhileError  # the change was decided by what the rows say
            request.change(corpus)
        elif observation.moved:
            request = replace(request, origin=replace(request.origin, source="git"))
        notes.discards += collect_spool(site.git.paths, observation, corpus)
        _write_down_ids(observation, corpus)
        report = _write_rows(site, request, corpus, notes)
        for facts in observation.facts:
            if facts.document in observation.looked_up and facts.file == "present":
                store.documents.put_tracked(facts.document, tracked=facts.tracked)
        site.step("rows")
        intended = intend(site, observation, corpus, skipped, local=local, publish=request.publish)
        store.set_state("head", head_signature(site.git.paths))
        note_stashes(site)
        site.step("commit")
    for state in store.documents.states():
        if state.path in corpus.after:
            site.known[state.path] = (state.hash, corpus.after[state.path])
    return report, intended


def _apply_plans(site: Site, observation: Observation, corpus: Corpus, notes: _Notes) -> set[str]:
    """Carries out what the plan says of each document; returns those not to be written to."""
    texts: dict[str, str] = {}
    skipped: set[str] = set()
    for facts in observation.facts:
        path = facts.document
        for action in planning.plan(facts):
            match action:
                case planning.Finish() | planning.Drop() | planning.Rewrite() | planning.Restore():
                    _settle_pending(site.store, path, action)
                case planning.Ingest(commit):
                    texts[path] = observation.texts.pop(path)
                    if commit is not None:
                        notes.brought[path] = commit
                case planning.Delete():
                    texts[path] = ""
                case planning.Wait(reason):
                    skipped.add(path)
                    notes.waiting.append(Waiting(path, reason))
                case planning.Ask():
                    skipped.add(path)
                    count = sum(bool(block.id) for block in corpus.document(path).blocks)
                    notes.questions.append(Question(path, count, "its file is gone"))
    _ingest(site, observation, corpus, texts, notes)
    skipped.update(question.document for question in notes.questions)
    skipped.update(error.path for error in notes.refusals if error.path)
    return skipped


def _settle_pending(
    store: Store,
    path: str,
    action: planning.Finish | planning.Drop | planning.Rewrite | planning.Restore,
) -> None:
    """What becomes of a text that was intended for a file, or of a file that has to be made."""
    documents = store.documents
    match action:
        case planning.Finish():
            documents.put_worktree_base(path, documents.pending(path))
            documents.put_pending(path, None)
        case planning.Drop():
            documents.put_pending(path, None)
        case planning.Restore():
            documents.put_worktree_base(path, None)
        case planning.Rewrite():
            pass  # the file lags behind its rows, and is written with all that do


def _ingest(
    site: Site,
    observation: Observation,
    corpus: Corpus,
    texts: dict[str, str],
    notes: _Notes,
) -> None:
    """Merges the files in, unless too many entries would vanish with them."""
    one_sided, merged, discards = ingest(site, corpus, texts, notes.brought)
    doubtful = _mass_deletion(site, observation.facts, corpus, merged)
    if doubtful:
        notes.questions += doubtful
        return
    notes.discards += discards
    for path, text in texts.items():
        notes.discards += overwritten(site.store, path, text)
        site.store.documents.put_replaced(path, None)  # the buffer is no older than this save
    for path, document in merged.items():
        as_it_is = corpus.put(path, document) and not discards
        notes.bases[path] = observation.data.get(path)
        if as_it_is and one_sided and path in observation.data:
            notes.verbatim[path] = corpus.after[path]
    texts.clear()


def _mass_deletion(
    site: Site, facts: Sequence[Facts], corpus: Corpus, merged: Mapping[str, Document]
) -> list[Question]:
    guarded = [
        f.document
        for f in facts
        if (f.sync or f.scope == PERSONAL) and not f.accept_deletions and f.document in merged
    ]
    if not guarded:
        return []
    before = {b.id for path in guarded for b in corpus.document(path).blocks if b.id}
    after = {
        block.id
        for path, document in merged.items()
        for block in identify(document, path, corpus.document(path)).blocks
        if block.id
    }
    gone = len(before - after)
    guard = site.config.guard
    if not planning.is_mass_deletion(len(before), gone, guard.deletion_share, guard.deletion_count):
        return []
    return [
        Question(path, len(corpus.document(path).blocks), f"{gone} of {len(before)} entries vanish")
        for path in guarded
    ]


def _write_down_ids(observation: Observation, corpus: Corpus) -> None:
    """With sync on, an entry written by hand into a file of lorefs's own gets its marker."""
    for facts in observation.facts:
        path = facts.document
        ours = facts.sync and facts.scope != PERSONAL and planning.owns_file(facts)
        if ours and path in corpus.after:
            corpus.after[path] = with_markers(corpus.after[path], lambda _: True)


def _write_rows(site: Site, request: Request, corpus: Corpus, notes: _Notes) -> Report:
    """Writes what changed to rows, log and ledger, and the new current texts."""
    store, origin = site.store, request.origin
    changed = corpus.changed()
    found = differences(
        {path: corpus.before.get(path, EMPTY) for path in changed},
        {path: corpus.after[path] for path in changed},
        store.entries.owners,
    )
    _write_differences(store, found, origin)
    for path in told(site, WRITING, changed):
        scope = scope_of(path) or TEAM
        document = corpus.after[path]
        base = notes.bases.pop(path, KEPT)
        # the file's own bytes serve for both where nothing was merged into them
        verbatim = document is notes.verbatim.get(path) and isinstance(base, bytes)
        data = base if verbatim and isinstance(base, bytes) else encode(serialize(document))
        store.documents.put_current(path, scope, data, worktree=base)
    for path, base in notes.bases.items():
        store.documents.put_worktree_base(path, base)
    close_settled(store, found, origin)
    new = set(store.ledger.record(notes.discards, origin.at))
    pending = {record_id(discard) for discard in notes.discards if not discard.closed}
    return Report(
        added=tuple(found.added),
        edited=tuple(e.after.id for e in found.edits if e.after is not None),
        deleted=tuple(e.before.id for e in found.edits if e.before and e.after is None),
        waiting=tuple(notes.waiting),
        questions=tuple(notes.questions),
        refusals=tuple(notes.refusals),
        copies=tuple(Copy(*copy) for copy in found.copies),
        discards=len(notes.discards),
        conflicts=tuple(sorted(new & pending)),
    )


def _write_differences(store: Store, found: Differences, origin: Origin) -> None:
    store.log.append(found.edits, origin)
    store.entries.change(found.edits, origin)
    if not found.added:
        return
    last = store.entries.add(
        ((holding.entry(), holding.document) for holding in found.added.values()), origin
    )
    if origin.source in {"editor", "git"}:
        store.log.append_ingest(last, origin)
    else:
        store.log.append_added(last, origin)


def _replace_files(site: Site, intended: Mapping[str, str | None]) -> tuple[list[str], list[str]]:
    """Replaces the files, and notes each that was; returns those written and those too late."""
    written: list[str] = []
    late: list[str] = []
    for path, expected in intended.items():
        data = site.store.documents.pending(path)
        if data is None:
            continue
        try:
            if data or expected is not None:
                replace_file(site.git.paths.worktree, path, data, expected, site.step)
        except ChangedMeanwhileError:
            late.append(path)
            continue
        site.step("note the file")
        with site.store.write():
            site.store.documents.put_replaced(path, site.store.documents.worktree_base(path))
            site.store.documents.put_worktree_base(path, data)
            site.store.documents.put_pending(path, None)
            site.store.documents.put_lag(path, None)
        written.append(path)
    return written, late
