"""`lorefs edit`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from lorefs.api import Workspace
from lorefs.cli.held import tell_held
from lorefs.cli.here import open_workspace
from lorefs.cli.listing import short_ids, title_line
from lorefs.cli.options import (
    Approve,
    Confidence,
    Content,
    Heading,
    Id,
    Sensitivity,
    Status,
    text_of,
)
from lorefs.cli.output import write, write_lines
from lorefs.errors import UsageError

EXAMPLES = """
lorefs edit 6f1b0a11                       # in your editor
lorefs edit 6f1b0a11 --confidence 0.6 --tag +wal --tag -draft
lorefs edit 6f1b0a11 --sensitivity restricted
lorefs edit 6f1b0a11 --content - --if-rev "$rev" < new.md
"""


def run(
    id: Id,
    title: Annotated[str | None, typer.Option(metavar="TEXT", help="One line of Markdown.")] = None,
    content: Content = None,
    category: Heading = None,
    tag: Annotated[
        list[str] | None,
        typer.Option("--tag", "-t", metavar="+x|-x", help="Add or remove a tag; repeatable."),
    ] = None,
    confidence: Confidence = None,
    status: Annotated[Status | None, typer.Option(help="What it is to be.")] = None,
    sensitivity: Annotated[
        Sensitivity | None, typer.Option(help="Who may have it; restricted never leaves.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing.")] = False,
    if_rev: Annotated[
        str | None,
        typer.Option(metavar="N|HASH", help="Only if the entry still is at this revision."),
    ] = None,
    approve: Approve = False,
) -> None:
    """Change an entry: the fields that are named, or all of it in your editor.

    The editor is the one that git would start. A buffer that cannot be read afterwards is kept
    and named; closing it unchanged changes nothing. Exits with 4 if somebody else changed the
    entry since it was read. Where the team's policy asks for approval, the change of somebody
    whom it does not name waits.
    """
    named = {
        "title": title,
        "category": category,
        "confidence": confidence,
        "status": status,
        "sensitivity": sensitivity,
    }
    changes: dict[str, Any] = {key: value for key, value in named.items() if value is not None}
    if content is not None:
        changes["content"] = text_of(content)
    changes |= _tags(tag or [])
    with open_workspace() as workspace:
        if changes:
            if not (yes or _may_restrict(workspace, id, changes)):
                raise typer.Abort
            row = workspace.update(id, changes, if_rev=if_rev, withdraw=True, approve=approve)
        else:
            from lorefs.cli.buffer import edit_in_editor

            def may_apply(changes: Mapping[str, Any]) -> bool:
                return yes or _may_restrict(workspace, id, changes)

            edited = edit_in_editor(workspace, id, if_rev, may_apply, approve=approve)
            if edited is None:
                write("nothing changed")
                return
            row = edited
        short = short_ids([row.entry.id], workspace.store.entries)
        write_lines([title_line(row, short)])
        tell_held(workspace)


def _may_restrict(workspace: Workspace, id: str, changes: Mapping[str, Any]) -> bool:
    """Whether changes may be made that delete the entry for others; asks if they would."""
    if changes.get("sensitivity") != "restricted" or not workspace.is_shared(id):
        return True
    typer.echo("Others have this entry. It will be deleted for them, and history that was")
    typer.echo("sent keeps its text.")
    try:
        return typer.confirm("Restrict it?")
    except typer.Abort:  # nobody is there
        return False


def _tags(words: list[str]) -> dict[str, list[str]]:
    """The tags to add and to remove; one without a sign is added."""
    for word in words:
        if not word.lstrip("+-").strip():
            raise UsageError("a tag needs a name", found=word, hint="as in --tag +wal --tag -draft")
    added = [word.removeprefix("+") for word in words if not word.startswith("-")]
    removed = [word[1:] for word in words if word.startswith("-")]
    found = {"tags_add": added, "tags_remove": removed}
    return {key: value for key, value in found.items() if value}
