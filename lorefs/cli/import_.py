"""`lorefs import`; the module cannot have the command's name, which is a word of Python."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from lorefs.cli.failure import explain
from lorefs.cli.held import tell_held
from lorefs.cli.here import current_directory, directory_below, open_workspace
from lorefs.cli.importing import preview_json, write_mapping, write_preview
from lorefs.cli.options import Json
from lorefs.cli.output import counted, for_person, write, write_json, write_lines
from lorefs.cli.progress import counting
from lorefs.core.model import Entry
from lorefs.errors import ExitStatus, RefusedError, UsageError

if TYPE_CHECKING:
    from lorefs.api.importing import Preview
    from lorefs.formats.record import FormatError

EXAMPLES = """
lorefs import lore.json                # shows what would change, then asks
lorefs import ~/vault/notes --path docs --yes
lorefs import --from sqlite ~/.lore/lore.db --project all
lorefs import facts.db --table facts --map title=name --map content=body
lorefs import AGENTS.md --dry-run
lorefs undo                            # takes a whole import back
"""

SHOWN_ERRORS: Final = 10
Format = Literal["json", "jsonl", "notes", "lorehub", "sqlite", "sql", "agents"]


def run(
    path: Annotated[str, typer.Argument(metavar="PATH", help="A file, or a directory of notes.")],
    from_: Annotated[
        Format | None, typer.Option("--from", help="Its format; told from the file if not named.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would change, and ask nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")] = False,
    directory: Annotated[
        str | None,
        typer.Option("--path", metavar="DIR", help="Put new entries into this directory."),
    ] = None,
    personal: Annotated[
        bool, typer.Option("--personal", help="Keep new entries on this machine.")
    ] = False,
    skip_invalid: Annotated[
        bool, typer.Option("--skip-invalid", help="Leave out records that cannot be entries.")
    ] = False,
    project: Annotated[
        str | None,
        typer.Option(metavar="NAME|PATH|all", help="The project or realm of a database."),
    ] = None,
    table: Annotated[str | None, typer.Option(metavar="T", help="The table of a database.")] = None,
    map_: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="FIELD=COLUMN", help="What a column becomes; repeatable."),
    ] = None,
    json: Json = False,
) -> ExitStatus:
    """Bring in lore from a file, a directory of notes or a database of another program.

    Without --yes it shows what would be added and changed, and asks on a terminal. All of it is
    one change, which `lorefs undo` takes back; if anything fails, nothing was written.
    """
    from lorefs.formats.tables import Choice

    choice = Choice(project=project, table=table, mapping=tuple(map(_pair, map_ or ())))
    with open_workspace() as workspace:
        target = None if directory is None else directory_below(workspace.root, directory)
        with counting(workspace.site.tell, "reading records") as tell:
            preview = workspace.preview_import(
                Path(current_directory(), Path(path).expanduser()), from_,
                choice=choice, directory=target, personal=personal, tell=tell,
            )  # fmt: skip
        if not json:
            write_mapping(preview)
        _refuse_invalid(preview, skip=skip_invalid)
        if not json:
            write_preview(preview, workspace.store.entries)
        count = len(preview.added) + len(preview.changed)
        wanted = bool(count) and not dry_run and (yes or (not json and _confirmed(count)))
        if wanted:
            with counting(workspace.site.tell, "writing entries", count) as tell:
                workspace.import_entries(preview, tell)
            tell_held(workspace)
    _tell(preview, imported=wanted, as_json=json)
    return ExitStatus.DONE if wanted or not count or dry_run else ExitStatus.FINDINGS


def _tell(preview: Preview, *, imported: bool, as_json: bool) -> None:
    """Say what became of it."""
    count = len(preview.added) + len(preview.changed)
    if as_json:
        write_json(preview_json(preview, imported=imported))
    elif imported:
        write(f"imported {counted(count, 'entry', 'entries')}; `lorefs undo` takes them back")
    elif not count:
        write("nothing to import")


def _pair(text: str) -> tuple[str, str]:
    """A field, or a key of metadata, and the column that it comes from."""
    field, equals, column = text.partition("=")
    field, column = field.strip(), column.strip()
    if not equals or not field or not column:
        raise UsageError("a mapping is FIELD=COLUMN", found=text, hint="as in --map title=name")
    if field in {"hash", "rev"}:
        known = ", ".join(Entry._fields)
        raise UsageError("lorefs makes this field itself", found=field, hint=f"map {known}")
    return field, column


def _refuse_invalid(preview: Preview, *, skip: bool) -> None:
    """Say which records cannot be entries; without --skip-invalid nothing is imported then."""
    errors = preview.batch.errors
    for error in errors[:SHOWN_ERRORS]:
        explain(_short(error))
    if errors and not skip:
        count = counted(len(errors), "record", "records")
        raise RefusedError(
            f"{count} cannot be imported, so nothing was",
            hint=_hints(errors[:SHOWN_ERRORS]),
        )
    if errors:
        left_out = f"{counted(len(errors), 'record is', 'records are')} left out"
        write_lines([[("hint: ", "bold"), (left_out, "")]], sys.stderr)


def _short(error: FormatError) -> FormatError:
    """An error without its remedy, which is told once for all of them."""
    from lorefs.formats.record import FormatError

    return FormatError(error.message, path=error.path, line=error.line, found=error.found)


def _hints(errors: tuple[FormatError, ...]) -> str:
    found = dict.fromkeys(error.hint for error in errors if error.hint)
    return "; ".join(found) + "; --skip-invalid leaves such records out"


def _confirmed(count: int) -> bool:
    """Whether the user on a terminal says yes; elsewhere nobody does."""
    entries = counted(count, "entry", "entries")
    if for_person() and sys.stdin.isatty():
        return typer.confirm(f"Import {entries}?", default=False)
    write_lines([[("hint: ", "bold"), (f"`--yes` imports {entries}", "")]])
    return False
