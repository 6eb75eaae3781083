"""`lorefs stale`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from lorefs.cli.held import tell_held
from lorefs.cli.here import open_workspace
from lorefs.cli.listing import columns, row_json, short_ids, title_line, write_done
from lorefs.cli.options import Json
from lorefs.cli.output import counted, for_person, one_line, write_columns, write_json, write_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lorefs.api.stale import Stale
    from lorefs.cli.output import Span
    from lorefs.store.entries import Entries

EXAMPLES = """
lorefs stale
lorefs stale --confirm 6f1b0a11 --confirm 9a7c2b44
lorefs stale --archive 5d0e9a7c
"""

WORDS: Final = {
    "gone": "names {what}, which is gone since {since}",
    "changed": "names {what}, most of which changed since {since}",
    "superseded": "superseded by {what}",
    "challenged": "challenged by {what}",
    "unused": "not read since {what}",
}
NEVER: Final = "not read once since reads are counted"
COMMIT_WIDTH: Final = 10


def run(
    confirm: Annotated[
        list[str] | None,
        typer.Option("--confirm", metavar="ID", help="It still holds; repeatable."),
    ] = None,
    archive: Annotated[
        list[str] | None,
        typer.Option("--archive", metavar="ID", help="It holds no more; repeatable."),
    ] = None,
    json: Json = False,
) -> None:
    """Show entries that may not hold any more, or settle some of them.

    These name code that is gone or changed much since they were touched, other entries supersede or
    challenge them, or nobody reads them (stale.unusedAfter). A confirmed entry counts as touched,
    in this clone; `undo` takes that back.
    """
    with open_workspace() as workspace:
        if not confirm and not archive:
            _write(workspace.stale(), workspace.store.entries, as_json=json)
            return
        for reference in (*(confirm or ()), *(archive or ())):
            workspace.get(reference)  # a wrong id is found before anything is changed
        confirmed = workspace.confirm(confirm) if confirm else []
        archived = [workspace.update(each, {"status": "archived"}) for each in archive or ()]
        tell_held(workspace)
    write_done({"confirmed": confirmed, "archived": archived}, as_json=json)


def _write(found: Sequence[Stale], known: Entries, *, as_json: bool) -> None:
    if as_json:
        write_json([_json(each) for each in found])
        return
    short = short_ids([each.row.entry.id for each in found], known)
    if not for_person():
        write_columns([*columns(each.row, short)[:4], each.reason, each.what, each.since]
                      for each in found)  # fmt: skip
        return
    write_lines(_lines(found, short))


def _json(found: Stale) -> dict[str, Any]:
    return row_json(found.row) | {
        "reason": found.reason,
        "what": found.what,
        "since": found.since or None,
    }


def _lines(found: Sequence[Stale], short: Mapping[str, str]) -> Iterator[list[Span]]:
    last = ""
    for each in found:
        if each.row.entry.id != last:
            yield [*title_line(each.row, short), (f"  {one_line(each.row.document)}", "dim")]
            last = each.row.entry.id
        what = one_line(each.what)
        form = NEVER if each.reason == "unused" and not what else WORDS[each.reason]
        words = form.format(what=what, since=each.since[:COMMIT_WIDTH])
        yield [("          ", ""), (words, "magenta")]
    entries = len({each.row.entry.id for each in found})
    yield [(f"{counted(entries, 'entry', 'entries')} to look at", "dim")]
