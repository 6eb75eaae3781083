"""`lorefs export`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from lorefs.cli.here import current_directory, open_workspace, progress
from lorefs.cli.options import Category, Directory, Scope, Source, Tags, WithStatus, filter_of
from lorefs.cli.output import counted, for_person, safe, write_lines
from lorefs.cli.progress import counting
from lorefs.core.guests import HERE
from lorefs.core.model import PERSONAL, SENSITIVITIES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lorefs.store import Row

EXAMPLES = """
lorefs export > lore.json
lorefs export --format jsonl --category Gotcha -o gotchas.jsonl
lorefs export --format notes -o ../vault/lore
lorefs export --format sql | sqlite3 lore.db
"""

Format = Literal["json", "jsonl", "notes", "sql"]


def run(
    format_: Annotated[Format, typer.Option("--format", "-f", help="How to write them.")] = "json",
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="PATH", help="Instead of printing.")
    ] = None,
    category: Category = None,
    tag: Tags = None,
    path: Directory = None,
    scope: Scope = None,
    status: WithStatus = None,
    source: Source = HERE,
    private: Annotated[
        bool, typer.Option("--private", help="Personal and restricted entries, too.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a file of this name.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be written, and write nothing.")
    ] = False,
) -> None:
    """Write entries for other programs: all that are shared, or those that fit every option.

    JSON, JSON Lines, notes and SQL hold every field, and `lorefs import` reads each back.
    Personal and restricted entries are left out unless --private or --scope personal says so, and
    what stands elsewhere unless --source names it.
    """
    from lorefs.api.exporting import export_text, export_to

    with open_workspace() as workspace:
        wanted = filter_of(workspace.root, category, tag, path, scope, status, source)
        rows = workspace.entries(wanted._replace(waiting=True))
    entries = [row.entry for row in rows if private or not _is_private(row, scope)]
    _tell_left_out(len(rows) - len(entries))
    if dry_run:
        where = "" if output is None else f" to {output}"
        _say(f"would write {counted(len(entries), 'entry', 'entries')} as {format_}{where}")
    elif output is not None and output != "-":
        target = Path(current_directory(), output)
        with counting(progress(), "writing entries", len(entries)) as tell:
            export_to(entries, format_, target, force=force, tell=tell)
        _say(f"wrote {counted(len(entries), 'entry', 'entries')} to {output}")
    else:
        _print(export_text(entries, format_))


def _is_private(row: Row, scope: str | None) -> bool:
    personal = row.entry.scope == PERSONAL and scope != PERSONAL
    return personal or row.entry.sensitivity == SENSITIVITIES[-1]


def _print(pieces: Iterable[str]) -> None:
    """Write the text as it is into pipes; on a terminal nothing in it is obeyed."""
    for piece in pieces:
        if for_person():
            sys.stdout.write(safe(piece))
        else:
            sys.stdout.buffer.write(piece.encode("utf-8", "backslashreplace"))


def _tell_left_out(count: int) -> None:
    if count:
        left_out = counted(count, "private entry was", "private entries were")
        write_lines([[("hint: ", "bold"), (f"{left_out} left out; `--private` takes them", "")]],
                    sys.stderr)  # fmt: skip


def _say(text: str) -> None:
    write_lines([[(safe(text), "")]], sys.stderr)
