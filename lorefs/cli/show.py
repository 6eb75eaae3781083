"""`lorefs show`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from lorefs.cli.freshness import freshen
from lorefs.cli.here import open_workspace
from lorefs.cli.listing import elsewhere, entry_json, facts, local_time, row_json
from lorefs.cli.options import Id, Json, ReadAfter
from lorefs.cli.output import ID_STYLE, for_person, one_line, write, write_json, write_lines
from lorefs.core.model import TEAM
from lorefs.core.policy import approval_hash
from lorefs.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lorefs.api import Workspace
    from lorefs.api.promoting import Draft
    from lorefs.cli.output import Span
    from lorefs.store import Row

EXAMPLES = """
lorefs show 6f1b0a11
lorefs show 6f1b0a11 --json | jq .content
lorefs show 6f1b0a11 --format html > entry.html
"""

Format = Annotated[
    Literal["md", "text", "html", "json"] | None,
    typer.Option("--format", "-f", help="As Markdown source, plain text, HTML or JSON."),
]


def run(id: Id, as_: Format = None, json: Json = False, read_after: ReadAfter = False) -> None:
    """Show an entry: rendered on a terminal, as Markdown source in a pipe."""
    if json and as_ not in {None, "json"}:
        raise UsageError(f"--json and --format {as_} exclude each other")
    with open_workspace() as workspace:
        freshen(workspace, read_after=read_after)
        row = workspace.get(id)
        workspace.note_use([row.entry.id])
        draft = workspace.draft(row.entry.id)
        if json or as_ == "json":
            write_json(row_json(row) | {"draft": draft and entry_json(draft.entry)})
        elif as_ == "html":
            from lorefs.cli.rendering import article

            write(article(row))
        else:
            write_lines(_head(workspace, row))
            if row.entry.content:
                write("")
                _write_content(row.entry.content, as_)
            write_lines(_relations(workspace, row))
            if draft is not None:
                _write_draft(row, draft)


def _head(workspace: Workspace, row: Row) -> Iterator[list[Span]]:
    entry = row.entry
    yield [(one_line(entry.title), "bold")]
    yield [(one_line(entry.category) or "(no category)", "bold cyan"),
           (f"  {one_line(row.document)}", ""), (elsewhere(row.document), "dim"),
           *facts(entry)]  # fmt: skip
    who = f" by {one_line(row.updated_by)}" if row.updated_by else ""
    if row.standing:
        yield _doubt(workspace, row)
    changed = f"  revision {row.rev}, changed {local_time(row.updated_at)}{who}"
    yield [(entry.id, ID_STYLE), (changed, "dim")]
    if entry.approved_by and entry.scope == TEAM:
        fits = entry.approved_hash in {"", approval_hash(entry)}
        changed = "" if fits else "  changed since it was approved"
        yield [(f"approved by {one_line(entry.approved_by)}", "green"), (changed, "bold yellow")]
    if entry.proposed_by:
        yield [(f"proposed by {one_line(entry.proposed_by)}", "dim")]
    for key, source in entry.extra:
        yield [(f"{one_line(key)}: {one_line(source)}", "dim")]


def _doubt(workspace: Workspace, row: Row) -> list[Span]:
    from lorefs.cli.doubts import words

    standing = workspace.standing()
    doubt = standing.doubts.get(row.entry.id) if standing else None
    return [("not approved: ", "bold yellow"), (words(doubt) if doubt else row.standing, "")]


def _write_content(content: str, as_: str | None) -> None:
    if as_ == "text":
        from lorefs.core.markup import to_text

        write(to_text(content))
    elif as_ is None and for_person():
        from lorefs.cli.rendering import render

        render(content)
    else:
        write(content)


def _write_draft(row: Row, draft: Draft) -> None:
    """What a personal copy of the entry says instead."""
    from lorefs.cli.differences import write_differences
    from lorefs.sync.commits.diff import EntryDiff

    place = one_line(draft.document)
    write("")
    write_lines([[("local draft ", "bold magenta"), (f"in {place}; ", ""),
                  ("`lorefs promote` makes it the text of the team, ", "dim"),
                  ("`lorefs restore --team` discards it", "dim")]])  # fmt: skip
    moved = draft.entry._replace(path=row.entry.path, scope=row.entry.scope)
    write_differences([EntryDiff(row.entry, moved)])


def _relations(workspace: Workspace, row: Row) -> Iterator[list[Span]]:
    if row.entry.relations:
        yield []
    for kind, target in row.entry.relations:
        found = workspace.store.entries.get(target)
        title = one_line(found.entry.title) if found else "(not here)"
        yield [(f"{one_line(kind)} ", "bold"), (one_line(target), ID_STYLE), (f"  {title}", "")]
