"""How records of the ledger look: in a list, with their sides, and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from lorefs.cli.differences import word_spans
from lorefs.cli.listing import local_time, shortened, timestamp
from lorefs.cli.output import (
    ID_STYLE,
    for_person,
    one_line,
    safe,
    write_columns,
    write_json,
    write_lines,
    write_wrapped,
)
from lorefs.core.resolution import choices, losers, readings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lorefs.cli.output import Span
    from lorefs.core.ledger import Discard
    from lorefs.store import Record
    from lorefs.sync.decisions.conflicts import Conflict

TITLE_WIDTH: Final = 26
RECORD_WIDTH: Final = 8  # characters of a record's id that people see
NOTHING: Final = "(nothing)"

# What the reasons mean, in the words of a sentence that starts with the losing value.
REASONS: Final = {
    "last-write": "an older write gave way to a newer one",
    "superseded": "an older version gave way to a newer one",
    "delete-edit": "one side deleted what the other edited",
    "stricter": "the stricter value stands",
    "held": "the value from before stands until somebody decides",
    "overwritten": "a save took back what lorefs had written",
    "duplicate": "one id was added twice",
    "approved": "somebody approved of it meanwhile",
    "refused": "no document could hold what a program wrote",
    "unentitled": "only an approver may change it, so it was put back",
}


def record_json(record: Record) -> dict[str, Any]:
    """A record of the ledger as JSON."""
    return {
        "id": record.id,
        **record.discard._asdict(),
        "merge_commit": record.merge_commit,
        "recorded_at": timestamp(record.recorded_at),
    }


def conflict_json(conflict: Conflict) -> dict[str, Any]:
    """A numbered record as JSON, with what the entry is now."""
    from lorefs.cli.listing import row_json

    record = conflict.record
    resolved = record.resolved_at
    return {
        "number": conflict.number,
        "open": conflict.is_open,
        **record_json(record),
        "resolved_at": None if resolved is None else timestamp(resolved),
        "choices": choices(record.discard),
        "lost": losers(record.discard),
        "now": conflict.row and row_json(conflict.row),
    }


# ---------------------------------------------------------------- the list


def write_conflicts(conflicts: Sequence[Conflict], *, as_json: bool) -> None:
    """Print records: an array, aligned lines for people, or columns."""
    if as_json:
        write_json([conflict_json(each) for each in conflicts])
    elif for_person():
        write_lines(_lines(conflicts))
    else:
        write_columns(_columns(each) for each in conflicts)


def _columns(conflict: Conflict) -> list[str]:
    record = conflict.record
    return [
        str(conflict.number),
        record.id[:RECORD_WIDTH],
        timestamp(record.recorded_at),
        record.discard.entry or "-",
        record.discard.field,
        record.discard.reason,
        state(conflict),
        what(record.discard),
    ]


def _lines(conflicts: Sequence[Conflict]) -> Iterator[list[Span]]:
    """What is long stands last, where a narrow terminal cuts it."""
    widths = _widths(
        (str(c.number), one_line(c.record.discard.field), _title(c), _why(c)) for c in conflicts
    )
    for conflict in conflicts:
        discard = conflict.record.discard
        number, field, title, why = widths
        yield [
            (f"{conflict.number:>{number}}  ", "bold"),
            (f"{local_time(conflict.record.recorded_at)}  ", "dim"),
            (f"{one_line(discard.field):<{field}}  ", "bold"),
            (f"{_title(conflict):<{title}}  ", ""),
            (f"{_why(conflict):<{why}}  ", "dim" if conflict.is_open else "green"),
            (what(discard), "" if conflict.is_open else "dim"),
        ]


def _widths(rows: Iterator[tuple[str, ...]]) -> list[int]:
    return [max(map(len, column), default=0) for column in zip(*rows, strict=True)] or [0] * 4


def _why(conflict: Conflict) -> str:
    """The reason of an open record; of another one that nobody has to look at it."""
    return one_line(conflict.record.discard.reason) if conflict.is_open else state(conflict)


def _title(conflict: Conflict) -> str:
    discard = conflict.record.discard
    if not discard.entry:
        return "(prose)"
    return shortened(conflict.row.entry.title if conflict.row else _gone(discard), TITLE_WIDTH)


def _gone(discard: Discard) -> str:
    return f"(gone: {discard.entry[-8:]})"


def state(conflict: Conflict) -> str:
    """Whether a record is open, and why not."""
    if conflict.is_open:
        return "open"
    return "superseded" if conflict.record.discard.closed else "settled"


def what(discard: Discard) -> str:
    """What gave way to what, in a few words."""
    lost = " and ".join(_value(discard, value) for value in losers(discard)) or NOTHING
    return f"{lost} gave way to {_value(discard, discard.chosen)}"


def _value(discard: Discard, value: str | None) -> str:
    """A value in a few words; of an existence only whether there is one."""
    if discard.field == "existence":
        return "deletion" if value is None else "entry"
    return shortened(value) or NOTHING


# ---------------------------------------------------------------- one record


def write_conflict(conflict: Conflict, writers: Mapping[str, Sequence[str]]) -> None:
    """Print a record with its base and the sides, compared with the base word by word.

    `writers` names who changed lore on a side.
    """
    write_lines(_head(conflict))
    discard = conflict.record.discard
    base, ours, theirs = readings(discard)
    now = conflict.row is not None or not discard.entry
    _write_side("base", [(safe(base), "")] if base is not None else _absent(discard))
    for name, value in (("ours", ours), ("theirs", theirs)):
        stands = "  (stands)" if value == discard.chosen and now else ""
        by = ", ".join(map(one_line, writers.get(name, ())))
        _write_side(name, _compared(discard, base, value), f"{f'  by {by}' if by else ''}{stands}")


def _head(conflict: Conflict) -> Iterator[list[Span]]:
    record, row = conflict.record, conflict.row
    discard = record.discard
    yield [
        (f"conflict {conflict.number}", "bold yellow"),
        (f"  {record.id[:RECORD_WIDTH]}", ID_STYLE),
        (f"  {state(conflict)}", "" if conflict.is_open else "green"),
    ]
    if not discard.entry:
        yield [("prose of a document", "")]
    elif row is None:
        yield [(f"entry {one_line(discard.entry)}, which is gone", "")]
    else:
        yield [(one_line(row.entry.title), "bold"), (f"  {one_line(row.document)}  ", "dim"),
               (row.entry.id, ID_STYLE)]  # fmt: skip
    reason = REASONS.get(discard.reason, one_line(discard.reason))
    when = f"{local_time(record.recorded_at)}"
    commit = f", merge {record.merge_commit[:10]}" if record.merge_commit else ""
    yield [
        (one_line(discard.field), "bold"),
        (f": {reason} ({one_line(discard.reason)}), {when}{commit}", "dim"),
    ]


def _absent(discard: Discard) -> list[Span]:
    word = "(no entry)" if discard.field == "existence" else NOTHING
    return [(word, "dim")]


def _compared(discard: Discard, base: str | None, value: str | None) -> list[Span]:
    if value is None:
        return _absent(discard)
    if base is None:
        return [(safe(value), "")]
    return word_spans(base, value)


def _write_side(name: str, spans: list[Span], note: str = "") -> None:
    """One side below its name, indented."""
    write_lines([[(f"  {name}", "bold cyan"), (note, "dim")]])
    write_wrapped(spans, indent=4)
