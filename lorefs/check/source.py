"""A document under check: its text, its blocks, and where in the text they stand."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

from lorefs.core.document import ENTRY, PROSE, UNCLAIMED, Block, Document, parse
from lorefs.core.lines import fence_length, is_conflict_marker
from lorefs.core.model import PERSONAL, TEAM, directory_of, scope_of
from lorefs.core.source import read_entry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lorefs.core.model import Entry

_CONFLICT: Final = r"^(<{7,}|>{7,})[^\n]*"


class Placed(NamedTuple):
    """A block and the offset at which its text starts."""

    offset: int
    block: Block


class Source:
    """A document to be checked, or one that others are checked against.

    `refused` says why a file could not be read at all; its text is "" then.
    """

    def __init__(self, path: str, text: str, refused: str = "") -> None:
        self.path = path
        self.text = text
        self.refused = refused
        self.scope = scope_of(path) or TEAM

    @property
    def is_personal(self) -> bool:
        """Whether the document is a personal one by name."""
        return self.scope == PERSONAL

    @cached_property
    def document(self) -> Document:
        """The document, parsed; in files of other names only marked sections hold entries."""
        name = self.path.rpartition("/")[2]
        return parse(self.text, lore=scope_of(name) is not None or name.endswith(".lore.md"))

    @cached_property
    def blocks(self) -> tuple[Placed, ...]:
        """All blocks with their offsets."""
        placed: list[Placed] = []
        offset = len(self.document.bom)
        for block in self.document.blocks:
            offset += len(block.lead)
            placed.append(Placed(offset, block))
            offset += len(block.text)
        return tuple(placed)

    @cached_property
    def entries(self) -> tuple[tuple[int, Entry], ...]:
        """The values of all entries, claimed or not, with their offsets."""
        directory = directory_of(self.path)
        return tuple(
            (placed.offset, read_entry(placed.block, path=directory, scope=self.scope))
            for placed in self.blocks
            if placed.block.kind in {ENTRY, UNCLAIMED}
        )

    def prose_lines(self, start: str) -> Iterator[tuple[int, str]]:
        """The lines of prose that start with `start`, with their offsets; code and HTML are not."""
        for offset, block in self.blocks:
            if block.kind != PROSE or start not in block.text or _is_opaque(block.text):
                continue
            for line in _lines(block.text, offset):
                if line[1].startswith(start):
                    yield line

    @cached_property
    def conflicts(self) -> tuple[tuple[int, int], ...]:
        """Where conflicts are, as offsets, from what may be the marker of a torn entry above."""
        found: list[tuple[int, int]] = []
        start = -1
        for line in re.finditer(_CONFLICT, self.text, re.MULTILINE):
            if not is_conflict_marker(line[0].rstrip("\r")):
                continue
            if line[0][0] == "<" and start < 0:
                start = self._paragraph_start(line.start())
            elif line[0][0] == ">" and start >= 0:
                found.append((start, line.end()))
                start = -1
        return tuple(found)

    def _paragraph_start(self, offset: int) -> int:
        """The start of the lines above a place, two at most, that no blank line parts from it."""
        for _ in range(2):
            start = self.text.rfind("\n", 0, max(offset - 1, 0)) + 1
            if self.text[start:offset].strip():
                offset = start
        return offset

    def in_conflict(self, offset: int) -> bool:
        """Whether a place lies in a conflict."""
        index = bisect_right(self.conflicts, (offset, len(self.text)))
        return index > 0 and offset < self.conflicts[index - 1][1]

    def line_and_column(self, offset: int) -> tuple[int, int]:
        """A place as line and column, both from 1."""
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(found.end() for found in re.finditer("\n", self.text))]


def _is_opaque(text: str) -> bool:
    """Whether a block of prose is code or HTML: what stands in it is no structure."""
    first = text.partition("\n")[0]
    return fence_length(first) > 0 or (first[0] == "<" and not first.startswith("<!--"))


def _lines(text: str, offset: int) -> Iterator[tuple[int, str]]:
    for line in text.split("\n"):
        yield offset, line.rstrip("\r")
        offset += len(line) + 1
