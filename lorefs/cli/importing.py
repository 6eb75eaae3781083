"""How the preview of an import looks: the mapping of a database, then what would change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from lorefs.cli.listing import entry_json, facts, short_ids
from lorefs.cli.output import ID_STYLE, counted, for_person, one_line, write_columns, write_lines
from lorefs.core.model import document_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lorefs.api.importing import Preview, Revision
    from lorefs.cli.output import Span
    from lorefs.core.model import Entry
    from lorefs.store.entries import Entries

SHOWN: Final = 20  # entries of each kind that a person sees


def write_mapping(preview: Preview) -> None:
    """Print which columns of a database become what."""
    for mapped in preview.batch.mapped:
        if not for_person():
            write_columns(["map", mapped.table, what, column] for what, column in mapped.pairs)
            write_columns(["left out", mapped.table, "", column] for column in mapped.left_out)
            continue
        width = max((len(what) for what, _ in mapped.pairs), default=0)
        lines: list[list[Span]] = [[(f"table {one_line(mapped.table)}", "bold")]]
        lines += [
            [(f"  {one_line(what):<{width}}  ", ""), (f"from {one_line(column)}", "dim")]
            for what, column in mapped.pairs
        ]
        if mapped.left_out:
            columns = ", ".join(map(one_line, mapped.left_out))
            lines.append([("  left out: ", "dim"), (columns, "dim")])
        write_lines(lines)


def write_preview(preview: Preview, known: Entries) -> None:
    """Print what would be added and changed: some of it for a person, all of it in columns."""
    short = short_ids([revision.row.entry.id for revision in preview.changed], known)
    if not for_person():
        write_columns(
            ["add", document_path(entry.path, entry.scope), entry.category, entry.title]
            for entry in preview.added
        )
        write_columns(
            ["change", short[each.row.entry.id], ",".join(each.fields), each.row.entry.title]
            for each in preview.changed
        )
        write_columns(["note", str(count), what] for what, count in preview.batch.notes)
        return
    write_lines(_lines(preview, short))
    write_lines(_notes(preview), wrap=True)


def _lines(preview: Preview, short: dict[str, str]) -> Iterator[list[Span]]:
    yield from _added(preview.added)
    yield from _changed(preview.changed, short)
    same = len(preview.same)
    parts = [
        f"{len(preview.added)} to add",
        f"{len(preview.changed)} to change",
        f"{same} there already",
    ]
    yield [(f"{preview.format}: ", "bold"), (", ".join(parts), "")]


def _notes(preview: Preview) -> Iterator[list[Span]]:
    for what, count in preview.batch.notes:
        number = f"{count}x " if count > 1 else ""
        yield [("note: ", "bold"), (f"{number}{one_line(what)}", "")]


def _added(entries: Sequence[Entry]) -> Iterator[list[Span]]:
    for entry in entries[:SHOWN]:
        where = f"{document_path(entry.path, entry.scope)}: {entry.category}"
        yield [("+ ", "green"), (one_line(where) + "  ", "dim"), (one_line(entry.title), ""),
               *facts(entry)]  # fmt: skip
    yield from _more(len(entries))


def _changed(revisions: Sequence[Revision], short: dict[str, str]) -> Iterator[list[Span]]:
    for each in revisions[:SHOWN]:
        entry = each.row.entry
        yield [("~ ", "yellow"), (short[entry.id], ID_STYLE), (f"  {one_line(entry.title)}", ""),
               (f"  ({', '.join(each.fields)})", "dim")]  # fmt: skip
    yield from _more(len(revisions))


def _more(count: int) -> Iterator[list[Span]]:
    if count > SHOWN:
        rest = counted(count - SHOWN, "entry", "entries")
        yield [(f"  … and {rest} more", "dim")]


def preview_json(preview: Preview, *, imported: bool) -> dict[str, Any]:
    """A preview as JSON, with whether it was carried out."""
    return {
        "format": preview.format,
        "imported": imported,
        "added": [entry_json(entry) for entry in preview.added],
        "changed": [
            {"id": each.row.entry.id, "title": each.row.entry.title, "fields": list(each.fields)}
            for each in preview.changed
        ],
        "same": [row.entry.id for row in preview.same],
        "invalid": [
            {"path": error.path, "line": error.line, "message": error.message}
            for error in preview.batch.errors
        ],
        "notes": [{"what": what, "count": count} for what, count in preview.batch.notes],
        "mapping": [
            {"table": each.table, "columns": dict(each.pairs), "left_out": list(each.left_out)}
            for each in preview.batch.mapped
        ],
    }
