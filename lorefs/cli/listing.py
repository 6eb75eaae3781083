"""How rows look: as lines for people, as columns for pipes, as JSON for programs."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from lorefs.cli.output import (
    ID_STYLE,
    for_person,
    one_line,
    write,
    write_columns,
    write_json,
    write_lines,
)
from lorefs.core.guests import is_guest, place_of, source_of
from lorefs.core.model import TEAM

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from lorefs.cli.output import Span
    from lorefs.core.model import Entry
    from lorefs.store import Row
    from lorefs.store.entries import Entries

SHORTEST: Final = 8
VALUE_WIDTH: Final = 40


def short_ids(shown: Collection[str], entries: Entries | None = None) -> dict[str, str]:
    """The shortest end of each id, of 8 characters or more, that finds this entry alone.

    The end and not the start: the start of a UUIDv7 is the time, and much alike. Where there is
    no database to ask, an end is unique if no other of the ids has it.
    """
    pending = set(shown)
    short = {ident: ident for ident in pending}
    for length in range(SHORTEST, 36, 4):
        if not pending:
            break
        taken = dict.fromkeys((ident[-length:].lower() for ident in pending), 0)
        for ident in entries.alike(taken, length) if entries else map(str.lower, shown):
            for end in {ident[:length], ident[-length:]} & taken.keys():
                taken[end] += 1
        unique = {ident for ident in pending if taken[ident[-length:].lower()] <= 1}
        short.update((ident, ident[-length:]) for ident in unique)
        pending -= unique
    return short


# ---------------------------------------------------------------- for programs


def entry_json(entry: Entry) -> dict[str, Any]:
    """The fields of an entry as JSON."""
    relations = [{"type": kind, "id": target} for kind, target in entry.relations]
    return entry._asdict() | {
        "tags": list(entry.tags),
        "relations": relations,
        "extra": dict(entry.extra),
    }


def row_json(row: Row) -> dict[str, Any]:
    """A row as JSON: the fields of the entry, then what the database knows of it."""
    return entry_json(row.entry) | {
        "document": row.document,
        "source": source_of(row.document),
        "rev": row.rev,
        "hash": row.hash,
        "created_at": timestamp(row.created_at),
        "updated_at": timestamp(row.updated_at),
        "updated_by": row.updated_by,
        "standing": row.standing,
    }


def timestamp(milliseconds: int) -> str:
    """A time as ISO 8601 in UTC."""
    time = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


# ---------------------------------------------------------------- for people


def local_time(milliseconds: int) -> str:
    """A time as people here read it."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).astimezone().strftime("%Y-%m-%d %H:%M")


def facts(entry: Entry) -> list[Span]:
    """What is worth a glance beside the title: all that is not the default."""
    spans: list[Span] = []
    if entry.scope != TEAM:
        spans.append((f"  {entry.scope}", "blue"))
    if entry.status != "active":
        spans.append((f"  {entry.status}", "magenta"))
    if entry.sensitivity != "normal":
        spans.append((f"  {entry.sensitivity}", "red"))
    if entry.tags:
        spans.append(("  " + " ".join(f"#{one_line(tag)}" for tag in entry.tags), "cyan"))
    if entry.confidence < 1:
        spans.append((f"  {entry.confidence:.0%}", "dim"))
    return spans


def in_doubt(row: Row) -> list[Span]:
    """The mark of an entry that nobody entitled has approved."""
    return [(f"  {row.standing}", "yellow")] if row.standing else []


def value_text(value: object) -> str:
    """A value of a field on one line."""
    if isinstance(value, tuple):
        words = (": ".join(item) if isinstance(item, tuple) else str(item) for item in value)
        return one_line(", ".join(words))
    return one_line(str(value))


def shortened(value: str | None, width: int = VALUE_WIDTH) -> str:
    """A value on one line, its end cut off where it is long."""
    text = one_line(value or "")
    return text if len(text) <= width else f"{text[: width - 1]}…"


def title_line(
    row: Row, short: Mapping[str, str], indent: str = "", drafts: Collection[str] = ()
) -> list[Span]:
    """One entry on one line; `drafts` are the ids of those of which a personal copy differs."""
    title = one_line(row.entry.title)
    ident = short.get(row.entry.id, row.entry.id)
    return [(indent, ""), (ident, ID_STYLE), (f"  {title}", ""), *facts(row.entry),
            *draft_mark(row, drafts), *in_doubt(row)]  # fmt: skip


def draft_mark(row: Row, drafts: Collection[str]) -> list[Span]:
    """What marks an entry of which a personal copy says something else."""
    return [("  local draft", "magenta")] if row.entry.id in drafts else []


def current_lines(current: object) -> Iterator[list[Span]]:
    """The row that an edit did not expect, shown beside the error."""
    row: Any = current
    yield [(f"  now at revision {row.rev}, changed by {one_line(row.updated_by)}: ", "dim"),
           (one_line(row.entry.title), "")]  # fmt: skip


# ---------------------------------------------------------------- lists


def write_rows(
    rows: Sequence[Row], known: Entries, *, as_json: bool, drafts: Mapping[str, str]
) -> None:
    """Print rows: an array, a list grouped by document and category, or columns.

    `drafts` are the personal documents that hold another text of some of them, by id.
    """
    if as_json:
        write_json([row_json(row) | {"draft": drafts.get(row.entry.id)} for row in rows])
        return
    short = short_ids([row.entry.id for row in rows], known)
    if for_person():
        write_lines(_grouped(rows, short, drafts))
    else:
        write_columns(columns(row, short) for row in rows)


def write_done(done: Mapping[str, Sequence[Row]], *, as_json: bool) -> None:
    """Print what became of entries, by the word for it: a line for each, or their rows."""
    if as_json:
        write_json([row_json(row) for rows in done.values() for row in rows])
        return
    for word, rows in done.items():
        for row in rows:
            write(f"{word}  {one_line(row.entry.title)}")


def _grouped(
    rows: Sequence[Row], short: Mapping[str, str], drafts: Collection[str]
) -> Iterator[list[Span]]:
    ordered = sorted(rows, key=lambda row: row.document)
    for document, members in groupby(ordered, key=lambda row: row.document):
        yield [(one_line(document), "bold underline"), (elsewhere(document), "dim")]
        for category, entries in groupby(members, key=lambda row: row.entry.category):
            yield [(f"  {one_line(category) or '(no category)'}", "bold")]
            for row in entries:
                yield title_line(row, short, "    ", drafts)


def elsewhere(document: str) -> str:
    """A word for what this repository does not hold itself."""
    return f"  {place_of(document).where}, only read here" if is_guest(document) else ""


def columns(row: Row, short: Mapping[str, str]) -> list[str]:
    """One entry for `cut` and `awk`: id, document, category, title, status, tags."""
    entry = row.entry
    ident = short.get(entry.id, entry.id)
    status = row.standing or entry.status
    return [ident, row.document, entry.category, entry.title, status, ",".join(entry.tags)]
