"""Which commit gave each field of an entry the value it has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lorefs.core.history import find_block
from lorefs.core.model import Entry
from lorefs.sync.commits.trees import read_files
from lorefs.sync.corpus import Holding

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lorefs.repo import Git

FIELDS: Final = tuple(field for field in Entry._fields if field not in {"id", "extra"})
COMMIT_LIMIT: Final = 2000


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit, as `git log` shows it; `time` is the author's, in seconds since 1970."""

    oid: str
    author: str
    time: int
    subject: str


@dataclass(frozen=True, slots=True)
class Blame:
    """The commit that wrote a field's value; None if it is not committed yet."""

    field: str
    value: object
    commit: Commit | None


def blame(git: Git, entry: Entry, document: str) -> list[Blame]:
    """For each field that is set: the newest commit since which it has its value.

    Follows the first parents and renames of the document, as `git blame` follows lines.
    """
    commits = _commits(git, document)
    texts = _texts(git, commits)
    found = {commit.oid: _entry(texts[commit.oid], entry.id, path) for commit, path in commits}
    return [
        Blame(field, getattr(entry, field), _writer(entry, field, [c for c, _ in commits], found))
        for field in FIELDS
        if getattr(entry, field) != Entry._field_defaults.get(field)
    ]


def _commits(git: Git, document: str) -> list[tuple[Commit, str]]:
    """The commits of a document, newest first, with the path that it had."""
    listing = git.text(
        "log", "--follow", "--first-parent", "-m", "--name-only", "-z",
        f"--max-count={COMMIT_LIMIT}", "--format=%x01%H%x02%ae%x02%at%x02%s%x03", "--", document,
        allowed=(0, 128),
    )  # fmt: skip
    found: list[tuple[Commit, str]] = []
    for record in listing.split("\x01")[1:]:
        about, _, names = record.partition("\x03")
        oid, author, time, subject = about.split("\x02", 3)
        paths = [name for name in names.replace("\n", "\0").split("\0") if name]
        found.append((Commit(oid, author, int(time), subject), paths[-1] if paths else document))
    return found


def _texts(git: Git, commits: list[tuple[Commit, str]]) -> dict[str, str]:
    texts = read_files(git, (f"{commit.oid}:{path}" for commit, path in commits))
    return {commit.oid: text for (commit, _), text in zip(commits, texts, strict=True)}


def _entry(text: str, ident: str, path: str) -> Entry | None:
    block = find_block(text, ident, path)
    return block and Holding(path, block).entry()


def _writer(
    entry: Entry, field: str, commits: list[Commit], found: Mapping[str, Entry | None]
) -> Commit | None:
    writer: Commit | None = None
    for commit in commits:
        past = found[commit.oid]
        if past is None or getattr(past, field) != getattr(entry, field):
            break
        writer = commit
    return writer
