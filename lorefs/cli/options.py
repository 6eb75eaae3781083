"""Options and arguments that several commands have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from lorefs.cli.here import directory_below

if TYPE_CHECKING:
    from pathlib import Path

    from lorefs.store import Filter

Id = Annotated[str, typer.Argument(metavar="ID", help="Any unique start or end of an id.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]

Category = Annotated[str | None, typer.Option("--category", "-c", help="Under this heading.")]
Tags = Annotated[list[str] | None, typer.Option("--tag", "-t", help="With this tag; repeatable.")]
Directory = Annotated[
    str | None, typer.Option("--path", metavar="DIR", help="In this directory or below.")
]
Scope = Annotated[Literal["team", "review", "personal"] | None, typer.Option(help="Of this scope.")]
Status = Annotated[
    Literal["active", "pending", "rejected", "archived"] | None,
    typer.Option(help="With this status."),
]


def filter_of(
    root: Path,
    category: str | None,
    tags: list[str] | None,
    path: str | None,
    scope: str | None,
    status: str | None,
) -> Filter:
    """The filter that the options of a command mean in a worktree."""
    from lorefs.store import Filter

    directory = None if path is None else directory_below(root, path)
    return Filter(category, tuple(tags or ()), directory, scope, status)
