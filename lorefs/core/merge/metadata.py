"""Three-way merge of metadata comments: as text where one side changed them, else by key.

YAML is read only for keys that both sides changed, because loading a parser would double
the start-up time of the merge driver.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from lorefs.core.flow import MetadataError, value
from lorefs.core.merge.judge import APPROVED, REASON, Verdict
from lorefs.core.merge.sides import OURS, THEIRS, Clean, Sides, three_way
from lorefs.core.metadata import field_source, split, with_items
from lorefs.core.model import ACTIVE, REJECTED, TEAM

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lorefs.core.merge.sides import Strategy
    from lorefs.core.model import Entry

T = TypeVar("T")

SETS: Final = ("tags", "relations")

# An approval is one fact in five keys: who proposed, who approved which text, the outcome.
APPROVAL: Final = ("status", "proposed_by", "approved_by", "approved_hash", REASON)


class Judged(Protocol):
    """How a clash is judged: `fields.FieldMerge.judged`."""

    def __call__(
        self,
        field: str,
        values: Sides[str | None],
        takes: Sides[T],
        *,
        instead: Verdict | None = None,
    ) -> Sides[T]:
        """The readings of a clash; `takes` is what each side's victory gives.

        `instead` is what counts in place of the last write.
        """
        ...


def merge_metadata(
    sources: Sides[str],
    values: Sides[Entry | None],
    judge: Judged,
    strategies: Mapping[str, Strategy],
) -> Sides[str]:
    """The readings of the metadata comment, "" where there is none.

    `values.base` is None where the base lacks the entry. `strategies` matter for sets, which
    never clash by themselves.
    """
    found = three_way(sources)
    if isinstance(found, Clean):
        return Sides(found.value, found.value, found.value)
    try:
        items = Sides(*(dict(split(source)) if source else {} for source in sources))
    except MetadataError:
        return judge("metadata", sources, sources)  # not ours to take apart
    merged = _merge_approval(items, values, judge)
    for field in sorted({*items.base, *items.ours, *items.theirs}.difference(APPROVAL)):
        texts = Sides(*(side.get(field) for side in items))
        strategy = strategies.get(field, "merge")
        merged[field] = _merge_item(field, texts, values, judge, strategy)
    start = min(filter(None, (sources.ours, sources.theirs)))
    return Sides(
        *(
            with_items(
                start, {field: getattr(readings, side) for field, readings in merged.items()}
            )
            for side in Sides._fields
        )
    )


def _merge_approval(
    items: Sides[dict[str, str]], values: Sides[Entry | None], judge: Judged
) -> dict[str, Sides[str | None]]:
    facts = Sides(*(tuple(side.get(field) for field in APPROVAL) for side in items))
    found = three_way(facts)
    if isinstance(found, Clean):
        readings = Sides(found.value, found.value, found.value)
    else:
        statuses = Sides(*(fact[0] for fact in facts))
        readings = judge("status", statuses, facts, instead=_approved(values))
    return {field: Sides(*(fact[n] for fact in readings)) for n, field in enumerate(APPROVAL)}


def _approved(values: Sides[Entry | None]) -> Verdict | None:
    """The side that let stand what waited, where the other one rejected it meanwhile.

    Anybody may reject, and their clock may be wrong: what somebody approved of stands.
    """
    base, ours, theirs = values
    if _stands(base):
        return None  # it was approved before
    if _stands(ours) and _is_rejected(theirs):
        return Verdict(OURS, APPROVED)
    if _stands(theirs) and _is_rejected(ours):
        return Verdict(THEIRS, APPROVED)
    return None


def _stands(entry: Entry | None) -> bool:
    return entry is not None and entry.scope == TEAM and entry.status == ACTIVE


def _is_rejected(entry: Entry | None) -> bool:
    return entry is not None and entry.status == REJECTED


def _merge_item(
    field: str,
    texts: Sides[str | None],
    values: Sides[Entry | None],
    judge: Judged,
    strategy: Strategy,
) -> Sides[str | None]:
    found = three_way(texts, key=lambda text: text and repr(value(text)))
    if isinstance(found, Clean):
        return Sides(found.value, found.value, found.value)
    if field in SETS and strategy in {"merge", "union"}:
        text = _merge_set(field, texts, values, strategy)
        return Sides(text, text, text)
    return judge(field, texts, texts)


def _merge_set(
    field: str, texts: Sides[str | None], values: Sides[Entry | None], strategy: Strategy
) -> str | None:
    """A removal stays removed, an addition stays added; a side that has just that stands.

    In a union whatever one side still has stays.
    """
    base, ours, theirs = (set(getattr(entry, field)) if entry else set() for entry in values)
    merged = (base & ours & theirs) | (ours - base) | (theirs - base)
    if strategy == "union":
        merged = ours | theirs
    alike = [text for text, side in ((texts.ours, ours), (texts.theirs, theirs)) if side == merged]
    return min(alike, key=str) if alike else field_source(field, tuple(sorted(merged)))
