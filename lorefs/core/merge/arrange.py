"""From a merged sequence to a document: each entry under its category, all well separated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lorefs.core.merge.skeleton import END, ENTRY, HEADING, PROSE, Item

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from collections.abc import Set as AbstractSet

    from lorefs.core.merge.sides import Sides
    from lorefs.core.merge.skeleton import Rank


def categories(items: Iterable[Item]) -> list[str]:
    """The category each item stands in: the nearest level-3, else level-2 heading above."""
    found: list[str] = []
    section = category = ""
    for item in items:
        if item.kind == HEADING:
            _, level, title = item.key
            if level == 3:  # noqa: PLR2004
                category = str(title)
            else:
                section = category = str(title) if level == 2 else ""  # noqa: PLR2004
        found.append(category or section)
    return found


def renamed(base: list[Item], side: list[Item]) -> dict[str, str]:
    """Categories whose heading a side retitled.

    That is told from the entries: the heading is gone, and all that stood under it, two at
    least, stand together under a heading that is new. One alone may just have been moved.
    """
    known = {item.key for item in base if item.kind == HEADING}
    kept = {item.key for item in side if item.kind == HEADING}
    before = categories(base)
    gone = {
        before[n] for n, item in enumerate(base) if item.kind == HEADING and item.key not in kept
    }
    fresh = {str(key[-1]) for key in kept - known}
    now = {item.key: category for item, category in zip(side, categories(side), strict=True)}
    targets: dict[str, list[str]] = {}
    for item, category in zip(base, before, strict=True):
        if item.kind == ENTRY and category in gone and item.key in now:
            targets.setdefault(category, []).append(now[item.key])
    return {
        category: found[0]
        for category, found in targets.items()
        if len(found) > 1 and len(set(found)) == 1 and found[0] in fresh
    }


def one_heading_each(items: list[Item], sides: Sides[list[Item]]) -> list[Item]:
    """Equal headings that both sides inserted become one, the first."""
    allowed: dict[object, int] = {}
    for side in sides:
        counts: dict[object, int] = {}
        for item in side:
            if item.kind == HEADING:
                counts[item.key] = counts.get(item.key, 0) + 1
        for key, count in counts.items():
            allowed[key] = max(count, allowed.get(key, 0))
    kept: list[Item] = []
    for item in items:
        if item.kind == HEADING:
            if not allowed.get(item.key, 1):
                continue
            allowed[item.key] = allowed.get(item.key, 1) - 1
        kept.append(item)
    return kept


def under_categories(
    items: list[Item], wanted: Mapping[object, str], eol: str, rank: Rank
) -> list[Item]:
    """Moves each entry that does not stand under its category's heading to that heading."""
    stray = [
        item
        for item, category in zip(items, categories(items), strict=True)
        if item.kind == ENTRY and wanted[item.key] != category
    ]
    if not stray:
        return items
    strays = {item.key for item in stray}
    arranged = [item for item in items if item.key not in strays or item.kind != ENTRY]
    for item in sorted(stray, key=lambda item: (rank(item), item.key)):
        _insert(arranged, item, wanted[item.key], eol, rank)
    return arranged


def _insert(items: list[Item], entry: Item, category: str, eol: str, rank: Rank) -> None:
    """Puts an entry where it sorts among the entries of its category; makes the heading."""
    place = [n for n, found in enumerate(categories(items)) if found == category]
    if category and not place:
        end = len(items) - (1 if items and items[-1].kind == END else 0)
        items[end:end] = [
            Item(HEADING, (HEADING, 3, category), eol * 2, f"### {category}"),
            entry._replace(lead=eol * 2),
        ]
        return
    entries = [n for n in place if items[n].kind == ENTRY]
    at = next((n for n in entries if rank(items[n]) > rank(entry)), None)
    if at is None:
        inside = entries or [n for n in place if items[n].kind != END]
        at = inside[-1] + 1 if inside else 0
    items.insert(at, entry._replace(lead=eol * 2))


def separated(
    items: list[Item], adjacent: AbstractSet[tuple[object, object]], eol: str
) -> list[Item]:
    """The items with leads that keep them apart.

    Neighbours on some side are as far apart as they were there. All others need a line end,
    and prose a blank line, or a paragraph would swallow what comes next to it. `adjacent`
    holds the keys of neighbours, with None before the first.
    """
    apart: list[Item] = []
    before: Item | None = None
    for item in items:
        if before is None:
            if (None, item.key) not in adjacent:
                item = item._replace(lead="")  # noqa: PLW2901
        elif item.kind != END:
            ends = item.lead.count("\n")
            prose = PROSE in {before.kind, item.kind}
            if ends == 0 or (ends == 1 and prose and (before.key, item.key) not in adjacent):
                item = item._replace(lead=eol * 2)  # noqa: PLW2901
        apart.append(item)
        before = item
    return apart
