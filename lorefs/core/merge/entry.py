"""Three-way merge of one entry: existence first, then field by field (`fields.py`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lorefs.core.document import ENTRY, Block
from lorefs.core.ledger import Discard
from lorefs.core.merge.judge import DELETE_EDIT, REASON, SUPERSEDED
from lorefs.core.merge.sides import EXISTENCE, OURS, Clash, Disagreement, Sides
from lorefs.core.model import REJECTED, REVIEW, TEAM, Entry, directory_of, scope_of
from lorefs.core.source import cut, read_entry

if TYPE_CHECKING:
    from lorefs.core.merge.judge import Judge


class Version(NamedTuple):
    """An entry as one side has it: its block (without its lead) in a document."""

    document: str
    block: Block

    def entry(self) -> Entry:
        """Its values."""
        scope = scope_of(self.document) or TEAM
        return read_entry(self.block, path=directory_of(self.document), scope=scope)


class MergedEntry(NamedTuple):
    """What became of an entry; `version` is None if it is gone.

    `twin` is where theirs has it, if its category is left to a person: the sides of that
    conflict stand at two places of the document.
    """

    version: Version | None
    discards: tuple[Discard, ...] = ()
    conflicts: tuple[Disagreement, ...] = ()
    twin: Version | None = None


def merge_entry(entry: str, sides: Sides[Version | None], judge: Judge) -> MergedEntry:
    """Merge the versions of the entry with the id `entry`; None stands for "not there"."""
    base, ours, theirs = sides
    if ours == theirs or theirs == base:
        return MergedEntry(ours)
    if ours == base:
        return MergedEntry(theirs)
    if ours is None or theirs is None:
        return _merge_absence(entry, sides, judge)
    return _merge_presence(entry, base, Sides(ours, ours, theirs), judge)


def _merge_presence(
    entry: str, base: Version | None, sides: Sides[Version], judge: Judge
) -> MergedEntry:
    """Both sides have the entry; `sides.base` stands in where `base` is None."""
    # most merges change no entry on both sides, and get along without these
    from lorefs.core.merge.conflict import with_markers
    from lorefs.core.merge.fields import FieldMerge

    versions = Sides(base, sides.ours, sides.theirs)
    merge = FieldMerge(
        entry,
        Sides(*(version and cut(version.block) for version in versions)),
        Sides(*(version and version.entry() for version in versions)),
        judge,
    )
    document = merge.path(Sides(*(version and version.document for version in versions)))
    categories = merge.category(Sides(*(v and v.block.category for v in versions)))
    readings = merge.readings()
    twin = None
    marked = ENTRY in {sides.ours.block.kind, sides.theirs.block.kind}
    kind = ENTRY if marked else sides.ours.block.kind
    if categories.ours != categories.theirs:
        text = with_markers(Sides("", readings.ours, ""), judge.settings)
        other = with_markers(Sides("", "", readings.theirs), judge.settings)
        twin = Version(document, Block(kind, "", other, entry, categories.theirs, 0))
    elif readings.ours != readings.theirs:
        text = with_markers(readings, judge.settings)
    else:
        text = readings.ours
    version = Version(document, Block(kind, "", text, entry, categories.ours, 0))
    if readings.ours == readings.theirs:
        version = _where_its_status_is(version, sides)
    return MergedEntry(version, tuple(merge.discards), tuple(merge.conflicts), twin)


def _where_its_status_is(version: Version, sides: Sides[Version]) -> Version:
    """The version in the document of the side whose status it has, of a review and a team one.

    What was approved stands among the team's entries, and what was rejected beside them.
    """
    if scope_of(sides.ours.document) == scope_of(sides.theirs.document):
        return version
    ours, theirs = sides.ours.entry(), sides.theirs.entry()
    if {ours.scope, theirs.scope} != {TEAM, REVIEW} or ours.status == theirs.status:
        return version
    status = version.entry().status
    if status not in {ours.status, theirs.status}:
        return version  # that of the base, by the team's wish
    return version._replace(
        document=(sides.ours if status == ours.status else sides.theirs).document
    )


def _merge_absence(entry: str, sides: Sides[Version | None], judge: Judge) -> MergedEntry:
    """At least one side does not have the entry."""
    base, ours, theirs = sides
    kept = theirs if ours is None else ours
    if base is None or kept is None:
        return MergedEntry(kept)  # added by one side, or deleted by both
    value = kept.entry()
    if value == base.entry():
        return MergedEntry(None)  # deleted by one side; the other at most reformatted it
    texts = Sides(*(version and version.block.text for version in sides))
    clash = Clash(Sides(base.entry(), ours and value, theirs and value))
    newer = judge.newer(entry, EXISTENCE, clash)
    if newer is not None:
        winner = ours if newer == OURS else theirs
        return MergedEntry(winner, (_existence(entry, texts, winner, SUPERSEDED),))
    settings = judge.settings
    if settings.delete_edit == "conflict" and settings.on_clash == "markers":
        from lorefs.core.merge.conflict import with_markers

        text = with_markers(Sides(*(text or "" for text in texts)), settings)
        version = Version(kept.document, kept.block._replace(text=text))
        return MergedEntry(version, (), (Disagreement(entry, EXISTENCE, *texts),))
    gone = settings.delete_edit == "delete" or _is_only_rejected(base.entry(), value)
    winner = None if gone else kept
    return MergedEntry(winner, (_existence(entry, texts, winner, DELETE_EDIT),))


def _is_only_rejected(before: Entry, after: Entry) -> bool:
    """Whether a proposal was rejected, and else left as it was; who carries it out deletes it."""
    if after.scope != REVIEW or after.status != REJECTED:
        return False
    extra = tuple(pair for pair in after.extra if pair[0] != REASON)
    kept = tuple(pair for pair in before.extra if pair[0] != REASON)
    return before._replace(status=REJECTED, extra=kept) == after._replace(extra=extra)


def _existence(
    entry: str, texts: Sides[str | None], winner: Version | None, reason: str
) -> Discard:
    chosen = winner.block.text if winner else None
    return Discard(entry, EXISTENCE, *texts, chosen, reason)
