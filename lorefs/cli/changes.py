"""How changes look: as lines for people, as columns for pipes, as JSON for programs."""

from __future__ import annotations

import json
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from lorefs.cli.listing import local_time, short_ids, shortened, timestamp
from lorefs.cli.output import ID_STYLE, for_person, one_line, write_columns, write_json, write_lines

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from lorefs.cli.output import Span
    from lorefs.store import Change
    from lorefs.store.entries import Entries

_OP_STYLES: Final = {
    "add": "green",
    "ingest": "green",
    "delete": "red",
    "discard": "red",
    "undo": "magenta",
    "resolve": "magenta",
}


def write_changes(
    entries: Entries,
    changes: Sequence[Change],
    *,
    as_json: bool,
    revisions: bool = False,
    pushed: Collection[str] | None = None,
) -> None:
    """Print lines of the log in their order; for people, what was done together stands together.

    `revisions` names the one that each change replaced, for people. `pushed` are the entries of
    which a remote keeps what an undo took back, for programs.
    """
    if as_json:
        found = [change._asdict() | {"at": timestamp(change.at)} for change in changes]
        if pushed is not None:
            found = [each | {"pushed": each["entry"] in pushed} for each in found]
        write_json(found)
        return
    short = short_ids([change.entry for change in changes], entries)
    if not for_person():
        write_columns(
            [timestamp(c.at), c.op, short[c.entry], c.field, what(entries, c), c.source, c.actor]
            for c in changes
        )
        return
    for _, batch in groupby(changes, key=lambda change: change.batch):
        write_lines(_batch(entries, list(batch), short, revisions=revisions))


def _batch(
    entries: Entries, changes: list[Change], short: Mapping[str, str], *, revisions: bool
) -> Iterator[list[Span]]:
    first = changes[0]
    was = next((c.rev for c in changes if c.op in {"edit", "delete"}), 0) if revisions else 0
    yield [
        (local_time(first.at), "bold"),
        (f"  {first.source}  {one_line(first.actor)}", "dim"),
        (f"  was revision {was}" if was else "", "dim"),
    ]
    for change in changes:
        style = _OP_STYLES.get(change.op, "")
        if change.op == "undo":
            yield [("  undo    took back an earlier change", style)]
            continue
        yield [
            (f"  {change.op:<8}", style),
            (f"{short[change.entry]}  ", ID_STYLE),
            (f"{_title_of(entries, change)}  ", ""),
            (f"{change.field} ", "bold") if change.field else ("", ""),
            (what(entries, change) if change.op == "edit" else "", ""),
        ]


def _title_of(entries: Entries, change: Change) -> str:
    """The title of the entry that changed, as the row or the log has it."""
    if not change.entry:
        return "(prose)"
    row = entries.get(change.entry)
    title = row.entry.title if row else _title(change.before) or _title(change.after)
    return shortened(title) or "(deleted since)"


def what(entries: Entries, change: Change) -> str:
    """What a change did, in a few words."""
    match change.op:
        case "undo":
            return "took back an earlier change"
        case "resolve":
            return f"settled a conflict in {_title_of(entries, change)}"
        case "edit":
            return f"{shortened(change.before)} → {shortened(change.after)}"
        case _:
            return _title_of(entries, change)


def _title(values: str | None) -> str:
    """The title in the values of a whole entry."""
    try:
        found: Any = json.loads(values or "")
    except ValueError:
        return ""
    return str(found.get("title", "")) if isinstance(found, dict) else ""
