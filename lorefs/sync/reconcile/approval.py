"""A policy of approval at work: what may not stand yet is kept out of rows and files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from lorefs.core.document import Document, decode, encode, parse, serialize
from lorefs.core.model import REVIEW, TEAM, directory_of, document_path, scope_of
from lorefs.core.plan import owns_file
from lorefs.errors import DocumentError, RefusedError
from lorefs.repo import operation
from lorefs.sync.corpus import EMPTY
from lorefs.sync.policy import author_here, policy_here, tip_here
from lorefs.worktree import Found, check_text, read

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lorefs.core.approval import Enforced, Moved
    from lorefs.core.ledger import Discard
    from lorefs.core.plan import Facts
    from lorefs.core.policy import Policy
    from lorefs.sync.corpus import Corpus
    from lorefs.sync.reconcile.observe import Observation
    from lorefs.sync.site import Request, Site


_SHOWN: Final = 5  # titles that a notice names


class Kept(NamedTuple):
    """What was not let through, and the records of what gave way with it.

    `bases` are the bytes of files that had to be read for it, because nobody knew them.
    """

    moved: tuple[Moved, ...]
    discards: list[Discard]
    bases: dict[str, bytes | None]


def keep_files(
    site: Site, observation: Observation, corpus: Corpus, actor: str, discards: list[Discard]
) -> Kept:
    """Keep out what somebody wrote into files; an approver may write all.

    `discards` are the records of what gave way so far. What git brought is left to `check`.
    """
    changed = _changed(corpus)
    if not changed:
        return Kept((), discards, {})
    policy = policy_here(site, corpus, note=True)
    if not policy.is_manual or policy.entitles(author_here(site, actor, policy)):
        return Kept((), discards, {})
    if not site.config.sync.enabled and operation(site.git.paths) is not None:
        return Kept((), discards, {})  # a merge that is under way brings what others did
    try:
        bases = _read_unknown(site, observation, corpus, changed)
        found = _kept(site, observation, corpus, changed, actor, by_hand=True)
    except DocumentError as error:
        raise DocumentError(
            f"what was written there cannot wait for approval: {error.message}",
            path=changed[0],
            found=error.found,
            hint=error.hint,
        ) from error
    # that a save took back what is put back now is no news
    touched = {moved.entry for moved in found.moved} | {moved.target for moved in found.moved}
    rest = [each for each in discards if each.reason != "overwritten" or each.entry not in touched]
    return Kept(found.moved, [*rest, *found.discards], bases)


def keep_met(
    site: Site,
    observation: Observation,
    corpus: Corpus,
    actor: str,
    met: Mapping[str, str],
    policy: Policy,
) -> Kept:
    """Keep out what was written here before a team was met, whose documents are `met` by path.

    What HEAD holds others may have written, and is left to `check`; what could not wait stays.
    """
    if not policy.is_manual or policy.entitles(author_here(site, actor, policy)):
        return Kept((), [], {})
    from lorefs.core.approval import enforce
    from lorefs.core.claim import identify

    there = {path: identify(parse(text), path) for path, text in met.items()}
    known = {state.path for state in site.store.documents.states()}
    team = sorted(path for path in known | there.keys() if scope_of(path) == TEAM)
    changed = [path for path in team if corpus.document(path) != there.get(path, EMPTY)]
    bases = _read_unknown(site, observation, corpus, changed)
    reviews = {path for path in known | corpus.after.keys() if scope_of(path) == REVIEW}
    after = {path: corpus.document(path) for path in (*team, *sorted(reviews))}
    tracked = {path: site.git.blob(observation.head, path) for path in changed}
    try:
        found = enforce(
            {path: there.get(path, EMPTY) for path in after},
            after,
            proposer=actor,
            owners=site.store.entries.owners,
            brought={
                path: identify(parse(decode(data)), path) for path, data in tracked.items() if data
            },
        )
    except DocumentError:
        return Kept((), [], bases)
    corpus.after |= found.documents
    return Kept(found.moved, list(found.discards), bases)


def keep_rows(site: Site, observation: Observation, corpus: Corpus, actor: str) -> Kept:
    """Keep out what another program wrote into rows; see `keep_files`."""
    changed = _changed(corpus)
    if not changed:
        return Kept((), [], {})
    policy = policy_here(site, corpus, note=True)
    if not policy.is_manual or policy.entitles(author_here(site, actor, policy)):
        return Kept((), [], {})
    bases = _read_unknown(site, observation, corpus, changed)
    found = _kept(site, observation, corpus, changed, actor)
    return Kept(found.moved, list(found.discards), bases)


def keep_change(site: Site, observation: Observation, corpus: Corpus, request: Request) -> Kept:
    """Keep out what a change through lorefs may not do; new entries wait whoever makes it.

    With `request.approve` an approver's do not. Of what arrives only `request.keep` keeps out some.
    """
    if request.arrives:
        return Kept((), [], {}) if request.keep is None else request.keep(observation, corpus)
    changed = _changed(corpus)
    if not changed:
        return Kept((), [], {})
    policy, actor = policy_here(site, corpus, note=True), request.origin.actor
    if not policy.is_manual:
        return Kept((), [], {})
    entitled = policy.entitles(author_here(site, actor, policy))
    kept = Kept((), [], {})
    if not (entitled and request.approve):
        bases = _read_unknown(site, observation, corpus, changed)
        found = _kept(site, observation, corpus, changed, actor, entitled=entitled)
        kept = Kept(found.moved, list(found.discards), bases)
    if entitled:
        from lorefs.core.approval import renewed

        for path in corpus.after.keys() & set(changed):
            corpus.after[path] = renewed(corpus.before.get(path, EMPTY), corpus.after[path], actor)
    return kept


def notice(moved: Iterable[Moved]) -> RefusedError:
    """What to tell whoever wrote what was not let through."""
    waits = [each for each in moved if each.kind != "kept"]
    back = [each for each in moved if each.kind == "kept"]
    words = []
    if waits:
        documents = ", ".join(sorted({each.document for each in waits}))
        wait = "entry waits" if len(waits) == 1 else "entries wait"
        words.append(f"{len(waits)} {wait} for approval in {documents}: {_titles(waits)}")
    if back:
        words.append(f"put back, because only an approver may change it: {_titles(back)}")
    return RefusedError("; ".join(words), hint="`lorefs review` shows what waits, and for whom")


def _titles(moved: list[Moved]) -> str:
    titles = [each.title for each in moved[:_SHOWN]]
    return ", ".join(titles) + (", …" if len(moved) > _SHOWN else "")


def _changed(corpus: Corpus) -> list[str]:
    """The team documents that are others than before."""
    return [
        path
        for path, document in corpus.after.items()
        if scope_of(path) == TEAM and document is not corpus.before.get(path)
    ]


def _beside(path: str) -> str:
    """The review document in the directory of a document."""
    return document_path(directory_of(path), REVIEW)


def _read_unknown(
    site: Site, observation: Observation, corpus: Corpus, changed: Iterable[str]
) -> dict[str, bytes | None]:
    """Take in review documents beside others that came into being since anybody looked."""
    bases: dict[str, bytes | None] = {}
    for path in {_beside(path) for path in changed}:
        if path in corpus.after or site.store.documents.state(path) is not None:
            continue
        found = read(site.git.paths.worktree, path, site.config.limits.document_size)
        if isinstance(found, Found):
            corpus.put(path, parse(check_text(path, found.data)))
            bases[path], observation.hashes[path] = found.data, found.hash
    return bases


def _kept(
    site: Site,
    observation: Observation,
    corpus: Corpus,
    changed: list[str],
    actor: str,
    *,
    entitled: bool = False,
    by_hand: bool = False,
) -> Enforced:
    from lorefs.core.approval import enforce  # most changes need none of it

    paths = {
        *changed,
        *map(_beside, changed),
        *(path for path in corpus.after if scope_of(path) == REVIEW),
    }
    after = {path: corpus.document(path) for path in sorted(paths)}
    before = {path: corpus.before.get(path, EMPTY) for path in after}
    brought: dict[str, Document] = {}
    if by_hand:
        _look_at_git(site, observation, changed, before, brought)
    found = enforce(
        before,
        after,
        proposer=actor,
        entitled=entitled,
        owners=site.store.entries.owners,
        brought=brought,
    )
    if by_hand:
        _note_lags(site, observation.facts, found.documents, before, after)
    corpus.after |= found.documents
    if not by_hand:
        _forget_unborn(site, corpus, changed)
    return found


def _forget_unborn(site: Site, corpus: Corpus, paths: Iterable[str]) -> None:
    """Take out documents that would have come into being for what waits now beside them."""
    for path in paths:
        if corpus.after[path] == EMPTY and site.store.documents.state(path) is None:
            del corpus.after[path]


def _look_at_git(
    site: Site,
    observation: Observation,
    paths: Iterable[str],
    before: dict[str, Document],
    brought: dict[str, Document],
) -> None:
    """Tell what git put into files from what people wrote.

    Where HEAD moved, and where a file is seen for the first time, it is compared with what git
    has there.
    """
    from lorefs.core.claim import identify

    facts = {each.document: each for each in observation.facts}
    moved = observation.moved and not site.config.sync.enabled
    for path in paths:
        about = facts.get(path)
        first = about is None or about.worktree_hash is None
        known = about is not None and (about.tracked or about.was_tracked)
        if not first and not (moved and known):
            continue
        data = _in_git(site, observation, about, path)
        document = identify(parse(decode(data)), path)
        if not (first and before[path].blocks):
            before[path] = document
        elif data:
            brought[path] = document


def _in_git(site: Site, observation: Observation, about: Facts | None, path: str) -> bytes:
    """A document as HEAD has it, else as the sync branch of this clone does; b"" for neither."""
    data = site.git.blob(observation.head, path) if about is None or about.tracked else None
    settings = site.config.sync
    if data is None and settings.enabled:
        prefix = f"{settings.prefix}/" if settings.prefix else ""
        data = site.git.blob(tip_here(site), prefix + path)
    return data or b""


def _note_lags(
    site: Site,
    facts: Iterable[Facts],
    documents: dict[str, Document],
    before: dict[str, Document],
    after: dict[str, Document],
) -> None:
    """Remembers what files of git's say of which the rows say something else now."""
    from lorefs.core.merge import Sides, merge_document

    for each in facts:
        path = each.document
        if path not in documents or owns_file(each):
            continue
        lag, wrote = site.store.documents.lag(path), serialize(after[path])
        if lag is not None:
            sides = Sides(serialize(before[path]), decode(lag), wrote)
            wrote = merge_document(sides, path=path).text or ""
        site.store.documents.put_lag(path, encode(wrote))
