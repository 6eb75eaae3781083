"""`lorefs similar`."""

from __future__ import annotations

from typing import Annotated

import typer

from lorefs.cli.freshness import freshen
from lorefs.cli.here import open_workspace
from lorefs.cli.hits import write_hits
from lorefs.cli.options import Json, Limit, ReadAfter

EXAMPLES = """
lorefs similar 6f1b0a11
lorefs similar "readers wait for the checkpoint"
"""


def run(
    reference: Annotated[str, typer.Argument(metavar="ID|TEXT", help="An entry, or any text.")],
    limit: Limit = 10,
    json: Json = False,
    read_after: ReadAfter = False,
) -> None:
    """Find the entries that share most words with an entry or a text, the likest first."""
    with open_workspace() as workspace:
        freshen(workspace, read_after=read_after)
        hits = workspace.similar(reference, limit)
        store = workspace.store
        write_hits(hits, store.entries, as_json=json, drafts=store.copies.drafts())
