"""Three-way merge of all documents of a tree at once, by entry id across documents.

So an entry that one side moves to another document and the other side edits ends up moved
and edited, once. Documents that no side changed are not even parsed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from lorefs.core.claim import identify
from lorefs.core.document import Document, parse
from lorefs.core.merge.assemble import Located, assemble
from lorefs.core.merge.entry import MergedEntry, Version, merge_entry
from lorefs.core.merge.judge import Judge
from lorefs.core.merge.prose import Proofreader
from lorefs.core.merge.sides import NoHistory, Settings, Sides
from lorefs.core.model import TEAM, scope_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lorefs.core.ledger import Discard
    from lorefs.core.merge.sides import Disagreement, History

DEFAULTS: Final = Settings()
NO_HISTORY: Final = NoHistory()
TWIN: Final = "theirs"  # no id ends like this: an entry's second place, which no side has


class MergedDocument(NamedTuple):
    """One merged document; `text` is None if it is gone."""

    text: str | None
    discards: tuple[Discard, ...]
    conflicts: tuple[Disagreement, ...]


class MergedCorpus(NamedTuple):
    """The merged documents by path, without those that are gone."""

    documents: dict[str, str]
    discards: tuple[Discard, ...]
    conflicts: tuple[Disagreement, ...]


def merge_document(
    sides: Sides[str | None],
    *,
    path: str = ".lore.md",
    settings: Settings = DEFAULTS,
    history: History = NO_HISTORY,
) -> MergedDocument:
    """Merge the three versions of one document; None stands for "not there".

    Symmetric in ours and theirs but for `on_clash="theirs"` and the order of conflict
    markers. If one side equals the base, the result is the other side to the byte.
    """
    trees = Sides(*({} if text is None else {path: text} for text in sides))
    merged = merge_corpus(trees, settings=settings, history=history)
    return MergedDocument(merged.documents.get(path), merged.discards, merged.conflicts)


def merge_corpus(
    sides: Sides[Mapping[str, str]],
    *,
    settings: Settings = DEFAULTS,
    history: History = NO_HISTORY,
) -> MergedCorpus:
    """Merge the documents of three trees, given as texts by path."""
    base, ours, theirs = sides
    if ours == theirs or theirs == base:
        return MergedCorpus(dict(ours), (), ())
    if ours == base:
        return MergedCorpus(dict(theirs), (), ())
    judge = Judge(settings, history)
    paths = sorted({*base, *ours, *theirs})
    changed = [path for path in paths if not base.get(path) == ours.get(path) == theirs.get(path)]
    trees = _parse(sides, changed)
    located = _locate(trees)
    merged = _merge_entries(trees, located, judge)
    homes: dict[str, dict[str, Version]] = {path: {} for path in changed}
    for entry, result in merged.items():
        if result.version is not None:
            homes[result.version.document][entry] = result.version
        if result.twin is not None:
            homes[result.twin.document][f"{entry} {TWIN}"] = result.twin
    documents = {path: text for path, text in ours.items() if path not in homes}
    proof = Proofreader(judge)
    for path in changed:
        texts = Sides(*(side.get(path) for side in sides))
        parsed = Sides(*(tree.get(path) for tree in trees))
        text = assemble(path, texts, parsed, located, homes[path], proof)
        if text is not None:
            documents[path] = text
    results = [merged[entry] for entry in sorted(merged)]
    return MergedCorpus(
        documents,
        (*(discard for result in results for discard in result.discards), *proof.discards),
        (*(clash for result in results for clash in result.conflicts), *proof.conflicts),
    )


def _parse(sides: Sides[Mapping[str, str]], paths: list[str]) -> Sides[dict[str, Document]]:
    """The documents with ids for entries that carry no marker yet; equal texts parsed once."""
    known: dict[str, Document] = {}
    trees: list[dict[str, Document]] = []
    for side in sides:
        tree: dict[str, Document] = {}
        for path in paths:
            text = side.get(path)
            if text is None:
                continue
            if text not in known:
                known[text] = parse(text, lore=scope_of(path) is not None)
            base = trees[0].get(path) if trees else None
            tree[path] = identify(known[text], path, base)
        trees.append(tree)
    return Sides(*trees)


def _locate(trees: Sides[dict[str, Document]]) -> Sides[dict[str, Located]]:
    """Where each entry stands on each side.

    Of several copies with one id the one in the document that held it in the base is the entry,
    else one in a document in which both sides have it, else in the one with the smaller path; a
    team document comes before one of what waits, and in a document the first.
    """
    base, *sides = (_places(tree) for tree in trees)
    ours, theirs = (
        {
            ident: _one(copies, base.get(ident, _NOWHERE), other.get(ident, _NOWHERE))
            for ident, copies in side.items()
        }
        for side, other in (sides, sides[::-1])
    )
    return Sides(
        {ident: _one(each, _NOWHERE, _NOWHERE) for ident, each in base.items()}, ours, theirs
    )


_Places = dict[str, Located]  # the first place of an entry in each document that holds it
_NOWHERE: Final[_Places] = {}


def _places(tree: dict[str, Document]) -> dict[str, _Places]:
    found: dict[str, _Places] = {}
    for path in sorted(tree):
        for index, block in enumerate(tree[path].blocks):
            if block.id:
                found.setdefault(block.id, {}).setdefault(path, Located(path, index))
    return found


def _one(copies: _Places, base: _Places, other: _Places) -> Located:
    """The place that counts; `base` and `other` are those in the base and on the other side."""
    if len(copies) == 1:
        return next(iter(copies.values()))
    home = _first(base) if base else ""
    if home in copies:
        return copies[home]
    return copies[_first(copies.keys() & other.keys() or copies)]


def _first(paths: Iterable[str]) -> str:
    return min(paths, key=lambda path: (scope_of(path) != TEAM, path))


def _merge_entries(
    trees: Sides[dict[str, Document]], located: Sides[dict[str, Located]], judge: Judge
) -> dict[str, MergedEntry]:
    merged: dict[str, MergedEntry] = {}
    for entry in {**located.base, **located.ours, **located.theirs}:
        versions: list[Version | None] = []
        for tree, places in zip(trees, located, strict=True):
            place = places.get(entry)
            if place is None:
                versions.append(None)
            else:
                block = tree[place.path].blocks[place.at]
                versions.append(Version(place.path, block._replace(lead="")))
        merged[entry] = merge_entry(entry, Sides(*versions), judge)
    return merged
