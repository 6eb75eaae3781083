"""`lorefs blame`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lorefs.cli.here import git_here, open_workspace
from lorefs.cli.listing import local_time, shortened, timestamp, value_text
from lorefs.cli.options import Id, Json
from lorefs.cli.output import ID_STYLE, for_person, one_line, write_columns, write_json, write_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lorefs.cli.output import Span
    from lorefs.sync.commits.blame import Blame

EXAMPLES = """
lorefs blame 6f1b0a11
"""

_VALUE_WIDTH = 32


def run(id: Id, json: Json = False) -> None:
    """Show which commit gave an entry each of its values."""
    from lorefs.sync.commits.blame import blame

    with open_workspace() as workspace:
        row = workspace.own(id)
    found = blame(git_here(), row.entry, row.document)
    if json:
        write_json([_json(each) for each in found])
    elif for_person():
        write_lines(_lines(found))
    else:
        write_columns(_columns(each) for each in found)


def _json(found: Blame) -> dict[str, Any]:
    commit = found.commit
    return {
        "field": found.field,
        "value": found.value,
        "commit": commit and commit.oid,
        "author": commit and commit.author,
        "time": commit and timestamp(commit.time * 1000),
        "subject": commit and commit.subject,
    }


def _columns(found: Blame) -> list[str]:
    commit = found.commit
    about = (
        [commit.oid[:10], commit.author, timestamp(commit.time * 1000), commit.subject]
        if commit
        else ["", "", "", "not committed yet"]
    )
    return [found.field, value_text(found.value), *about]


def _lines(found: list[Blame]) -> Iterator[list[Span]]:
    for each in found:
        value = shortened(value_text(each.value), _VALUE_WIDTH)
        yield [
            (f"{each.field:<12}", "bold"),
            (f"{value:<{_VALUE_WIDTH}}  ", ""),
            *_commit(each),
        ]


def _commit(found: Blame) -> list[Span]:
    commit = found.commit
    if commit is None:
        return [("not committed yet", "dim")]
    return [
        (f"{commit.oid[:10]}  ", ID_STYLE),
        (f"{local_time(commit.time * 1000)}  {one_line(commit.author)}  ", "dim"),
        (one_line(commit.subject), ""),
    ]
