"""`lorefs search`."""

from __future__ import annotations

from typing import Annotated

import typer

from lorefs.cli.freshness import freshen
from lorefs.cli.here import open_workspace
from lorefs.cli.hits import write_hits
from lorefs.cli.options import (
    Category,
    Directory,
    Json,
    Limit,
    ReadAfter,
    Scope,
    Source,
    Tags,
    WithStatus,
    filter_of,
)

EXAMPLES = """
lorefs search checkpoint reader
lorefs search '"write ahead" OR wal' --category Gotcha
lorefs search 'title: cache*' --json
"""


def run(
    query: Annotated[list[str], typer.Argument(metavar="QUERY...", help="Words, or FTS5 syntax.")],
    category: Category = None,
    tag: Tags = None,
    path: Directory = None,
    scope: Scope = None,
    status: WithStatus = None,
    source: Source = None,
    limit: Limit = 20,
    json: Json = False,
    read_after: ReadAfter = False,
) -> None:
    """Find entries by their words, the best first.

    The query may use the syntax of SQLite's FTS5 (AND, OR, NOT, "phrases", prefix*). What is no
    such query is read as words that all have to be there.
    """
    with open_workspace() as workspace:
        freshen(workspace, read_after=read_after)
        where = filter_of(workspace.root, category, tag, path, scope, status, source)
        hits = workspace.search(" ".join(query), where, limit)
        store = workspace.store
        write_hits(hits, store.entries, as_json=json, drafts=store.copies.drafts())
