"""Puts one merged document together from its merged entries and its skeleton."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lorefs.core import document as doc
from lorefs.core.merge.arrange import one_heading_each, renamed, separated, under_categories
from lorefs.core.merge.closing import closed, may_be_open
from lorefs.core.merge.sides import Sides, formatting
from lorefs.core.merge.skeleton import END, ENTRY, HEADING, PROSE, Item, weave
from lorefs.core.source import cut

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from lorefs.core.merge.entry import Version
    from lorefs.core.merge.prose import Proofreader
    from lorefs.core.merge.skeleton import Rank

EMPTY = doc.Document("", (), "")


class Located(NamedTuple):
    """Where an entry stands: the path of its document and the index of its block."""

    path: str
    at: int


def assemble(
    path: str,
    texts: Sides[str | None],
    parsed: Sides[doc.Document | None],
    located: Sides[dict[str, Located]],
    versions: Mapping[str, Version],
    proof: Proofreader,
) -> str | None:
    """The text of the document that holds just the entries of `versions`, None if it is gone."""
    if texts.base is not None and None in texts[1:] and not versions:
        proof.note_deletion(path, texts)
        return None
    one_sided = _one_sided(path, texts, parsed, located, versions)
    if one_sided is not None:
        return one_sided
    # a side that lacks the document says nothing of what stands where: the base speaks for it
    documents = Sides(*(document or parsed.base or EMPTY for document in parsed))
    places = Sides(
        *(w if document else located.base for w, document in zip(located, parsed, strict=True))
    )
    skeletons = _skeletons(path, documents, places, versions)
    before = proof.so_far()
    text = _put_together(documents, skeletons, versions, proof)
    same_prose = _same_prose(skeletons)
    if same_prose and not any(may_be_open(each.block.text) for each in versions.values()):
        return text  # it reads as the sides do
    marked = _marked(skeletons, versions)
    if _reads_back(text, versions, marked):
        return text
    # half a fence or comment from each side can swallow what stands between them
    proof.forget_since(before)
    if not same_prose:
        proof.note_prose(skeletons)
        before = proof.so_far()
        skeletons = Sides(*(_with_prose_of(side, skeletons.base) for side in skeletons))
        text = _put_together(documents, skeletons, versions, proof)
        if _reads_back(text, versions, marked):
            return text
        proof.forget_since(before)
    return _put_together(documents, skeletons, versions, proof, whole=marked)


def _put_together(
    documents: Sides[doc.Document],
    skeletons: Sides[list[Item]],
    versions: Mapping[str, Version],
    proof: Proofreader,
    whole: Collection[str] | None = None,
) -> str:
    """The text in which order, versions, categories and gaps are settled, one after the other.

    With `whole` what a block leaves open is closed, but in these entries.
    """
    eol = "\r\n" if formatting(Sides(*map(_line_end, documents))) == "\r\n" else "\n"
    rank = _ranks(versions)
    items = weave(skeletons, proof.merge_prose, rank)
    items = one_heading_each(items, skeletons)
    items = [_with_version(item, versions) for item in items]
    items[-1:-1] = _without_place(items, versions)
    items = under_categories(items, _wanted(items, skeletons, versions), eol, rank)
    if whole is not None:
        items = [_closed(item, eol, whole) for item in items]
    front = proof.merge_front_matter(Sides(*map(_front_matter, documents)))
    if front:
        items.insert(0, Item("front_matter", ("front_matter",), "", front))
    items = separated(items, _adjacent(skeletons, documents), eol)
    bom = formatting(Sides(*(document.bom for document in documents)))
    return bom + "".join(item.lead + item.text for item in items)


def _closed(item: Item, eol: str, but: Collection[str]) -> Item:
    if item.kind not in {ENTRY, PROSE} or item.key[-1] in but:
        return item
    return item._replace(text=closed(item.text, eol))


def _same_prose(skeletons: Sides[list[Item]]) -> bool:
    """Whether no side changed prose."""
    base, ours, theirs = ([i.key for i in side if i.kind == PROSE] for side in skeletons)
    return base == ours == theirs


def _marked(skeletons: Sides[list[Item]], versions: Mapping[str, Version]) -> set[str]:
    """The entries whose conflict markers this merge wrote; others may hold some of their own."""
    marked = {e for e, v in versions.items() if doc.conflict_marker_line(v.block.text)}
    if not marked:
        return marked
    said = {item.text for side in skeletons for item in side if item.kind == ENTRY}
    return {entry for entry in marked if versions[entry].block.text not in said}


def _reads_back(text: str, versions: Mapping[str, Version], but: set[str]) -> bool:
    """Whether each entry but some reads back once, and as itself."""
    found: dict[str, str] = {}
    for block in doc.parse(text).blocks:
        if block.kind == doc.ENTRY and found.setdefault(block.id, block.text) != block.text:
            return False
    return all(
        found.get(ident) == version.block.text
        for ident, version in versions.items()
        if version.block.kind == doc.ENTRY and ident not in but
    )


def _with_prose_of(side: list[Item], base: list[Item]) -> list[Item]:
    """A side without the prose that it added."""
    known = {item.key for item in base}
    return [item for item in side if item.kind != PROSE or item.key in known]


def _one_sided(
    path: str,
    texts: Sides[str | None],
    parsed: Sides[doc.Document | None],
    located: Sides[dict[str, Located]],
    versions: Mapping[str, Version],
) -> str | None:
    """The text of the side that alone changed this document, where its entries all stand."""
    if texts.ours == texts.theirs or texts.theirs == texts.base:
        text, document, places = texts.ours, parsed.ours, located.ours
    elif texts.ours == texts.base:
        text, document, places = texts.theirs, parsed.theirs, located.theirs
    else:
        return None
    if document is None or text is None:
        return None
    here = {entry: place for entry, place in places.items() if place.path == path}
    if here.keys() != versions.keys():
        return None
    for entry, version in versions.items():
        block = document.blocks[here[entry].at]
        if (block.text, block.category) != (version.block.text, version.block.category):
            return None
    return text


def _skeletons(
    path: str,
    documents: Sides[doc.Document],
    places: Sides[dict[str, Located]],
    versions: Mapping[str, Version],
) -> Sides[list[Item]]:
    """What each side has in which order; every entry that lives is on both, if the base had it."""
    base, ours, theirs = (
        _items(path, document, where, versions)
        for document, where in zip(documents, places, strict=True)
    )
    return Sides(base, _restored(ours, base), _restored(theirs, base))


def _items(
    path: str,
    document: doc.Document,
    places: Mapping[str, Located],
    versions: Mapping[str, Version],
) -> list[Item]:
    """The headings, living entries and prose of one side, in its order; front matter is apart."""
    items: list[Item] = []
    key: tuple[str | int, ...]
    for index, block in enumerate(document.blocks):
        if block.kind == doc.FRONT_MATTER:
            continue
        if block.kind == doc.HEADING:
            key = (HEADING, block.level, block.category)
            items.append(Item(HEADING, key, block.lead, block.text))
            continue
        place = places.get(block.id) if block.id else None
        if place == (path, index):
            if block.id in versions:
                items.append(Item(ENTRY, (ENTRY, block.id), block.lead, block.text))
            continue
        if place and place.path == path and document.blocks[place.at].text == block.text:
            continue  # copies that are equal to the byte collapse
        key = (PROSE, block.text.replace("\r\n", "\n"))
        items.append(Item(PROSE, key, block.lead, block.text))
    items.append(Item(END, (END,), document.tail, ""))
    return items


def _ranks(versions: Mapping[str, Version]) -> Rank:
    """Sorts entries by their merged title; only those that are asked about are cut."""

    def rank(item: Item) -> tuple[str, ...]:
        if item.kind != ENTRY:
            return ()
        block = versions[str(item.key[1])].block
        title = cut(block).title
        return title.casefold(), title, block.id

    return rank


def _restored(side: list[Item], base: list[Item]) -> list[Item]:
    """The side with the entries it lacks and the merge keeps, each behind what it followed."""
    present = {item.key for item in side}
    missing = [n for n, item in enumerate(base) if item.kind == ENTRY and item.key not in present]
    if not missing:
        return side
    behind: dict[object, list[Item]] = {}
    for n in missing:
        above = (base[m].key for m in range(n - 1, -1, -1))
        anchor = next((key for key in above if key in present), None)
        behind.setdefault(anchor, []).append(base[n])
    restored = behind.get(None, [])
    for item in side:
        restored += (item, *behind.pop(item.key, ()))
    return restored


def _without_place(items: list[Item], versions: Mapping[str, Version]) -> list[Item]:
    """The entries that stand on no side: the second places of those whose category clashes."""
    if len(versions) == sum(item.kind == ENTRY for item in items):
        return []
    placed = {item.key for item in items}
    return [
        Item(ENTRY, (ENTRY, entry), "", version.block.text)
        for entry, version in versions.items()
        if (ENTRY, entry) not in placed
    ]


def _with_version(item: Item, versions: Mapping[str, Version]) -> Item:
    """An item of some side, with the merged text if it is an entry."""
    if item.kind != ENTRY:
        return item
    block = versions[str(item.key[1])].block
    return item._replace(text=block.text)


def _wanted(
    items: list[Item], skeletons: Sides[list[Item]], versions: Mapping[str, Version]
) -> dict[object, str]:
    """The category of each entry; where its heading was retitled by a side, the new title."""
    present = {item.key[-1] for item in items if item.kind == HEADING}
    moved = {
        **renamed(skeletons.base, skeletons.ours),
        **renamed(skeletons.base, skeletons.theirs),
    }
    wanted: dict[object, str] = {}
    for entry, version in versions.items():
        category = version.block.category
        if category not in present:
            category = moved.get(category, category)
        wanted[ENTRY, entry] = category
    return wanted


def _adjacent(
    skeletons: Sides[list[Item]], documents: Sides[doc.Document]
) -> set[tuple[object, object]]:
    """Which two items stand next to each other on some side, by their keys."""
    pairs: set[tuple[object, object]] = set()
    for items, document in zip(skeletons, documents, strict=True):
        before: object = ("front_matter",) if _front_matter(document) else None
        for item in items:
            pairs.add((before, item.key))
            before = item.key
    return pairs


def _front_matter(document: doc.Document) -> str:
    first = document.blocks[0] if document.blocks else None
    return first.text if first and first.kind == doc.FRONT_MATTER else ""


def _line_end(document: doc.Document) -> str:
    leads = document.tail + "".join(block.lead for block in document.blocks[:3])
    return "\r\n" if "\r\n" in leads else "\n"
