"""Options and arguments that several commands have."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from lorefs.cli.here import directory_below
from lorefs.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from lorefs.store import Filter

Id = Annotated[str, typer.Argument(metavar="ID", help="Any unique start or end of an id.")]
Ids = Annotated[list[str], typer.Argument(metavar="ID...", help="Any unique start or end.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
ReadAfter = Annotated[
    bool, typer.Option("--read-after", help="Exchange with the team first (sync.timeout).")
]
Limit = Annotated[int, typer.Option("--limit", "-n", metavar="N", min=1, help="So many at most.")]

# What an entry is to be given.
Content = Annotated[
    str | None,
    typer.Option("--content", "-m", metavar="TEXT|-", help="Markdown; - reads standard input."),
]
Heading = Annotated[
    str | None,
    typer.Option("--category", "-c", metavar="C", help="The heading to stand under."),
]
Confidence = Annotated[
    float | None, typer.Option(metavar="X", min=0, max=1, help="How sure it is.")
]
Status = Literal["active", "pending", "rejected", "archived"]
Sensitivity = Literal["normal", "sensitive", "restricted"]

Approve = Annotated[bool, typer.Option("--approve", help="Approve of it at once; for approvers.")]

# Which entries are meant.
Category = Annotated[
    str | None, typer.Option("--category", "-c", metavar="C", help="Under this heading.")
]
Tags = Annotated[
    list[str] | None,
    typer.Option("--tag", "-t", metavar="T", help="With this tag; repeatable."),
]
Directory = Annotated[
    str | None, typer.Option("--path", metavar="DIR", help="In this directory or below.")
]
Scope = Annotated[Literal["team", "review", "personal"] | None, typer.Option(help="Of this scope.")]
Source = Annotated[
    str | None,
    typer.Option(metavar="S", help="Of here, of user (your own store), shared or hub:NAME."),
]
WithStatus = Annotated[
    Status | None,
    typer.Option("--status", help="With this status; no pending one else."),
]


def text_of(content: str) -> str:
    """The content that an option gives, or standard input for "-", without blank outer lines."""
    if content == "-":
        try:
            content = sys.stdin.buffer.read().decode()
        except UnicodeDecodeError as error:
            raise UsageError(f"standard input is not UTF-8 at byte {error.start}") from None
    return content.replace("\r\n", "\n").strip("\n")


def filter_of(
    root: Path,
    category: str | None,
    tags: list[str] | None,
    path: str | None,
    scope: str | None,
    status: str | None,
    source: str | None = None,
) -> Filter:
    """The filter that the options of a command mean in a worktree.

    What waits for approval is left out, unless a scope or a status is asked for.
    """
    from lorefs.store import Filter

    if source is not None:
        from lorefs.api.values import checked_source

        checked_source(source)
    directory = None if path is None else directory_below(root, path)
    asked = scope is not None or status is not None
    return Filter(
        category, tuple(tags or ()), directory, scope, status, source=source, waiting=asked
    )
