"""Counts what there is and how it came about: rows, the ledger, and the history of documents."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from lorefs.core.model import PERSONAL_NAME, SCOPES
from lorefs.errors import GitError
from lorefs.store import OWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lorefs.api import Workspace
    from lorefs.repo import Git

COMMITS: Final = 5000  # of the newest ones, so many are read
MOST: Final = 10  # entries and directories that are named
LATEST: Final = 4_102_444_800  # the year 2100; a commit may claim any time
_GLOBS: Final = tuple(f":(top,glob)**/{name}" for name in SCOPES if name != PERSONAL_NAME)
_MARKER: Final = re.compile(r"[+-]<!-- lore:[0-9a-fA-F-]{36} -->\s*$")


class Author(NamedTuple):
    """What one author did to shared documents, by git; `lines` were added or removed."""

    name: str
    commits: int
    added: int
    removed: int
    lines: int


class Month(NamedTuple):
    """What happened in a month ("2026-11"), and how many entries there were at its end."""

    month: str
    added: int
    removed: int
    lines: int
    entries: int


class Coverage(NamedTuple):
    """A directory of the first level or "" for the files at the top: tracked files, entries."""

    directory: str
    files: int
    entries: int


class Churned(NamedTuple):
    """An entry that was changed often, by the log."""

    id: str
    title: str
    changes: int


class Stats(NamedTuple):
    """All of it."""

    entries: int
    by_status: Mapping[str, int]
    by_scope: Mapping[str, int]
    by_category: Mapping[str, int]
    authors: Sequence[Author]
    months: Sequence[Month]
    churn: Sequence[Churned]
    conflicts_open: int
    conflicts_settled: int
    conflicts_by_reason: Mapping[str, int]
    coverage: Sequence[Coverage]


class _Commit(NamedTuple):
    author: str
    month: str
    added: int
    removed: int
    lines: int


def stats(workspace: Workspace) -> Stats:
    """Count everything; takes in first what changed."""
    entries = [row.entry for row in workspace.entries(OWN)]
    conflicts = workspace.conflicts.all()
    revisions = ["HEAD"]
    if workspace.config.sync.enabled:
        revisions.append(f"refs/heads/{workspace.config.sync.branch}")
    commits = _commits(workspace.site.git, revisions)
    titles = {entry.id: entry.title for entry in entries}
    return Stats(
        len(entries),
        _ordered(Counter(entry.status for entry in entries)),
        _ordered(Counter(entry.scope for entry in entries)),
        _ordered(Counter(entry.category for entry in entries)),
        _authors(commits),
        _months(commits),
        [Churned(ident, titles[ident], count)
         for ident, count in workspace.store.log.counts() if ident in titles][:MOST],
        sum(each.is_open for each in conflicts),
        sum(not each.is_open for each in conflicts),
        _ordered(Counter(each.record.discard.reason for each in conflicts)),
        _coverage(workspace.site.git, [entry.path for entry in entries]),
    )  # fmt: skip


def _ordered(counts: Counter[str]) -> dict[str, int]:
    """The most frequent first; equal ones by name."""
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def _commits(git: Git, revisions: Sequence[str]) -> list[_Commit]:
    """What each commit did to shared documents, the oldest first; merges did what others did."""
    known = [
        each
        for each in revisions
        if git.text("rev-parse", "--verify", "--quiet", each, allowed=(0, 1, 128))
    ]
    if not known:
        return []
    output = git.run(
        "log", "--no-merges", f"--max-count={COMMITS}", "--unified=0", "--no-color",
        "--no-ext-diff", "--no-textconv", "--patch", "--format=%x01%ae%x02%at", *known, "--",
        *_GLOBS,
    ).decode("utf-8", "surrogateescape")  # fmt: skip
    # within a patch every line starts with a character of git's
    found = [_commit(part) for part in re.split(r"(?m)^\x01", output)[1:]]
    return sorted(found, key=lambda each: each.month)


def _commit(text: str) -> _Commit:
    head, *lines = text.split("\n")
    author, _, time = head.partition("\x02")
    month = datetime.fromtimestamp(min(max(int(time), 0), LATEST), UTC).strftime("%Y-%m")
    changed = [line for line in lines
               if line[:1] in {"+", "-"} and not line.startswith(("+++ ", "--- "))]  # fmt: skip
    markers = Counter(line[0] for line in changed if _MARKER.match(line))
    return _Commit(author, month, markers["+"], markers["-"], len(changed))


def _authors(commits: Iterable[_Commit]) -> list[Author]:
    """Who did most first."""
    by_name: dict[str, list[_Commit]] = defaultdict(list)
    for commit in commits:
        by_name[commit.author].append(commit)
    found = [
        Author(name, len(own), sum(c.added for c in own), sum(c.removed for c in own),
               sum(c.lines for c in own))
        for name, own in by_name.items()
    ]  # fmt: skip
    return sorted(found, key=lambda author: (-author.lines, author.name))


def _months(commits: Sequence[_Commit]) -> list[Month]:
    """Every month from the first commit to the last, quiet ones included."""
    by_month: dict[str, list[_Commit]] = defaultdict(list)
    for commit in commits:
        by_month[commit.month].append(commit)
    found: list[Month] = []
    entries = 0
    for month in _between(commits[0].month, commits[-1].month) if commits else ():
        own = by_month[month]
        added, removed = sum(c.added for c in own), sum(c.removed for c in own)
        entries = max(entries + added - removed, 0)
        found.append(Month(month, added, removed, sum(c.lines for c in own), entries))
    return found


def _between(first: str, last: str) -> list[str]:
    """The months from one to another."""
    start, stop = (int(text[:-3]) * 12 + int(text[-2:]) - 1 for text in (first, last))
    return [f"{number // 12:04}-{number % 12 + 1:02}" for number in range(start, stop + 1)]


def _coverage(git: Git, paths: Iterable[str]) -> list[Coverage]:
    """The directories of the first level, those with most files first."""
    try:
        listing = git.run("ls-files", "-z", "--", ":(top)").decode("utf-8", "surrogateescape")
    except GitError:
        listing = ""
    tracked = [path for path in listing.split("\0") if path]
    files = Counter(
        path.partition("/")[0] if "/" in path else ""
        for path in tracked
        if path.rpartition("/")[2] not in SCOPES
    )
    entries = Counter(path.partition("/")[0] for path in paths)
    found = [Coverage(each, files[each], entries[each]) for each in files.keys() | entries.keys()]
    return sorted(found, key=lambda each: (-each.files, each.directory))
