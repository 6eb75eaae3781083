"""Makes rows and files equal: what editors, other programs and lorefs itself changed.

The write order is that of a journal. One transaction takes everything in, notes the text
intended for each file, and ends only when that text is on the disk beside the file; then the
files are exchanged; then a second transaction notes that they were. So a crash between any two
steps neither loses nor resurrects anything, and what cannot be written changes nothing.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from lorefs.core import edit
from lorefs.core import plan as planning
from lorefs.core.claim import identify, with_markers
from lorefs.core.document import encode, serialize
from lorefs.core.ledger import record_id
from lorefs.core.model import PERSONAL, TEAM, scope_of
from lorefs.errors import DocumentError
from lorefs.repo import head_signature
from lorefs.store.bulk import PORTION
from lorefs.store.documents import KEPT
from lorefs.sync.approval import keep_change, keep_files, keep_rows
from lorefs.sync.corpus import EMPTY, Corpus, values
from lorefs.sync.differences import Places, differences
from lorefs.sync.files import Files, recover_files
from lorefs.sync.foreign import apply_foreign
from lorefs.sync.headings import note_headings, tidy_headings
from lorefs.sync.ingest import ingest
from lorefs.sync.known import Known
from lorefs.sync.materialise import intend, note_lags
from lorefs.sync.observe import Observation, observe
from lorefs.sync.policy import note_policy
from lorefs.sync.progress import WRITING, told
from lorefs.sync.renamed import renamed
from lorefs.sync.report import Copy, Question, Report, Waiting, joined
from lorefs.sync.site import Request, has_spool
from lorefs.sync.stashes import note_stashes
from lorefs.worktree import sole

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lorefs.core.approval import Moved
    from lorefs.core.document import Document
    from lorefs.core.ledger import Discard
    from lorefs.core.plan import Facts
    from lorefs.errors import LorefsError
    from lorefs.store import Origin, Store
    from lorefs.sync.differences import Differences
    from lorefs.sync.site import Site

TRIES: Final = 8  # how often a file may be saved by others while it is to be replaced


class _Notes:
    """What is gathered on the way to a report."""

    def __init__(
        self,
        waiting: Iterable[Waiting] = (),
        questions: Iterable[Question] = (),
        refusals: Iterable[LorefsError] = (),
    ) -> None:
        self.waiting, self.questions = list(waiting), list(questions)
        self.refusals = list(refusals)
        self.discards: list[Discard] = []
        self.bases: dict[str, bytes | None] = {}  # what files say now
        self.brought: dict[str, str] = {}  # commits whose versions files hold
        self.verbatim: dict[str, Document] = {}  # documents that say just that
        self.moved: list[Moved] = []  # what the team's policy did not let through


def reconcile(site: Site, request: Request) -> Report:
    """Take in what changed and write what has to be written.

    Raises what `request.change` raises; then nothing was written.
    """
    report = Report()
    late: list[str] = []
    saves: list[LorefsError] = []
    with sole(site.lock) as hold:
        for attempt in range(TRIES):
            if hold.alone and (hold.killed or request.discover or attempt):
                saves += recover_files(site)
            with Files(site) as files:
                again = request if attempt == 0 else Request(request.origin)
                part = _take_in(site, again, files)
                files.put_in_place()
            report = joined(report, files.reported(part))
            late = files.late
            if not late:
                break
    waiting = (Waiting(path, "it keeps changing") for path in late)
    return report._replace(waiting=(*report.waiting, *waiting), refusals=(*saves, *report.refusals))


def _take_in(site: Site, request: Request, files: Files) -> Report:
    """The first transaction; it leaves the texts of the files to replace beside them."""
    store = site.store
    with store.write():
        site.step("observe")
        observation = observe(site, request)
        notes = _Notes(refusals=list(observation.refusals))
        foreign, by_sql = _take_outbox(site, request, observation, notes)
        corpus = Corpus(store, site.known)
        own = request.change is not None and not request.arrives
        if site.config.sync.enabled and observation.own_commits:
            from lorefs.sync.merging import take_own_commits

            take_own_commits(site, observation, corpus)
        skipped = _apply_plans(site, observation, corpus, notes)
        _keep_out(site, observation, corpus, notes, request.origin.actor)
        first, report = corpus, by_sql
        if request.change is None:
            request = request._replace(origin=_origin_of_files(request.origin, observation))
        elif corpus.changed():  # what others did goes into rows and log apart from the change
            batch = f"{request.origin.batch}/files"
            origin = request.origin._replace(source="editor", batch=batch)
            _write_down_ids(observation, corpus)
            taking_in = Request(_origin_of_files(origin, observation))
            report = joined(report, _write_rows(site, taking_in, corpus, notes))
            corpus = Corpus(store, Known())
            notes = _Notes(notes.waiting, notes.questions, notes.refusals)
        wanted = _apply_change(site, request, observation, corpus, notes)
        if has_spool(site):
            from lorefs.sync.spooled import collect_spool

            notes.discards += collect_spool(site.git.paths, observation, corpus)
        _write_down_ids(observation, corpus)
        report = joined(report, _write_rows(site, request, corpus, notes))
        for facts in observation.facts:
            if facts.document in observation.looked_up and facts.file == "present":
                store.documents.put_tracked(facts.document, tracked=facts.tracked)
        site.step("rows")
        note_lags(site, observation, [foreign, corpus] if own else [foreign])
        intended, gone = intend(site, observation, skipped, publish=request.publish)
        files.stage(intended, wanted)
        files.waiting += (Waiting(path, "its directory is not there") for path in gone)
        if request.finish is not None:
            request.finish()
        store.set_state("head", head_signature(site.git.paths))
        note_stashes(site)
        site.step("commit")
    for path, document in {**foreign.after, **first.after, **corpus.after}.items():
        state = store.documents.state(path)
        if state is not None:
            site.known.put(path, state.hash, document)
    return report


def _take_outbox(
    site: Site, request: Request, observation: Observation, notes: _Notes
) -> tuple[Corpus, Report]:
    """Takes in what other programs did to rows: a batch of its own in the log, source `sql`."""
    corpus = Corpus(site.store, site.known)
    foreign = apply_foreign(site.store, corpus, site.git.paths.worktree)
    notes.refusals += foreign.refusals
    if not (foreign.discards or corpus.changed()):
        return corpus, Report()
    taken = _Notes()
    try:
        kept = keep_rows(site, observation, corpus, request.origin.actor)
    except DocumentError as error:  # it cannot wait there, either
        corpus.after.clear()
        foreign.refuse(error)
        notes.refusals += foreign.refusals[-1:]
    else:
        taken.moved += kept.moved
        taken.discards += kept.discards
        taken.bases |= kept.bases
    taken.discards += foreign.discards  # those of a refusal, too
    _write_down_ids(observation, corpus)
    batch = f"{request.origin.batch}/rows"
    origin = request.origin._replace(source="sql", batch=batch)
    return corpus, _write_rows(site, request._replace(origin=origin), corpus, taken)


def _keep_out(
    site: Site, observation: Observation, corpus: Corpus, notes: _Notes, actor: str
) -> None:
    """Keeps out what may not stand yet of what people wrote; see `approval`.

    Where that cannot be done, nothing is taken in.
    """
    try:
        kept = keep_files(site, observation, corpus, actor, notes.discards)
    except DocumentError as error:
        notes.refusals.append(error)
        corpus.after.clear()
        notes.bases.clear()
        notes.verbatim.clear()
        return
    notes.moved += kept.moved
    notes.discards = kept.discards
    notes.bases |= kept.bases


def _apply_change(
    site: Site, request: Request, observation: Observation, corpus: Corpus, notes: _Notes
) -> set[str]:
    """Makes the change that was asked for; returns the documents that it wants written."""
    if request.change is None:
        return set()
    before = dict(corpus.after)
    request.change(corpus)
    kept = keep_change(site, observation, corpus, request)
    notes.moved += kept.moved
    notes.discards += kept.discards
    notes.bases |= kept.bases
    if request.arrives:  # which is no reason to stop
        return set()
    tidy_headings(corpus, before)
    return {path for path in corpus.after if corpus.after[path] is not before.get(path)}


def _origin_of_files(origin: Origin, observation: Observation) -> Origin:
    """Who brought what files say now: git, if HEAD moved, else whoever saved them."""
    return origin._replace(source="git") if observation.moved else origin


def _apply_plans(site: Site, observation: Observation, corpus: Corpus, notes: _Notes) -> set[str]:
    """Carries out what the plan says of each document; returns those not to be written to."""
    texts: dict[str, str] = {}
    skipped: set[str] = set()
    away = renamed(observation, corpus)
    for facts in observation.facts:
        path = facts.document
        if path in away:
            texts[path] = ""
            continue
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
                case planning.Ask(reason):
                    skipped.add(path)
                    count = sum(bool(block.id) for block in corpus.document(path).blocks)
                    notes.questions.append(Question(path, count, reason))
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
            documents.put_pending(path, None)  # a file that lags behind its rows gets a new one
        case planning.Rewrite():
            pass  # what was intended still is
        case planning.Restore():
            documents.put_worktree_base(path, None)


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
        replaced = site.store.documents.replaced(path)
        if replaced is not None:
            from lorefs.sync.merging import overwritten

            notes.discards += overwritten(site.store, path, replaced, text)
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
        Places(store.entries.owners, store.copies.all(), corpus.document),
    )
    _drop_doubles(corpus, found)
    _write_differences(store, found, origin, first=request.first)
    for path in told(site, WRITING, sorted({*changed, *found.doubles})):
        scope = scope_of(path) or TEAM
        document = corpus.after[path]
        note_policy(store, path, document)
        note_headings(store, path, document)
        base = notes.bases.pop(path, KEPT)
        # the file's own bytes serve for both where nothing was merged into them
        verbatim = document is notes.verbatim.get(path) and isinstance(base, bytes)
        data = base if verbatim and isinstance(base, bytes) else encode(serialize(document))
        store.documents.put_current(path, scope, data, worktree=base)
    for path, base in notes.bases.items():
        store.documents.put_worktree_base(path, base)
    if store.ledger.is_open():
        from lorefs.sync.conflicts import close_settled

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
        drafts=tuple(Copy(*copy) for copy in found.drafts),
        discards=len(notes.discards),
        conflicts=tuple(sorted(new & pending)),
        moved=tuple(notes.moved),
    )


def _drop_doubles(corpus: Corpus, found: Differences) -> None:
    """Removes personal entries that only repeat what the team's say."""
    for path, idents in list(found.doubles.items()):
        try:
            corpus.after[path] = edit.remove_all(corpus.document(path), idents)
        except DocumentError:  # what is left would be read as something else
            del found.doubles[path]
            for ident in idents:
                found.standing[ident] |= {path}


def _write_differences(
    store: Store, found: Differences, origin: Origin, *, first: bool = False
) -> None:
    store.log.append(found.edits, origin)
    store.entries.change(found.edits, origin)
    gone = [edit.before.id for edit in found.edits if edit.before and edit.after is None]
    if gone:
        store.guests.come_back(gone, origin)
    store.copies.put(found.standing)
    if not found.added:
        return
    store.guests.hide(found.added, origin)
    ingested = first or origin.source in {"editor", "git"}
    note = store.log.append_ingest if ingested else store.log.append_added
    holdings = iter(found.added.values())
    with store.adding(len(found.added)):
        while portion := list(islice(holdings, PORTION)):
            note(store.entries.add(values(portion), origin), origin)
