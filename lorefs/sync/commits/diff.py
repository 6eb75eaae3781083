"""What changed between two states of the lore, by entry and field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from lorefs.core.claim import identify
from lorefs.core.document import encode, parse
from lorefs.core.model import Entry
from lorefs.store import digest
from lorefs.sync.corpus import Holding

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lorefs.sync.known import Known

FIELDS: Final = tuple(field for field in Entry._fields if field != "id")


class EntryDiff(NamedTuple):
    """One entry that differs; `before` or `after` is None where it is not there."""

    before: Entry | None
    after: Entry | None

    @property
    def entry(self) -> Entry:
        """The newer of the two that is there."""
        found = self.after or self.before
        assert found is not None, "a difference has at least one side"  # noqa: S101
        return found

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that differ, () for an entry that was added or removed."""
        if self.before is None or self.after is None:
            return ()
        return tuple(f for f in FIELDS if getattr(self.before, f) != getattr(self.after, f))


def diff(
    before: Mapping[str, str], after: Mapping[str, str], known: Known | None = None
) -> list[EntryDiff]:
    """Compare two sets of documents, given as texts by path; a move is a change of `path`.

    What is `known` is not parsed again.
    """
    changed = [path for path in {**before, **after} if before.get(path) != after.get(path)]
    old, new = (_holdings(side, changed, known) for side in (before, after))
    pairs = ((old.get(ident), new.get(ident)) for ident in {**old, **new})
    # equal sources are not read: most entries of a document are what they were
    found = [
        EntryDiff(was and was.entry(), now and now.entry())
        for was, now in pairs
        if was is None or now is None or not was.is_same(now)
    ]
    found = [each for each in found if each.before != each.after]
    return sorted(found, key=lambda each: (each.entry.path, each.entry.category, each.entry.title))


def _holdings(
    texts: Mapping[str, str], paths: list[str], known: Known | None
) -> dict[str, Holding]:
    found: dict[str, Holding] = {}
    for path in sorted(paths):
        text = texts.get(path, "")
        document = known.get(path, digest(encode(text))) if known and text else None
        for block in (document or identify(parse(text), path)).blocks:
            if block.id:
                found.setdefault(block.id, Holding(path, block))
    return found
