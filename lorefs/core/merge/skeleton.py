"""Three-way merge of a document's order: headings, prose and where its entries stand.

Which entries the document holds, and their text, is settled before (`entry.py`); here every
one of them is in all three sequences, so that only its place is at stake. Insertions at one
place never conflict: both stay, in an order that does not depend on who is "ours".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from lorefs.core.merge.align import align, regions
from lorefs.core.merge.sides import Sides, formatting

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    # What items inserted at one place are sorted by, () for all but entries.
    Rank = Callable[["Item"], tuple[str, ...]]
    MergeProse = Callable[[Sides[str]], str]

ENTRY: Final = "entry"
HEADING: Final = "heading"
PROSE: Final = "prose"
END: Final = "end"


class Item(NamedTuple):
    """One block of a skeleton; items with equal keys are one item on all sides.

    The key of an entry is its id, of a heading (level, title), of prose its text.
    """

    kind: str
    key: tuple[Hashable, ...]
    lead: str
    text: str


def weave(sides: Sides[list[Item]], merge_prose: MergeProse, rank: Rank) -> list[Item]:
    """The merged sequence; `merge_prose` settles prose that both sides rewrote."""
    woven: list[Item] = []
    for region in regions(*([item.key for item in side] for side in sides)):
        base = sides.base[slice(*region.base)]
        ours = sides.ours[slice(*region.ours)]
        theirs = sides.theirs[slice(*region.theirs)]
        if region.stable:
            woven += map(_merge_item, map(Sides, base, ours, theirs))
        else:
            woven += _weave_unstable(Sides(base, ours, theirs), merge_prose, rank)
    return _once_each(woven)


def _merge_item(sides: Sides[Item]) -> Item:
    """One item that stands at one place on all sides, with what they made of its source."""
    base, ours, theirs = sides
    if ours == theirs or theirs == base:
        return ours
    if ours == base:
        return theirs
    return ours._replace(
        lead=formatting(Sides(base.lead, ours.lead, theirs.lead)),
        text=formatting(Sides(base.text, ours.text, theirs.text)),
    )


def _weave_unstable(sides: Sides[list[Item]], merge_prose: MergeProse, rank: Rank) -> list[Item]:
    base, ours, theirs = ([item.key for item in side] for side in sides)
    if ours == base:
        return sides.theirs
    if theirs == base:
        return sides.ours
    sides = _settle_prose(sides, merge_prose)
    in_ours = {item.key for item in sides.ours}
    in_theirs = {item.key for item in sides.theirs}
    deleted = {
        item.key
        for item in sides.base
        if item.kind != ENTRY and not (item.key in in_ours and item.key in in_theirs)
    }
    return _union(
        [item for item in sides.ours if item.key not in deleted],
        [item for item in sides.theirs if item.key not in deleted],
        rank,
    )


def _settle_prose(sides: Sides[list[Item]], merge_prose: MergeProse) -> Sides[list[Item]]:
    """Where both sides rewrote the same prose, puts the merged prose in place of both."""
    prose = Sides(*([item for item in side if item.kind == PROSE] for side in sides))
    base, ours, theirs = ({item.key for item in side} for side in prose)
    if ours == theirs or not (base - ours and ours - base and base - theirs and theirs - base):
        return sides
    merged = merge_prose(Sides(*map(_joined, prose)))
    item = Item(PROSE, (PROSE, merged), "", merged) if merged else None
    return Sides(sides.base, _with_prose(sides.ours, item), _with_prose(sides.theirs, item))


def _joined(items: Sequence[Item]) -> str:
    return "".join(item.lead * (n > 0) + item.text for n, item in enumerate(items))


def _with_prose(items: list[Item], prose: Item | None) -> list[Item]:
    """The items with their prose replaced, at the place of its first paragraph."""
    replaced: list[Item] = []
    for item in items:
        if item.kind != PROSE:
            replaced.append(item)
        elif prose is not None:
            replaced.append(prose._replace(lead=item.lead))
            prose = None
    return replaced


def _union(ours: list[Item], theirs: list[Item], rank: Rank) -> list[Item]:
    """Both runs: what they share once, the rest of each in the order it has there."""
    # an alignment is one of several; which one must not depend on who is ours
    ours, theirs = sorted((ours, theirs), key=lambda run: [(i.text, i.lead) for i in run])
    woven: list[Item] = []
    i = j = 0
    pairs = align([item.key for item in ours], [item.key for item in theirs])
    for p, q in [*pairs, (len(ours), len(theirs))]:
        woven += _interleave(_sections(ours[i:p]), _sections(theirs[j:q]), rank)
        if p < len(ours):
            woven.append(min(ours[p], theirs[q], key=lambda item: (item.lead, item.text)))
        i, j = p + 1, q + 1
    return woven


def _sections(items: list[Item]) -> list[list[Item]]:
    """The run cut before each heading; the first section is what stands before any."""
    sections: list[list[Item]] = [[]]
    for item in items:
        if item.kind == HEADING:
            sections.append([])
        sections[-1].append(item)
    return sections


def _interleave(ours: list[list[Item]], theirs: list[list[Item]], rank: Rank) -> list[Item]:
    woven = _by_rank(_groups(ours[0]), _groups(theirs[0]), rank)
    woven += _by_rank(ours[1:], theirs[1:], rank)
    return [item for group in woven for item in group]


def _groups(items: list[Item]) -> list[list[Item]]:
    """Each entry with the prose behind it, so that a note stays with what it follows."""
    groups: list[list[Item]] = []
    for item in items:
        if item.kind == ENTRY or not groups:
            groups.append([])
        groups[-1].append(item)
    return groups


def _by_rank(ours: list[list[Item]], theirs: list[list[Item]], rank: Rank) -> list[list[Item]]:
    """Two lists of groups as one: always the smaller of the two heads first."""
    woven: list[list[Item]] = []
    i = j = 0
    while i < len(ours) and j < len(theirs):
        if _group_rank(ours[i], rank) <= _group_rank(theirs[j], rank):
            woven.append(ours[i])
            i += 1
        else:
            woven.append(theirs[j])
            j += 1
    return woven + ours[i:] + theirs[j:]


def _group_rank(group: list[Item], rank: Rank) -> tuple[tuple[str, ...], list[str]]:
    return rank(group[0]), [item.text for item in group]


def _once_each(items: list[Item]) -> list[Item]:
    """Drops the second place of an entry that both sides moved, each to another place."""
    seen: set[Hashable] = set()
    kept: list[Item] = []
    for item in items:
        if item.kind == ENTRY and item.key in seen:
            continue
        seen.add(item.key)
        kept.append(item)
    return kept
