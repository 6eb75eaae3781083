"""`lorefs edit`."""

from __future__ import annotations

import sys
from typing import Annotated, Any, Literal

import typer

from lorefs.cli.here import open_workspace
from lorefs.cli.listing import title_line
from lorefs.cli.options import Id
from lorefs.cli.output import write, write_lines
from lorefs.errors import UsageError

EXAMPLES = """
lorefs edit 6f1b0a11                       # in your editor
lorefs edit 6f1b0a11 --confidence 0.6 --tag +wal --tag -draft
lorefs edit 6f1b0a11 --content - --if-rev 3 < new.md
"""


def run(
    id: Id,
    title: Annotated[str | None, typer.Option(help="One line of Markdown.")] = None,
    content: Annotated[
        str | None, typer.Option("--content", "-m", metavar="TEXT|-", help="Markdown; - reads it.")
    ] = None,
    category: Annotated[
        str | None, typer.Option("--category", "-c", help="The heading to stand under.")
    ] = None,
    tag: Annotated[
        list[str] | None,
        typer.Option("--tag", "-t", metavar="+x|-x", help="Add or remove a tag; repeatable."),
    ] = None,
    confidence: Annotated[float | None, typer.Option(min=0, max=1, help="How sure it is.")] = None,
    status: Annotated[
        Literal["active", "pending", "rejected", "archived"] | None,
        typer.Option(help="Its status."),
    ] = None,
    if_rev: Annotated[
        str | None,
        typer.Option(metavar="N|HASH", help="Only if the entry still is at this revision."),
    ] = None,
) -> None:
    """Change an entry: the fields that are named, or all of it in your editor.

    The editor is the one that git would start. A buffer that cannot be read afterwards is kept
    and named; closing it unchanged changes nothing. Exits with 4 if somebody else changed the
    entry since it was read.
    """
    named = {"title": title, "category": category, "confidence": confidence, "status": status}
    changes: dict[str, Any] = {key: value for key, value in named.items() if value is not None}
    if content is not None:
        changes["content"] = (sys.stdin.read() if content == "-" else content).strip("\n")
    changes |= _tags(tag or [])
    with open_workspace() as workspace:
        if changes:
            row = workspace.update(id, changes, if_rev=if_rev)
        else:
            from lorefs.cli.buffer import edit_in_editor

            edited = edit_in_editor(workspace, id, if_rev)
            if edited is None:
                write("nothing changed")
                return
            row = edited
    write_lines([[*title_line(row, {}), (f"  revision {row.rev}", "dim")]])


def _tags(words: list[str]) -> dict[str, list[str]]:
    """The tags to add and to remove; one without a sign is added."""
    for word in words:
        if not word.lstrip("+-").strip():
            raise UsageError("a tag needs a name", found=word, hint="as in --tag +wal --tag -draft")
    added = [word.removeprefix("+") for word in words if not word.startswith("-")]
    removed = [word[1:] for word in words if word.startswith("-")]
    found = {"tags_add": added, "tags_remove": removed}
    return {key: value for key, value in found.items() if value}
