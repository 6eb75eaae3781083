"""Finds entries that may not hold any more.

An entry counts from when it was last touched: changed or confirmed, by the log; else from the
commit of its lines, else from the time in its id. Since then a path or symbol that it names may
have gone from the code, or most of the lines of a file that it names may have. Or another entry
supersedes it, or challenges it. Or nobody on this machine has read it for long.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from lorefs.check.rules.code import names_in
from lorefs.check.source import Source
from lorefs.core.document import decode
from lorefs.core.guests import HERE
from lorefs.inspection.code import COMMITS, blame, known
from lorefs.store import Filter
from lorefs.store.reads import DAY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lorefs.repo import Git
    from lorefs.store import Row, Store

Reason = Literal["gone", "changed", "superseded", "challenged", "unused"]

MUCH: Final = 0.5  # of the lines that a file had
FEWEST: Final = 10  # lines of a file below which nothing is much


class Stale(NamedTuple):
    """An entry, and one reason to look at it.

    `what` is the name of code that is gone or the path of a file that changed, with the commit
    `since` which; the id of the other entry; or the day of the last read, "" for none.
    """

    row: Row
    reason: Reason
    what: str
    since: str = ""


def stale(store: Store, git: Git, now: int, unused_after: int) -> list[Stale]:
    """The active entries to look at, by document and title, each reason once.

    `now` is in milliseconds since 1970, and in `unused_after` days an entry that nobody reads is
    unused; in 0 days none is.
    """
    rows = store.entries.rows(Filter(status="active", source=HERE))
    unused = _unused(store, rows, now - unused_after * DAY) if unused_after else ()
    found = [*_related(store, rows), *_by_code(store, git, rows), *unused]
    return sorted(found, key=lambda each: (each.row.document, each.row.entry.title, each[1:]))


# ---------------------------------------------------------------- by other entries

_RELATIONS: Final[dict[str, Reason]] = {"supersedes": "superseded", "challenges": "challenged"}


def _related(store: Store, rows: Sequence[Row]) -> Iterator[Stale]:
    """What others supersede or challenge, unless it was confirmed after these were touched."""
    touched = store.log.touched()
    confirmed = store.log.touched(confirmed=True)
    by_id = {row.entry.id: row for row in rows}
    for other in rows:
        since = touched.get(other.entry.id, other.created_at)
        for kind, target in other.entry.relations:
            reason = _RELATIONS.get(kind)
            row = by_id.get(target)
            if reason and row and row is not other and confirmed.get(target, -1) < since:
                yield Stale(row, reason, other.entry.id)


def _unused(store: Store, rows: Sequence[Row], before: int) -> Iterator[Stale]:
    """What was neither read nor touched since a time, if reads have been noted for that long."""
    reads = store.reads.all()
    if min((use.first_at for use in reads.values()), default=before) >= before:
        return
    touched = store.log.touched()
    for row in rows:
        use = reads.get(row.entry.id)
        last = touched.get(row.entry.id, max(row.created_at, 0))
        if max(last, use.last_at if use else 0) < before:
            day = datetime.fromtimestamp(use.last_at / 1000, UTC).date().isoformat() if use else ""
            yield Stale(row, "unused", day)


# ---------------------------------------------------------------- by the code


def _by_code(store: Store, git: Git, rows: Sequence[Row]) -> Iterator[Stale]:
    """What names code that is gone or much changed since, looked up in the newest commits."""
    named = {row.entry.id: list(names_in(f"{row.entry.title}\n{row.entry.content}"))
             for row in rows}  # fmt: skip
    rows = [row for row in rows if named[row.entry.id]]
    if not rows or not _history(git, 1):
        return
    by_commit: dict[str, list[Row]] = defaultdict(list)
    for row, commit in _bases(store, git, rows):
        by_commit[commit].append(row)
    head = next(iter(_history(git, 1)))
    by_commit.pop(head, None)
    there = known(git, head, {name for row in rows for name in named[row.entry.id]})
    for commit in list(by_commit)[:COMMITS]:
        names = {name for row in by_commit[commit] for name in named[row.entry.id]}
        gone = known(git, commit, names - there)
        changed = _changed(git, commit, head) if names & there else {}
        for row in by_commit[commit]:
            for name in named[row.entry.id]:
                if name in gone:
                    yield Stale(row, "gone", name, commit)
                for path in changed:
                    if f"/{path}".endswith(f"/{name}"):
                        yield Stale(row, "changed", path, commit)


def _bases(store: Store, git: Git, rows: Sequence[Row]) -> list[tuple[Row, str]]:
    """The commit from which each entry counts, the newest commits first."""
    touched = store.log.touched()
    history = _history(git)
    order = {oid: number for number, oid in enumerate(history)}
    blamed = _blamed(git, {row.document for row in rows if row.entry.id not in touched}, order)
    found: list[tuple[Row, str]] = []
    for row in rows:
        ident = row.entry.id
        commit = None if ident in touched else blamed.get(ident)
        if commit is None:
            at = touched.get(ident, row.created_at) // 1000
            commit = next((oid for oid, time in history.items() if time <= at), None)
        if commit is not None:
            found.append((row, commit))
    return sorted(found, key=lambda pair: order[pair[1]])


def _history(git: Git, count: int = -1) -> dict[str, int]:
    """The commits of HEAD's first parents, newest first, with their times (seconds)."""
    listing = git.text(
        "log", "--first-parent", f"--max-count={count}", "--format=%H %ct", "HEAD", "--",
        allowed=(0, 128),
    )  # fmt: skip
    pairs = (line.split(" ") for line in listing.split("\n") if line)
    return {oid: int(time) for oid, time in pairs}


def _blamed(git: Git, documents: set[str], order: Mapping[str, int]) -> dict[str, str]:
    """The newest commit of the lines of each marked entry, of documents that HEAD has."""
    found: dict[str, str] = {}
    for document in sorted(documents):
        data = git.blob("HEAD", document)
        if data is None:
            continue
        commits = blame(git, "HEAD", document)
        source = Source(document, decode(data))
        for offset, block in source.blocks:
            first = source.line_and_column(offset)[0]
            lines = range(first, first + block.text.count("\n") + 1)
            known_here = [commits[n] for n in lines if commits.get(n) in order]
            if block.id and known_here:
                found[block.id] = min(known_here, key=order.__getitem__)
    return found


def _changed(git: Git, commit: str, head: str) -> set[str]:
    """The files of `head` that lost most of the lines which they had in a commit."""
    lost = _lines(git, commit, head, column=1)
    paths = [path for path, count in lost.items() if count >= FEWEST]
    if not paths:
        return set()
    empty = git.text("hash-object", "-t", "tree", "--stdin")
    had = _lines(git, empty, commit, *paths, column=0)
    still = set(git.run("ls-tree", "-r", "-z", "--name-only", "--full-tree", head)
                .decode("utf-8", "surrogateescape").split("\0"))  # fmt: skip
    return {path for path in paths if path in still and lost[path] > MUCH * had.get(path, 0) > 0}


def _lines(git: Git, before: str, after: str, *paths: str, column: int) -> dict[str, int]:
    """How many lines each text file gained (column 0) or lost (column 1) between two trees."""
    specs = [f":(top,literal){path}" for path in paths]
    listing = git.run("diff-tree", "-r", "-z", "--numstat", "--no-renames", before, after, "--",
                      *specs).decode("utf-8", "surrogateescape")  # fmt: skip
    found: dict[str, int] = {}
    for line in filter(None, listing.split("\0")):
        *counts, path = line.split("\t", 2)
        if counts[column].isdecimal():
            found[path] = int(counts[column])
    return found
