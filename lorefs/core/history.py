"""Answers a merge's questions from the versions a document has had.

Versions form the graph of the commits that touched the document. A version's text is loaded
when it is asked for, and only where it can hold the entry in question.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lorefs.core.claim import identify
from lorefs.core.document import parse
from lorefs.core.merge.sides import EXISTENCE
from lorefs.core.model import TEAM, Entry, directory_of, scope_of
from lorefs.core.source import read_entry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from lorefs.core.document import Block
    from lorefs.core.merge.sides import Side


class Version(NamedTuple):
    """A commit that touched the document.

    `parents` are the nearest such commits before it, `time` is the committer's, in seconds.
    """

    commit: str
    parents: tuple[str, ...]
    time: int


class DocumentHistory:
    """The versions of one document, newest first, and the newest one of each side.

    `load` gives a version's text, "" where the document is not there.
    """

    def __init__(
        self,
        path: str,
        versions: Sequence[Version],
        tips: Mapping[Side, str],
        load: Callable[[str], str],
    ) -> None:
        self.path = path
        self.scope = scope_of(path) or TEAM
        self.versions = {version.commit: version for version in versions}
        self.tips = tips
        self.load = load
        self.known: dict[tuple[str, str], Entry | None] = {}

    def supersedes(self, entry: str, field: str, newer: object, older: object) -> bool:
        """Whether a version that holds `newer` descends from one that holds `older`."""
        if not entry:
            return False  # prose has no identity that could be followed
        behind: set[str] = set()  # versions that descend from one with the older value
        for commit in reversed(self.versions):
            version = self.versions[commit]
            if any(p in behind or self._holds(p, entry, field, older) for p in version.parents):
                behind.add(commit)
                if self._holds(commit, entry, field, newer):
                    return True
        return False

    def written_at(self, side: Side, entry: str, field: str) -> int | None:
        """When the commit was made that gave the side the value it has."""
        if not entry or side not in self.tips:
            return None
        value = self._value(self.tips[side], entry, field)
        times = [
            version.time
            for version in self._ancestry(self.tips[side])
            if self._value(version.commit, entry, field) == value
            and all(self._value(parent, entry, field) != value for parent in version.parents)
        ]
        return max(times, default=None)

    def ever_held(self, entry: str) -> bool:
        """Whether some version has an entry."""
        return any(self._entry(commit, entry) is not None for commit in self.versions)

    def _ancestry(self, tip: str) -> Iterator[Version]:
        """A version and all before it."""
        seen: set[str] = set()
        pending = [tip]
        while pending:
            commit = pending.pop()
            if commit in seen or commit not in self.versions:
                continue
            seen.add(commit)
            yield self.versions[commit]
            pending += self.versions[commit].parents

    def _holds(self, commit: str, entry: str, field: str, value: object) -> bool:
        """Whether a version has a value. An absence counts only from the one that removed it."""
        if commit not in self.versions:
            return False
        found = self._value(commit, entry, field)
        if found != value:
            return False
        if field == EXISTENCE and value is None:
            parents = self.versions[commit].parents
            return any(self._entry(parent, entry) is not None for parent in parents)
        return True

    def _value(self, commit: str, entry: str, field: str) -> object:
        found = self._entry(commit, entry)
        if field == EXISTENCE or found is None:
            return found
        if field in Entry._fields:
            return getattr(found, field)
        return dict(found.extra).get(field)

    def _entry(self, commit: str, entry: str) -> Entry | None:
        key = commit, entry
        if key not in self.known:
            text = self.load(commit) if commit in self.versions else ""
            block = find_block(text, entry, self.path)
            directory = directory_of(self.path)
            self.known[key] = block and read_entry(block, path=directory, scope=self.scope)
        return self.known[key]


def find_block(text: str, entry: str, path: str) -> Block | None:
    """The block of an entry in a document.

    The category is in it, so the whole document is parsed; but only one that can hold it.
    """
    start = text.find(f"lore:{entry}")
    derived = entry[14:15] == "8"  # a UUIDv8: perhaps written by hand, without a marker
    if start < 0 and not derived and entry not in text.lower():
        return None
    document = identify(parse(text), path) if derived else parse(text)
    return next((block for block in document.blocks if block.id == entry), None)
