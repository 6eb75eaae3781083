"""Entries of AGENTS.md files: the sections that the earlier form of `.lore.md` kept there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lorefs.core.document import ENTRY, HEADING, SECTION_LEVEL, UNCLAIMED, parse
from lorefs.core.source import read_entry
from lorefs.formats.note import text_of
from lorefs.formats.record import FormatError, Place, Source, build, extra_source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lorefs.core.document import Block
    from lorefs.formats.batch import Item

AGENTS: Final = Source("agents", "former_id", exact=True)
_SECTION: Final = "Long-term Knowledge"


def read_agents(files: Iterable[tuple[str, str]]) -> Iterator[Item]:
    """The entries of some files, each given as its path and its text.

    Those are the marked ones, and list items with a bold title beside them or in the section
    for lore; all else in the files are instructions for agents.
    """
    for path, source in files:
        text = text_of(source)
        ordinals: dict[str, int] = {}
        for line, block in _entries(text):
            place = Place(path, line=line)
            try:
                yield _record(block, place, ordinals)
            except FormatError as error:
                yield error


def _entries(text: str) -> Iterator[tuple[int, Block]]:
    """The entries with the line on which each starts."""
    beside = {
        block.text for block in parse(text, lore=False).blocks if block.kind in {ENTRY, UNCLAIMED}
    }
    section, line = "", 1
    for block in parse(text).blocks:
        line += block.lead.count("\n")
        if block.kind == HEADING and block.level <= SECTION_LEVEL:
            section = block.category
        if block.kind == ENTRY or (
            block.kind == UNCLAIMED and (section == _SECTION or block.text in beside)
        ):
            yield line, block
        line += block.text.count("\n")


def _record(block: Block, place: Place, ordinals: dict[str, int]) -> Item:
    entry = read_entry(block, path="")
    ordinal = ordinals.get(entry.title, 0)
    ordinals[entry.title] = ordinal + 1
    stated = ("title", "content", "category", "confidence", "status", "sensitivity", "tags",
              "relations", "proposed_by")  # fmt: skip
    defaults = entry._field_defaults
    values: dict[str, object] = {
        field: getattr(entry, field)
        for field in stated
        if getattr(entry, field) != defaults.get(field, None)
    }
    values["id"] = block.id or None
    values["ordinal"] = ordinal
    if entry.extra:
        values["extra"] = extra_source(dict(entry.extra), place)
    return build(values, place, AGENTS)
