"""Makes rows and files equal: what editors, other programs and lorefs itself changed.

The write order is that of a journal. One transaction takes everything in, notes the text
intended for each file, and ends only when that text is on the disk beside the file; then the
files are exchanged; then a second transaction notes that they were. So a crash between any two
steps neither loses nor resurrects anything, and what cannot be written changes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lorefs.core import plan as planning
from lorefs.errors import DocumentError
from lorefs.sync.corpus import Corpus
from lorefs.sync.known import Known
from lorefs.sync.reconcile.approval import keep_change, keep_files, keep_rows
from lorefs.sync.reconcile.files import Files, recover_files
from lorefs.sync.reconcile.foreign import apply_foreign
from lorefs.sync.reconcile.headings import tidy_headings
from lorefs.sync.reconcile.ingest import ingest
from lorefs.sync.reconcile.materialise import intend, note_lags
from lorefs.sync.reconcile.observe import Observation, observe
from lorefs.sync.reconcile.renamed import renamed
from lorefs.sync.reconcile.rows import write_rows
from lorefs.sync.reconcile.stashes import note_stashes
from lorefs.sync.report import Notes, Question, Report, Waiting, joined
from lorefs.sync.site import Request, has_spool
from lorefs.worktree import sole

if TYPE_CHECKING:
    from lorefs.errors import LorefsError
    from lorefs.store import Origin, Store
    from lorefs.sync.reconcile.approval import Kept
    from lorefs.sync.site import Site

TRIES: Final = 8  # how often a file may be saved by others while it is to be replaced


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
        if hold.alone and hold.killed and report.written:  # beside what was not known before
            saves += recover_files(site)
    waiting = (Waiting(path, "it keeps changing") for path in late)
    return report._replace(waiting=(*report.waiting, *waiting), refusals=(*saves, *report.refusals))


def _take_in(site: Site, request: Request, files: Files) -> Report:
    """The first transaction; it leaves the texts of the files to replace beside them."""
    store = site.store
    with store.write():
        site.step("observe")
        observation = observe(site, request)
        notes = Notes(refusals=observation.refusals)
        foreign, report = _take_outbox(site, request, observation, notes)
        corpus = Corpus(store, site.known)
        taken = [foreign, corpus]
        skipped = _take_files(site, request, observation, corpus, notes)
        if request.change is None:
            request = request._replace(origin=_origin_of_files(request.origin, observation))
        elif corpus.changed():
            report = joined(report, _write_apart(site, request, observation, corpus, notes))
            corpus = Corpus(store, Known())
            taken.append(corpus)
            notes = Notes(notes.waiting, notes.questions, notes.refusals)
        wanted = _apply_change(site, request, observation, corpus, notes)
        if has_spool(site):
            from lorefs.sync.reconcile.spooled import collect_spool

            notes.discards += collect_spool(site.git.paths, observation, corpus)
        origin, first = request.origin, request.first
        origin = origin._replace(actor=request.by or origin.actor)
        written = write_rows(site, observation, corpus, notes, origin, first=first)
        report = joined(report, written)
        _note_tracked(store, observation)
        site.step("rows")
        own = request.change is not None and not request.arrives
        note_lags(site, observation, [foreign, corpus] if own else [foreign])
        intended, gone = intend(site, observation, skipped, publish=request.publish)
        files.stage(intended, wanted)
        files.waiting += (Waiting(path, "its directory is not there") for path in gone)
        if request.finish is not None:
            request.finish()
        store.set_state("head", observation.signature)
        note_stashes(site)
        site.step("commit")
    _keep_known(site, taken)
    return report


# ---------------------------------------------------------------- what other programs changed


def _take_outbox(
    site: Site, request: Request, observation: Observation, notes: Notes
) -> tuple[Corpus, Report]:
    """Takes in what other programs did to rows: a batch of its own in the log, source `sql`."""
    corpus = Corpus(site.store, site.known)
    foreign = apply_foreign(site.store, corpus, site.git.paths.worktree)
    notes.refusals += foreign.refusals
    if not (foreign.discards or corpus.changed()):
        return corpus, Report()
    taken = Notes()
    try:
        kept = keep_rows(site, observation, corpus, request.origin.actor)
    except DocumentError as error:  # it cannot wait there, either
        corpus.after.clear()
        foreign.refuse(error)
        notes.refusals += foreign.refusals[-1:]
    else:
        _note_kept(taken, kept)
    taken.discards += foreign.discards  # those of a refusal, too
    batch = f"{request.origin.batch}/rows"
    origin = request.origin._replace(source="sql", batch=batch)
    return corpus, write_rows(site, observation, corpus, taken, origin, first=request.first)


# ---------------------------------------------------------------- what files say


def _take_files(
    site: Site, request: Request, observation: Observation, corpus: Corpus, notes: Notes
) -> set[str]:
    """Takes in what people wrote, as far as it may stand; returns what is not to be written to."""
    if site.config.sync.enabled and observation.own_commits:
        from lorefs.sync.reconcile.merging import take_own_commits

        take_own_commits(site, observation, corpus)
    skipped = _apply_plans(site, observation, corpus, notes)
    _keep_out(site, observation, corpus, notes, request.origin.actor)
    return skipped


def _apply_plans(site: Site, observation: Observation, corpus: Corpus, notes: Notes) -> set[str]:
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
    ingest(site, observation, corpus, texts, notes)
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


def _keep_out(
    site: Site, observation: Observation, corpus: Corpus, notes: Notes, actor: str
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
    notes.discards = []  # those that still count are among what was kept
    _note_kept(notes, kept)


def _write_apart(
    site: Site, request: Request, observation: Observation, corpus: Corpus, notes: Notes
) -> Report:
    """Writes what files brought apart from the change that lorefs itself was asked for."""
    batch = f"{request.origin.batch}/files"
    origin = request.origin._replace(source="editor", batch=batch)
    return write_rows(site, observation, corpus, notes, _origin_of_files(origin, observation))


def _origin_of_files(origin: Origin, observation: Observation) -> Origin:
    """Who brought what files say now: git, if HEAD moved, else whoever saved them."""
    return origin._replace(source="git") if observation.moved else origin


# ---------------------------------------------------------------- what lorefs was asked for


def _apply_change(
    site: Site, request: Request, observation: Observation, corpus: Corpus, notes: Notes
) -> set[str]:
    """Makes the change that was asked for; returns the documents that it wants written."""
    if request.change is None:
        return set()
    before = dict(corpus.after)
    request.change(corpus)
    _note_kept(notes, keep_change(site, observation, corpus, request))
    if request.arrives:  # which is no reason to stop
        return set()
    tidy_headings(corpus, before)
    return {path for path in corpus.after if corpus.after[path] is not before.get(path)}


# ---------------------------------------------------------------- what is noted with it


def _note_kept(notes: Notes, kept: Kept) -> None:
    """What the team's policy moved, and what it means for the files."""
    notes.moved += kept.moved
    notes.discards += kept.discards
    notes.bases |= kept.bases


def _note_tracked(store: Store, observation: Observation) -> None:
    """Whether git tracks the files that it was asked about."""
    for facts in observation.facts:
        if facts.document in observation.looked_up and facts.file == "present":
            store.documents.put_tracked(facts.document, tracked=facts.tracked)


def _keep_known(site: Site, taken: list[Corpus]) -> None:
    """Keeps what is parsed for the next time, once it is certain to stand; the last one counts."""
    documents = {path: each for corpus in taken for path, each in corpus.after.items()}
    for path, document in documents.items():
        state = site.store.documents.state(path)
        if state is not None:
            site.known.put(path, state.hash, document)
