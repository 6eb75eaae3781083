"""How changes look: as lines for people, as columns for pipes, as JSON for programs."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from lorefs.cli.listing import ID_STYLE, local_time, short_ids, timestamp
from lorefs.cli.output import for_person, one_line, write_columns, write_json, write_lines

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from lorefs.cli.output import Span
    from lorefs.store import Change

_OP_STYLES: Final = {"add": "green", "ingest": "green", "delete": "red", "undo": "magenta"}
_VALUE_WIDTH: Final = 40


def write_changes(changes: Sequence[Change], every: Collection[str], *, as_json: bool) -> None:
    """Print lines of the log in their order."""
    if as_json:
        write_json([asdict(change) | {"at": timestamp(change.at)} for change in changes])
        return
    short = short_ids((change.entry for change in changes), every)
    if for_person():
        write_lines(_line(change, short[change.entry]) for change in changes)
        return
    write_columns(
        [timestamp(c.at), c.op, short[c.entry], c.field, what(c), c.source, c.actor]
        for c in changes
    )


def _line(change: Change, ident: str) -> list[Span]:
    return [
        (f"{local_time(change.at)}  ", "dim"),
        (f"{change.op:<7}", _OP_STYLES.get(change.op, "")),
        (f"{ident:<8}  ", ID_STYLE),
        (f"{change.field} " if change.field else "", "bold"),
        (what(change), ""),
        (f"  {change.source} {one_line(change.actor)}".rstrip(), "dim"),
    ]


def what(change: Change) -> str:
    """What a change did, in a few words."""
    if change.op == "undo":
        return "took back an earlier change"
    if change.op == "edit":
        return f"{_short(change.before)} → {_short(change.after)}"
    return _short(_title(change.after) or _title(change.before))


def _title(values: str | None) -> str:
    """The title in the values of a whole entry."""
    try:
        found: Any = json.loads(values or "")
    except ValueError:
        return ""
    return str(found.get("title", "")) if isinstance(found, dict) else ""


def _short(value: str | None) -> str:
    """A value on one line, its end cut off where it is long."""
    text = one_line(value or "")
    return text if len(text) <= _VALUE_WIDTH else f"{text[: _VALUE_WIDTH - 1]}…"
