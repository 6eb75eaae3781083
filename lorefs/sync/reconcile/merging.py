"""Takes the texts of files in by the merge, where rows or git changed them as well."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lorefs.core.claim import identify
from lorefs.core.document import decode, parse, serialize
from lorefs.core.ledger import Discard
from lorefs.core.merge import Settings, Sides, merge_corpus, merge_document
from lorefs.core.model import PERSONAL
from lorefs.core.resolution import texts_of
from lorefs.core.versions import edits_base
from lorefs.sync.commits.diff import diff
from lorefs.sync.hidden import Hidden

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lorefs.core.document import Document
    from lorefs.core.model import Entry
    from lorefs.store import Store
    from lorefs.sync.corpus import Corpus
    from lorefs.sync.reconcile.observe import Observation
    from lorefs.sync.reconcile.stashes import Stashes
    from lorefs.sync.site import Site

# In an ingest the file wins a clash; what gives way goes to the ledger.
SETTINGS: Final = Settings(on_clash="theirs")
COMMIT_LIMIT: Final = 200  # own commits before a move that are taken in one by one


def merge_in(
    site: Site,
    corpus: Corpus,
    texts: Mapping[str, str],
    brought: Mapping[str, str],
    stashes: Stashes | None,
) -> tuple[dict[str, Document], tuple[Discard, ...]]:
    """The documents with the texts of files merged in, and what gave way; see `ingest`."""
    base = {path: decode(site.store.documents.worktree_base(path) or b"") for path in texts}
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
    return documents, merged.discards


def take_own_commits(site: Site, observation: Observation, corpus: Corpus) -> None:
    """Takes the user's commits that a move of HEAD followed, oldest first.

    Each counts against the commit that it replaced, because the file has been taken away
    since, and nobody looked at it in between.
    """
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


def overwritten(store: Store, path: str, replaced: bytes, text: str) -> list[Discard]:
    """What a save takes back of lorefs' own last write, and only of that; it `replaced` bytes.

    An editor that had the file open did not notice the write. Its save is applied, because
    somebody wanted it; what it took back can be found in the ledger.
    """
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
