"""The messages of commits on the sync branch: a subject for people, trailers for programs.

Trailers are those of git-interpret-trailers(1): `Key: value` lines in the last paragraph.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from lorefs.core.ledger import record_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lorefs.core.ledger import Discard

FORMAT_VERSION: Final = 1  # of documents and of what the trailers mean

FORMAT: Final = "Lorefs-Format"
DEVICE: Final = "Device"
ACTOR: Final = "Actor"
SOURCE: Final = "Source"
CODE_COMMIT: Final = "Code-Commit"
CODE_ROOT: Final = "Code-Root"
INGESTED: Final = "Ingested"
DELETIONS: Final = "Deletions-Confirmed"
SETTLED: Final = "Settled"
RESOLVED: Final = "Resolved"
REOPENED: Final = "Reopened"  # a settlement that was taken back

MERGE_SUBJECT: Final = "Merge two tips of the sync branch"

_TITLE_LENGTH: Final = 48
_TRAILER: Final = re.compile(r"([A-Za-z][A-Za-z0-9-]*): (.*)")
# Whatever a title or a name holds, it is one printable line here.
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")

Trailer = tuple[str, str]


class Summary(NamedTuple):
    """What a commit changes, by the titles of the entries."""

    added: tuple[str, ...] = ()
    edited: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()

    @property
    def subject(self) -> str:
        """One line that names what changed, or counts it where that is much."""
        parts = [
            _part(verb, titles)
            for verb, titles in (
                ("add", self.added),
                ("edit", self.edited),
                ("delete", self.deleted),
            )
            if titles
        ]
        line = ", ".join(parts) or "change prose"
        return line[0].upper() + line[1:]


def _part(verb: str, titles: Sequence[str]) -> str:
    if len(titles) > 1:
        return f"{verb} {len(titles)} entries"
    title = one_line(titles[0])
    shown = title if len(title) <= _TITLE_LENGTH else f"{title[: _TITLE_LENGTH - 1]}…"
    return f"{verb} “{shown}”"


def one_line(text: str) -> str:
    """A text without what would end a line or steer a terminal."""
    return _UNPRINTABLE.sub(" ", text).encode("utf-8", "replace").decode("utf-8").strip()


def message(subject: str, trailers: Iterable[Trailer]) -> str:
    """A commit message."""
    lines = [f"{key}: {one_line(value)}" for key, value in trailers]
    return "\n".join((one_line(subject), "", *lines)) + "\n"


def settled(discard: Discard, holder: str) -> Trailer:
    """The trailer for what a merge discarded: the record, and the commit that held the value."""
    return SETTLED, f"{record_id(discard)} {discard.reason} {holder}"


def read_trailers(text: str) -> list[Trailer]:
    """The trailers of a commit message, in their order; () where the last lines are none."""
    last = text.rstrip("\n").rpartition("\n\n")[2]
    found: list[Trailer] = []
    for line in last.split("\n"):
        match = _TRAILER.fullmatch(line)
        if match is None:
            return []
        found.append((match[1], match[2]))
    return found


def values(text: str, key: str) -> list[str]:
    """All trailers with a key."""
    return [value for name, value in read_trailers(text) if name == key]


def trailer(text: str, key: str) -> str | None:
    """The first trailer with a key."""
    return next((value for name, value in read_trailers(text) if name == key), None)


def is_ingest(text: str) -> bool:
    """Whether a commit holds what the code branch gained, and no edit besides."""
    return trailer(text, INGESTED) is not None and values(text, SOURCE) == ["git"]
