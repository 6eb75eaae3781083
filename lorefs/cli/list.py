"""`lorefs list`."""

from __future__ import annotations

from lorefs.cli.freshness import freshen
from lorefs.cli.here import open_workspace
from lorefs.cli.listing import write_rows
from lorefs.cli.options import (
    Category,
    Directory,
    Json,
    ReadAfter,
    Scope,
    Source,
    Tags,
    WithStatus,
    filter_of,
)

EXAMPLES = """
lorefs list --category Gotcha --tag sqlite
lorefs list --path services/api
lorefs list --source user          # what you added with --everywhere
lorefs list --json | jq -r '.[].title'
"""


def run(
    category: Category = None,
    tag: Tags = None,
    path: Directory = None,
    scope: Scope = None,
    status: WithStatus = None,
    source: Source = None,
    json: Json = False,
    read_after: ReadAfter = False,
) -> None:
    """List entries: all of them, or those that fit every option.

    What waits for approval is left out, but not for programs: --json tells its status.
    """
    with open_workspace() as workspace:
        freshen(workspace, read_after=read_after)
        where = filter_of(workspace.root, category, tag, path, scope, status, source)
        rows = workspace.entries(where._replace(waiting=True) if json else where)
        store = workspace.store
        write_rows(rows, store.entries, as_json=json, drafts=store.copies.drafts())
