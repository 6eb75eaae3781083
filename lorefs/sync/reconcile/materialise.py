"""Which files lag behind their rows, and what has to be written into them.

A file that lorefs owns says what the rows say. With sync on, a tracked file is git's: it gets
only the changes that were made on this machine, merged into whatever the branch holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lorefs.core.document import decode, encode, serialize
from lorefs.core.plan import owns_file
from lorefs.sync.site import HOMELESS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from collections.abc import Set as AbstractSet

    from lorefs.store import DocumentState
    from lorefs.sync.corpus import Corpus
    from lorefs.sync.reconcile.observe import Observation
    from lorefs.sync.site import Site


def intend(
    site: Site,
    observation: Observation,
    skipped: AbstractSet[str],
    *,
    publish: Callable[[str, bytes], bytes | None] | None = None,
) -> tuple[dict[str, str | None], list[str]]:
    """Notes the text intended for each file that lags behind.

    Returns their hashes now, and the documents whose directory is gone with their file.
    `publish` is that of the request.
    """
    documents = site.store.documents
    theirs = {facts.document for facts in observation.facts if not owns_file(facts)}
    intended: dict[str, str | None] = {}
    homeless: list[str] = []
    for state in documents.states():
        path = state.path
        if path in skipped or path in observation.elsewhere:
            continue
        if path not in theirs:
            target = _for_us(site, state)
        else:
            target = _published(site, state, publish) if publish else None
            # what was published once is not asked for again where that was cut short
            target = target or _for_git(site, state) or documents.pending(path)
        if target is not None and not _has_home(site, path):
            homeless.append(path)  # on another branch, or outside of a sparse checkout
        elif target is not None:
            documents.put_pending(path, target, observation.head)
            intended[path] = observation.hashes.get(path)
        elif state.pending_hash is not None:
            documents.put_pending(path, None)  # the rows say again what the file says
    site.store.set_state(HOMELESS, "\n".join(homeless))
    # with sync on it is normal that others have directories that this worktree lacks
    known = not site.config.sync.enabled
    gone = [path for path in homeless if known or documents.worktree_base(path) is not None]
    return intended, gone


def _has_home(site: Site, path: str) -> bool:
    """Whether the directory of a document is here; none is ever made."""
    return site.git.paths.worktree.joinpath(path).parent.is_dir()


def _for_us(site: Site, state: DocumentState) -> bytes | None:
    """The current text, where the file says something else."""
    if state.worktree_hash == state.hash:
        return None
    current = site.store.documents.current(state.path) or b""
    return None if state.worktree_hash is None and not current else current


def note_lags(site: Site, observation: Observation, local: Iterable[Corpus]) -> None:
    """Remembers what the rows said before the first change that a file of git's lacks.

    `local` are the texts that were changed on this machine other than by taking files in.
    """
    documents = site.store.documents
    for facts in observation.facts:
        path = facts.document
        for corpus in local:
            changed = path in corpus.after and corpus.after[path] != corpus.before.get(path)
            if changed and not owns_file(facts) and documents.lag(path) is None:
                documents.put_lag(path, encode(serialize(corpus.before[path])))


def carry_lag(site: Site, path: str, before: str, after: str) -> None:
    """Keeps what arrived out of what a file still lacks of the changes made here."""
    lag = site.store.documents.lag(path)
    if lag is not None:
        from lorefs.core.merge import Sides, merge_document

        merged = merge_document(Sides(before, decode(lag), after), path=path)
        site.store.documents.put_lag(path, encode(merged.text or ""))


def _published(
    site: Site, state: DocumentState, publish: Callable[[str, bytes], bytes | None]
) -> bytes | None:
    """The file with what arrived from others, None where it lacks nothing of that."""
    file = site.store.documents.worktree_base(state.path)
    target = publish(state.path, file or b"")
    return None if target is None or target == (file or b"") else target


def _for_git(site: Site, state: DocumentState) -> bytes | None:
    """The file with the changes that were made here and it lacks, None where it lacks none.

    A text that was intended for it already stands for the file.
    """
    documents = site.store.documents
    lag = documents.lag(state.path)
    file = documents.pending(state.path) or documents.worktree_base(state.path)
    if lag is None or file is None:
        return None
    from lorefs.core.merge import Settings, Sides, merge_document

    current = documents.current(state.path) or b""
    sides = Sides(decode(lag), decode(file), decode(current))
    wins = Settings(on_clash="theirs")  # what was changed through lorefs, over the file
    target = encode(merge_document(sides, path=state.path, settings=wins).text or "")
    if target == file:
        documents.put_lag(state.path, None)
        return None
    return target
