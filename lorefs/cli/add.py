"""`lorefs add`."""

from __future__ import annotations

from typing import Annotated

import typer

from lorefs.cli.held import tell_held
from lorefs.cli.here import directory_below, open_workspace
from lorefs.cli.options import Approve, Confidence, Content, Heading, Sensitivity, text_of
from lorefs.cli.output import write
from lorefs.errors import UsageError

EXAMPLES = """
lorefs add "Checkpoints block long readers" --category Gotcha --tag sqlite
git log -3 | lorefs add "Why the cache went" --content - --confidence 0.8
lorefs add "My editor settings" --personal     # never leaves this machine
lorefs add "Answer briefly" --everywhere       # in all repositories of mine
"""


def run(
    title: Annotated[str, typer.Argument(metavar="TITLE", help="One line of Markdown.")],
    content: Content = None,
    category: Heading = None,
    tag: Annotated[
        list[str] | None, typer.Option("--tag", "-t", metavar="T", help="Repeatable.")
    ] = None,
    confidence: Confidence = None,
    sensitivity: Annotated[
        Sensitivity, typer.Option(help="Who may have it; restricted never leaves.")
    ] = "normal",
    path: Annotated[
        str | None, typer.Option(metavar="DIR", help="The directory it is about.")
    ] = None,
    personal: Annotated[bool, typer.Option("--personal", help="Keep it on this machine.")] = False,
    everywhere: Annotated[
        bool, typer.Option("--everywhere", help="Personal, and shown in all your repositories.")
    ] = False,
    approve: Approve = False,
) -> None:
    """Add an entry to the document of a directory, the top of the worktree if none is named.

    Prints the id of the new entry. Where the team's policy asks for approval, it waits in the
    review document beside.
    """
    if everywhere and path is not None:
        raise UsageError("--everywhere and --path exclude each other", found=path)
    text = "" if content is None else text_of(content)
    sure = 1.0 if confidence is None else confidence
    with open_workspace() as workspace:
        if everywhere:
            row = workspace.add_everywhere(
                title,
                content=text,
                category=category,
                tags=tag or (),
                confidence=sure,
                sensitivity=sensitivity,
            )
        else:
            row = workspace.add(
                title,
                content=text,
                category=category,
                tags=tag or (),
                confidence=sure,
                sensitivity=sensitivity,
                path="" if path is None else directory_below(workspace.root, path),
                personal=personal,
                approve=approve,
            )
        write(row.entry.id)
        tell_held(workspace)
