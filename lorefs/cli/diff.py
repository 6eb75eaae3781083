"""`lorefs diff`."""

from __future__ import annotations

from typing import Annotated

import typer

from lorefs.cli.differences import write_differences
from lorefs.cli.here import git_here, open_workspace
from lorefs.cli.options import Json

EXAMPLES = """
lorefs diff                # HEAD and what stands here now
lorefs diff v1.0           # a commit and what stands here now
lorefs diff main topic
"""

Revision = Annotated[str | None, typer.Argument(metavar="[REV]", help="A commit.")]


def run(rev: Revision = None, to: Revision = None, json: Json = False) -> None:
    """Compare the team's lore of two states, by entry and field; personal lore is left out."""
    from lorefs.sync.commits.diff import diff
    from lorefs.sync.commits.trees import commit_oid, texts_of

    git = git_here()
    has_commits = bool(git.text("rev-parse", "--verify", "--quiet", "HEAD", allowed=(0, 1, 128)))
    before = texts_of(git, commit_oid(git, rev or "HEAD")) if rev or has_commits else {}
    if to is not None:
        after = texts_of(git, commit_oid(git, to))
    else:
        with open_workspace() as workspace:
            after = workspace.documents()
    write_differences(diff(before, after), as_json=json)
