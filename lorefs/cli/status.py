"""`lorefs status`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lorefs.cli.failure import explain
from lorefs.cli.freshness import freshen
from lorefs.cli.here import git_here, open_workspace
from lorefs.cli.options import Json
from lorefs.cli.output import ID_STYLE, counted, one_line, write_json, write_lines
from lorefs.cli.records import record_json, what
from lorefs.cli.report import needs_attention, report_json, waiting_lines
from lorefs.errors import ExitStatus

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lorefs.api import Status
    from lorefs.cli.output import Span
    from lorefs.sync.conflicts import Conflict

EXAMPLES = """
lorefs status
lorefs status --json | jq .open_conflicts
"""

SHOWN: Final = 5  # records of the ledger


def run(json: Json = False) -> ExitStatus:
    """Show where things stand. Exits with 1 where something waits for you."""
    from lorefs.install import is_installed

    with open_workspace() as workspace:
        freshen(workspace)
        status = workspace.status()
        conflicts = workspace.conflicts.open()
    installed = is_installed(git_here())
    if json:
        write_json(
            {
                "entries": status.entries,
                "documents": list(status.documents),
                "open_conflicts": status.open_conflicts,
                "conflicts": [record_json(conflict.record) for conflict in conflicts],
                "sync": status.sync,
                "installed": installed,
            }
            | report_json(status.report)
        )
    else:
        write_lines(_lines(status, conflicts, installed=installed))
        for refusal in status.report.refusals:
            explain(refusal)
    attention = needs_attention(status.report) or status.open_conflicts
    return ExitStatus.FINDINGS if attention else ExitStatus.DONE


def _lines(
    status: Status, conflicts: Sequence[Conflict], *, installed: bool
) -> Iterator[list[Span]]:
    entries = counted(status.entries, "entry", "entries")
    documents = counted(len(status.documents), "document", "documents")
    yield [(f"{entries} in {documents}", "bold")]
    for document in status.documents:
        yield [(f"  {one_line(document)}", "")]
    if not installed:
        yield [("git merges lore as text here; ", "yellow"), ("`lorefs init` changes that", "")]
    yield from _conflicts(conflicts)
    yield from waiting_lines(status.report)


def _conflicts(conflicts: Sequence[Conflict]) -> Iterator[list[Span]]:
    """What gave way without anybody being asked, and nobody has looked at yet."""
    if not conflicts:
        return
    words = counted(len(conflicts), "value gave way", "values gave way")
    yield [("conflicts: ", "bold yellow"), (f"{words} without anybody being asked", "")]
    for conflict in conflicts[-SHOWN:]:
        discard = conflict.record.discard
        yield [
            (f"  {conflict.number}  ", "bold"),
            (f"{discard.entry[-8:] or '(prose)'}  ", ID_STYLE),
            (f"{one_line(discard.field)}: ", "bold"),
            (what(discard), ""),
            (f"  {one_line(discard.reason)}", "dim"),
        ]
    more = f"{len(conflicts) - SHOWN} more; " if len(conflicts) > SHOWN else ""
    yield [("hint: ", "bold"), (f"{more}`lorefs conflicts` lists them, ", ""),
           ("`lorefs resolve` asks one by one", "")]  # fmt: skip
