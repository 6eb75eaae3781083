"""`lorefs merge-driver`: what `lorefs init` configures calls the driver itself, without this."""

from __future__ import annotations

import os
from typing import Annotated

import typer

CONTEXT = {"ignore_unknown_options": True}


def run(files: Annotated[list[str], typer.Argument(metavar="%O %A %B %L %P")]) -> int:
    """Merge a document for git: base, ours (which is replaced), theirs, marker size, path."""
    from lorefs.driver import run as merge
    from lorefs.errors import UsageError

    if len(files) != 5:  # noqa: PLR2004
        raise UsageError("the merge driver takes what git gives it: %O %A %B %L %P")
    return merge(files, os.environ)
