"""`lorefs status`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from lorefs.cli.cycle import reason, remote_json
from lorefs.cli.failure import explain
from lorefs.cli.freshness import freshen
from lorefs.cli.here import git_here, milliseconds, open_workspace
from lorefs.cli.listing import timestamp
from lorefs.cli.options import Json
from lorefs.cli.output import ID_STYLE, counted, one_line, write, write_json, write_lines
from lorefs.cli.records import record_json, what
from lorefs.cli.report import needs_attention, report_json, waiting_lines
from lorefs.cli.watching import short_line, state_lines, watch_json
from lorefs.errors import ExitStatus

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lorefs.api import Status, Workspace
    from lorefs.cli.output import Span
    from lorefs.store import RemoteState
    from lorefs.sync.conflicts import Conflict
    from lorefs.watch.state import State

EXAMPLES = """
lorefs status
lorefs status --json | jq .open_conflicts
PS1='$(lorefs status --short 2>/dev/null) $ '
"""

SHOWN: Final = 5  # records of the ledger


def run(
    json: Json = False,
    short: Annotated[
        bool, typer.Option("--short", help="One line for a prompt; looks at no file.")
    ] = False,
) -> ExitStatus:
    """Show where things stand. Exits with 1 where something waits for you."""
    from lorefs.install import is_installed
    from lorefs.watch import lock, state

    with open_workspace() as workspace:
        folder = workspace.paths.lorefs_dir
        watch, pid = state.read(folder), lock.holder(folder)
        if short:
            return _short(workspace, watch, pid)
        freshen(workspace)
        status = workspace.status()
        conflicts = workspace.conflicts.open()
        remotes = workspace.remotes()
    installed = is_installed(git_here())
    now = milliseconds()
    if json:
        write_json(
            {
                "entries": status.entries,
                "documents": list(status.documents),
                "open_conflicts": status.open_conflicts,
                "conflicts": [record_json(conflict.record) for conflict in conflicts],
                "sync": status.sync,
                "remotes": [remote_json(state.name, state) for state in remotes],
                "installed": installed,
                "watch": watch_json(watch, pid, now),
            }
            | report_json(status.report)
        )
    else:
        write_lines(_lines(status, conflicts, installed=installed))
        write_lines(_sync_lines(remotes))
        write_lines(state_lines(watch, pid, now))
        for refusal in status.report.refusals:
            explain(refusal)
    attention = needs_attention(status.report) or status.open_conflicts
    return ExitStatus.FINDINGS if attention else ExitStatus.DONE


def _sync_lines(remotes: Sequence[RemoteState]) -> Iterator[list[Span]]:
    """How the last exchange with each remote went; nothing where sync is off."""
    for state in remotes:
        when = timestamp(state.success_at) if state.success_at else "never"
        yield [("sync: ", "bold"), (f"{one_line(state.name)}, last exchange {when}", "")]
        if state.failures:
            yield [("sync: ", "bold yellow"), (f"failing: {reason(state)}", "")]


def _short(workspace: Workspace, watch: State | None, pid: int | None) -> ExitStatus:
    """What the database says, without taking anything in: a prompt must not wait."""
    store = workspace.store
    write(short_line(store.entries.count(), len(store.ledger.records(open_only=True)), watch, pid))
    return ExitStatus.DONE


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
