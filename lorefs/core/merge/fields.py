"""Three-way merge of the fields of an entry, put together from the sides' own source.

What nobody changed keeps its bytes. Where a clash is left to a person the entry has several
readings, which differ in just the fields that clash.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from lorefs.core.ledger import Discard
from lorefs.core.merge.judge import LAST_WRITE, SUPERSEDED, Verdict
from lorefs.core.merge.sides import Clash, Clean, Disagreement, Sides, formatting, three_way
from lorefs.core.merge.text import merge_text, union_text, unwrapped
from lorefs.core.source import Parts, read_content, write_content

if TYPE_CHECKING:
    from lorefs.core.merge.judge import Judge
    from lorefs.core.model import Entry

T = TypeVar("T")

_NOTHING: Final = Parts("", "", "", "", "", "", "")


class _Body(NamedTuple):
    """The source of the content, with what separates it from the title."""

    separator: str
    content: str


class FieldMerge:
    """Merges one entry that both sides have, and gathers what is discarded on the way.

    `parts.base` and `values.base` are None where the base lacks the entry.
    """

    def __init__(
        self, entry: str, parts: Sides[Parts | None], values: Sides[Entry | None], judge: Judge
    ) -> None:
        self.entry = entry
        self.parts = Sides(*(side or _NOTHING for side in parts))
        self.known = parts.base is not None
        self.values = values
        self.judge = judge
        self.discards: list[Discard] = []
        self.conflicts: list[Disagreement] = []

    def path(self, values: Sides[str | None]) -> str:
        """The document that the entry stands in; what clashes is settled in any case."""
        found = three_way(values)
        if isinstance(found, Clean):
            return found.value or ""
        verdict = self._settled("path", values) or self._last_write("path", values)
        return self._chosen("path", values, verdict) or ""

    def category(self, values: Sides[str | None]) -> Sides[str]:
        """The category in the sides' readings; where they differ, the entry has two places."""
        found = three_way(values)
        if isinstance(found, Clean):
            return _agreed(found.value or "")
        verdict = self._settled("category", values)
        if verdict is None:
            self.conflicts.append(Disagreement(self.entry, "category", *values))
            return Sides(*(value or "" for value in values))
        return _agreed(self._chosen("category", values, verdict) or "")

    def _chosen(self, field: str, values: Sides[str | None], verdict: Verdict) -> str | None:
        chosen: str | None = getattr(values, verdict.side)
        self.discards.append(Discard(self.entry, field, *values, chosen, verdict.reason))
        return chosen

    def _settled(self, field: str, values: Sides[Any]) -> Verdict | None:
        """What becomes of a clash; None where it is left to a person."""
        verdict = self.judge.settle(self.entry, field, Clash(values))
        if verdict is not None and verdict.side == "base" and not self.known:
            return self._last_write(field, values)  # there is no value to hold
        return verdict

    def _last_write(self, field: str, values: Sides[Any]) -> Verdict:
        side = self.judge.last_write(self.entry, field, Clash(values))
        return Verdict(side, LAST_WRITE)

    def readings(self) -> Sides[str]:
        """The entry's source as base, ours and theirs read it; equal where nothing is open."""
        marker = formatting(Sides(*(side.marker for side in self.parts)))
        gap = formatting(Sides(*(side.gap for side in self.parts)))
        bullet = formatting(Sides(*(side.bullet for side in self.parts)))
        metadata = self._metadata()
        title = self._title()
        body = self._body(bullet)
        return Sides(
            *(
                _join(marker, read_metadata, gap, read_title, read_body)
                for read_metadata, read_title, read_body in zip(metadata, title, body, strict=True)
            )
        )

    def _metadata(self) -> Sides[str]:
        sources = Sides(*(side.metadata for side in self.parts))
        if sources.base == sources.ours == sources.theirs:
            return sources
        from lorefs.core.merge.metadata import merge_metadata

        return merge_metadata(sources, self.values, self.judged, self.judge.settings.strategies)

    def _title(self) -> Sides[str]:
        titles = self._with_base(Sides(*(side.title for side in self.parts)))
        found = three_way(titles)
        if isinstance(found, Clean):
            return _agreed(found.value or "")
        return self.judged("title", titles, Sides(*(title or "" for title in titles)))

    def _body(self, bullet: str) -> Sides[Parts]:
        """Parts of which bullet, separator and content count, for each reading."""
        contents = Sides(*(read_content(side) for side in self.parts))
        bodies = Sides(*(_Body(side.separator, side.content) for side in self.parts))
        values = {body: unwrapped(text) for body, text in zip(bodies, contents, strict=True)}
        found = three_way(self._with_base(bodies), key=lambda body: body and values[body])
        if isinstance(found, Clean) and found.value is not None:
            return _agreed(self._rendered(found.value, bullet))
        merged = merge_text(contents)
        takes = merged.readings()
        if not merged.clean:
            union = self.judge.settings.strategies.get("content") == "union"
            both = union_text(contents) if union else None
            known = self._with_base(contents)
            takes = self.judged("content", known, takes, whole=contents, both=both)
        return Sides(*(self._written(content, bullet) for content in takes))

    def _rendered(self, body: _Body, bullet: str) -> Parts:
        """A side's separator and content, rewritten if the entry takes another form."""
        holders = [side for side in self.parts if (side.separator, side.content) == body]
        for holder in holders:
            if holder.bullet == bullet:
                return holder
        return self._written(read_content(holders[0]), bullet)

    def _written(self, content: str, bullet: str) -> Parts:
        """New content in the form of the sides that have this bullet."""
        template = min(side for side in self.parts if side.bullet == bullet)
        return write_content(template, content)

    def judged(
        self,
        field: str,
        values: Sides[str | None],
        takes: Sides[T],
        *,
        whole: Sides[T] | None = None,
        both: T | None = None,
        instead: Verdict | None = None,
    ) -> Sides[T]:
        """The readings of a clash; `takes` is what each side's victory gives.

        Where a side is known to be the newer version, not only the clashing part is taken
        from it but `whole`, if that is given. `both` is what gives up nothing of either, `instead`
        what counts in place of the last write unless the team chose something for the field.
        """
        asked = Sides(
            *(
                text if entry is None else getattr(entry, field, text)
                for entry, text in zip(self.values, values, strict=True)
            )
        )
        verdict = self._settled(field, asked)
        if instead is not None and verdict is not None and verdict.reason == LAST_WRITE:
            verdict = verdict if field in self.judge.settings.strategies else instead
        if verdict is None:
            self.conflicts.append(Disagreement(self.entry, field, *values))
            return takes
        if verdict.side == "both":
            return takes if both is None else _agreed(both)
        if verdict.reason == SUPERSEDED and whole is not None:
            takes = whole
        taken: T = getattr(takes, verdict.side)
        chosen = taken if isinstance(taken, str) else getattr(values, verdict.side)
        self.discards.append(Discard(self.entry, field, *values, chosen, verdict.reason))
        return Sides(taken, taken, taken)

    def _with_base(self, sides: Sides[T]) -> Sides[T | None]:
        return sides if self.known else Sides(None, sides.ours, sides.theirs)


def _agreed(value: T) -> Sides[T]:
    return Sides(value, value, value)


def _join(marker: str, metadata: str, gap: str, title: str, body: Parts) -> str:
    if not metadata:
        gap = ""
    elif not gap:
        gap = "\r\n" if marker.endswith("\r\n") else "\n"
    return f"{marker}{metadata}{gap}{body.bullet}{title}{body.separator}{body.content}"
