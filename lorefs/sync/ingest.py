"""Takes the texts of files in: one-sided where only the file changed, else by the merge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lorefs.core.claim import identify
from lorefs.core.document import decode, parse, serialize
from lorefs.core.ledger import Discard
from lorefs.core.merge import Settings, Sides, merge_corpus, merge_document
from lorefs.core.model import PERSONAL
from lorefs.core.resolution import texts_of
from lorefs.core.versions import edits_base
from lorefs.sync.diff import diff
from lorefs.sync.hidden import Hidden
from lorefs.sync.progress import READING, told
from lorefs.sync.stashes import stashed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lorefs.core.document import Document
    from lorefs.core.model import Entry
    from lorefs.store import Store
    from lorefs.sync.corpus import Corpus
    from lorefs.sync.observe import Observation
    from lorefs.sync.site import Site

# In an ingest the file wins a clash; what gives way goes to the ledger.
SETTINGS = Settings(on_clash="theirs")
COMMIT_LIMIT = 200  # own commits before a move that are taken in one by one


def ingest(
    site: Site, corpus: Corpus, texts: Mapping[str, str], brought: Mapping[str, str]
) -> tuple[bool, dict[str, Document], tuple[Discard, ...]]:
    """Whether only files changed, the documents with them merged in, and what gave way.

    The base is the bytes last seen in the worktree, ours what the rows say, theirs the file.
    `brought` names commits from which git put a file there: of such a file only what people
    edited counts.
    """
    store = site.store
    stashes = stashed(site, list(texts))
    one_sided = not (brought or stashes) and all(
        _is_unchanged(store, corpus, path) for path in texts
    )
    if one_sided:
        return True, {path: parse(texts[path]) for path in told(site, READING, texts)}, ()
    base = {path: decode(store.documents.worktree_base(path) or b"") for path in texts}
    for path, commit in brought.items():
        source = site.git.blob(commit, path)
        if source is not None:  # else the bytes last seen stay the base
            sides = (parse(text) for text in (texts[path], decode(source), base[path]))
            named = [identify(document, path) for document in sides]
            base[path] = serialize(edits_base(*named))
    hidden = Hidden(site)
    ours = {path: hidden.put_back(path, corpus.text(path)) for path in texts}
    if stashes:
        texts = {
            path: stashes.news(path, text, base[path], ours[path]) for path, text in texts.items()
        }
    merged = merge_corpus(Sides(base, ours, texts), settings=SETTINGS)
    documents = {
        path: parse(hidden.taken_out(path, merged.documents.get(path, ""))) for path in texts
    }
    return False, documents, merged.discards


def take_own_commits(site: Site, observation: Observation, corpus: Corpus) -> None:
    """With sync on: takes the user's commits that a move of HEAD followed, oldest first.

    Each counts against the commit that it replaced, because the file has been taken away
    since, and nobody looked at it in between.
    """
    if not site.config.sync.enabled:
        return
    hidden = Hidden(site)
    for step in observation.own_commits[-COMMIT_LIMIT:]:
        for facts in observation.facts:
            path = facts.document
            before, after = (site.git.blob(commit, path) for commit in step[:2])
            if facts.scope != PERSONAL and after is not None and before != after:
                ours = hidden.put_back(path, corpus.text(path))
                sides = Sides(decode(before or b""), ours, decode(after))
                merged = merge_document(sides, path=path, settings=SETTINGS)
                corpus.put(path, parse(hidden.taken_out(path, merged.text or "")))


def _is_unchanged(store: Store, corpus: Corpus, path: str) -> bool:
    """Whether the rows still say what the file last said."""
    state = store.documents.state(path)
    if state is None:
        return path not in corpus.after
    return path not in corpus.after and state.worktree_hash in {None, state.hash}


def overwritten(store: Store, path: str, text: str) -> list[Discard]:
    """What a save takes back of lorefs' own last write, and only of that.

    An editor that had the file open did not notice the write. Its save is applied, because
    somebody wanted it; what it took back can be found in the ledger.
    """
    replaced = store.documents.replaced(path)
    if replaced is None:
        return []
    before, after = decode(replaced), decode(store.documents.worktree_base(path) or b"")
    saved = {each.entry.id: each for each in diff({path: before}, {path: text})}
    found: list[Discard] = []
    for each in diff({path: before}, {path: after}):
        ident = each.entry.id
        again = saved.get(ident)
        if each.before is None or each.after is None:
            if again is None:
                sources = _source(path, before, ident), _source(path, after, ident)
                found.append(_taken_back(ident, "existence", *sources))
            continue
        kept = _changed(again.before, again.after) if again else {}
        for field, values in _changed(each.before, each.after).items():
            if again is None or (again.after is not None and field not in kept):
                found.append(_taken_back(ident, field, *values))
    return found


def _changed(before: Entry | None, after: Entry | None) -> dict[str, tuple[str | None, str | None]]:
    """The fields in which two versions of an entry differ, with both values as texts."""
    if before is None or after is None:
        return {}
    old, new = texts_of(before), texts_of(after)
    return {
        field: (old.get(field), new.get(field))
        for field in {**old, **new}
        if old.get(field) != new.get(field)
    }


def _taken_back(ident: str, field: str, old: str | None, new: str | None) -> Discard:
    return Discard(ident, field, old, new, old, old, "overwritten")


def _source(path: str, text: str, ident: str) -> str | None:
    """An entry as it stands in a text, None if it does not."""
    blocks = identify(parse(text), path).blocks
    return next((block.text for block in blocks if block.id == ident), None)
