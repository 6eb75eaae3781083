"""`lorefs add`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from lorefs.cli.here import directory_below, open_workspace
from lorefs.cli.output import write

EXAMPLES = """
lorefs add "Checkpoints block long readers" --category Gotcha --tag sqlite
git log -3 | lorefs add "Why the cache went" --content - --confidence 0.8
lorefs add "My editor settings" --personal     # never leaves this machine
"""


def run(
    title: Annotated[str, typer.Argument(help="One line of Markdown.", show_default=False)],
    content: Annotated[
        str, typer.Option("--content", "-m", metavar="TEXT|-", help="Markdown; - reads it.")
    ] = "",
    category: Annotated[
        str | None, typer.Option("--category", "-c", help="The heading to stand under.")
    ] = None,
    tag: Annotated[list[str] | None, typer.Option("--tag", "-t", help="Can be repeated.")] = None,
    confidence: Annotated[float, typer.Option(min=0, max=1, help="How sure it is.")] = 1.0,
    path: Annotated[
        str | None, typer.Option(metavar="DIR", help="The directory it is about.")
    ] = None,
    personal: Annotated[bool, typer.Option("--personal", help="Keep it on this machine.")] = False,
) -> None:
    """Add an entry to the document of a directory, the top of the worktree if none is named.

    Prints the id of the new entry.
    """
    text = sys.stdin.read() if content == "-" else content
    with open_workspace() as workspace:
        row = workspace.add(
            title,
            content=text.strip("\n"),
            category=category,
            tags=tag or (),
            confidence=confidence,
            path="" if path is None else directory_below(workspace.root, path),
            personal=personal,
        )
    write(row.entry.id)
