"""`lorefs status`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lorefs.cli.failure import explain
from lorefs.cli.here import git_here, open_workspace
from lorefs.cli.options import Json
from lorefs.cli.output import counted, one_line, write_json, write_lines
from lorefs.cli.report import needs_attention, report_json, waiting_lines
from lorefs.errors import ExitStatus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lorefs.api import Status
    from lorefs.cli.output import Span

EXAMPLES = """
lorefs status
lorefs status --json | jq .open_conflicts
"""


def run(json: Json = False) -> ExitStatus:
    """Show where things stand. Exits with 1 where something waits for you."""
    from lorefs.install import is_installed

    with open_workspace() as workspace:
        status = workspace.status()
    installed = is_installed(git_here())
    if json:
        write_json(
            {
                "entries": status.entries,
                "documents": list(status.documents),
                "open_conflicts": status.open_conflicts,
                "sync": status.sync,
                "installed": installed,
            }
            | report_json(status.report)
        )
    else:
        write_lines(_lines(status, installed=installed))
        for refusal in status.report.refusals:
            explain(refusal)
    attention = needs_attention(status.report) or status.open_conflicts
    return ExitStatus.FINDINGS if attention else ExitStatus.DONE


def _lines(status: Status, *, installed: bool) -> Iterator[list[Span]]:
    entries = counted(status.entries, "entry", "entries")
    documents = counted(len(status.documents), "document", "documents")
    yield [(f"{entries} in {documents}", "bold")]
    for document in status.documents:
        yield [(f"  {one_line(document)}", "")]
    if not installed:
        yield [("git merges lore as text here; ", "yellow"), ("`lorefs init` changes that", "")]
    if status.open_conflicts:
        words = counted(status.open_conflicts, "value", "values")
        words += " gave way and nobody looked at it yet"
        yield [("conflicts: ", "bold yellow"), (words, "")]
    yield from waiting_lines(status.report)
