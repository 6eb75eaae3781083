"""How entries look that went from one document to another, and what the remotes keep of them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from lorefs.cli.listing import row_json, short_ids, title_line
from lorefs.cli.output import counted, one_line, write_json, write_lines
from lorefs.core.model import PERSONAL

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from lorefs.store import Row
    from lorefs.store.entries import Entries

NAMED: Final = 5  # entries that a note names


def write_moved(
    rows: Sequence[Row],
    known: Entries,
    *,
    as_json: bool,
    pushed: Collection[str] | None = None,
) -> None:
    """Print where entries stand now; `pushed` are the ids of those that a remote holds."""
    if as_json:
        found = [row_json(row) for row in rows]
        if pushed is not None:
            found = [each | {"pushed": each["id"] in pushed} for each in found]
        write_json(found)
        return
    short = short_ids([row.entry.id for row in rows], known)
    write_lines([*title_line(row, short), (f"  → {one_line(row.document)}", "dim")]
                for row in rows)  # fmt: skip


def note_pushed(pushed: Collection[str], known: Entries) -> None:
    """Say on standard error that remotes keep what was pushed."""
    if pushed:
        entries = counted(len(pushed), "entry was", "entries were")
        _note(f"{entries} pushed before ({_named(pushed, known)}); that history keeps the text")


def note_personal(rows: Sequence[Row], known: Entries) -> None:
    """Say on standard error which relations of entries lead to what is not the team's."""
    targets = {target: known.get(target) for row in rows for _, target in row.entry.relations}
    personal = [ident for ident, row in targets.items() if row and row.entry.scope == PERSONAL]
    if personal and any(row.entry.scope != PERSONAL for row in rows):
        _note(f"relations lead to personal entries, which others lack ({_named(personal, known)})")


def _named(idents: Collection[str], known: Entries) -> str:
    named = ", ".join(sorted(short_ids(idents, known).values())[:NAMED])
    return f"{named} and {len(idents) - NAMED} more" if len(idents) > NAMED else named


def _note(words: str) -> None:
    write_lines([[("note: ", "bold yellow"), (words, "")]], sys.stderr, wrap=True)
