"""`lorefs merge-tree`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from lorefs.cli.differences import difference_json, write_differences
from lorefs.cli.here import git_here
from lorefs.cli.options import Json
from lorefs.cli.output import one_line, write, write_json, write_lines
from lorefs.errors import ExitStatus, UsageError

if TYPE_CHECKING:
    from lorefs.core.ledger import Discard
    from lorefs.repo import Git

EXAMPLES = """
lorefs merge-tree $(git merge-base main topic) main topic
lorefs merge-tree --check HEAD          # was this merge commit made right?
"""


def run(
    commits: Annotated[
        list[str] | None, typer.Argument(metavar="[BASE OURS THEIRS]", help="Three commits.")
    ] = None,
    check: Annotated[
        str | None, typer.Option(metavar="MERGE_COMMIT", help="A merge that was made elsewhere.")
    ] = None,
    json: Json = False,
) -> ExitStatus:
    """Merge the lore of commits without touching anything, and show what that would change.

    With --check: merge the parents of a merge commit again, and show how the commit differs.
    Forges merge lore as text, so this belongs into CI. Exits with 1 where a value had to give
    way, or where the commit differs.
    """
    if check is not None and not commits:
        return _check(git_here(), check, json=json)
    if check is not None or commits is None or len(commits) != 3:  # noqa: PLR2004
        raise UsageError(
            "merge-tree takes three commits, or --check with one",
            hint="lorefs merge-tree BASE OURS THEIRS",
        )
    return _merge(git_here(), commits, json=json)


def _merge(git: Git, commits: list[str], *, json: bool) -> ExitStatus:
    from lorefs.sync.commits.diff import diff
    from lorefs.sync.commits.merge_tree import merge_trees
    from lorefs.sync.commits.trees import commit_oid, texts_of

    base, ours, theirs = commits
    merged = merge_trees(git, base, ours, theirs)
    settled = [discard for discard in merged.discards if not discard.closed]
    changes = diff(texts_of(git, commit_oid(git, ours)), merged.documents)
    if json:
        write_json(
            {
                "documents": merged.documents,
                "changes": [difference_json(each) for each in changes],
                "discards": [discard._asdict() for discard in merged.discards],
            }
        )
    else:
        write_differences(changes)
        write_lines([("gave way: ", "bold yellow"), (_words(each), "")] for each in settled)
        if not changes and not settled:
            write("nothing would change")
    return ExitStatus.FINDINGS if settled else ExitStatus.DONE


def _words(discard: Discard) -> str:
    loser = discard.theirs if discard.chosen == discard.ours else discard.ours
    where = f"{discard.field} of {discard.entry}" if discard.entry else discard.field
    return one_line(f"{where}: {loser or '(nothing)'} ({discard.reason})")


def _check(git: Git, revision: str, *, json: bool) -> ExitStatus:
    from lorefs.sync.commits.merge_tree import check_merge

    found = check_merge(git, revision)
    if json:
        write_json(
            {
                "commit": found.commit,
                "differences": [difference_json(each) for each in found.differences],
                "discards": found.conflicts,
            }
        )
    elif found.differences:
        words = f"{one_line(revision)} is not what a merge by entry gives; it made these changes:"
        write_lines([[(words, "bold")]], sys.stderr)
        write_differences(found.differences)
    else:
        write(f"{revision} is what a merge by entry gives")
    return ExitStatus.FINDINGS if found.differences else ExitStatus.DONE
