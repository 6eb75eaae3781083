"""`lorefs status`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Final

import typer

from lorefs.cli.cycle import doubts_json, hub_json, reason, remote_json
from lorefs.cli.failure import explain
from lorefs.cli.freshness import freshen
from lorefs.cli.here import git_here, milliseconds, open_workspace
from lorefs.cli.listing import timestamp
from lorefs.cli.options import Json
from lorefs.cli.output import ID_STYLE, counted, one_line, write, write_json, write_lines
from lorefs.cli.records import record_json, what
from lorefs.cli.report import draft_lines, needs_attention, report_json, waiting_lines
from lorefs.cli.watching import short_line, state_lines, watch_json
from lorefs.errors import ExitStatus
from lorefs.store import OWN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lorefs.api import Status, Workspace
    from lorefs.cli.output import Span
    from lorefs.config import Hub
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
        pid = lock.holder(folder)
        watch = state.as_of(state.read(folder), pid)
        if short:
            return _short(workspace, watch, pid)
        freshen(workspace)
        status = workspace.status()
        conflicts = workspace.conflicts.open()
        remotes = workspace.remotes()
        hubs = workspace.hubs()
        backups = [workspace.backup_remote()] if workspace.config.backup.enabled else []
    installed = is_installed(git_here())
    now = milliseconds()
    if json:
        facts = {
            "entries": status.entries,
            "documents": list(status.documents),
            "elsewhere": dict(status.elsewhere),
            "open_conflicts": status.open_conflicts,
            "conflicts": [record_json(conflict.record) for conflict in conflicts],
            "sync": status.sync,
            **doubts_json(status.standing),
            "proposals": status.proposals,
            "approvers": list(status.approvers),
            "remotes": [remote_json(state.name, state) for state in remotes],
            "hubs": [hub_json(hub, state) for hub, state in hubs],
            "backup": [remote_json(state.name, state) for state in backups],
            "installed": installed,
            "watch": watch_json(watch, pid, now),
            "nominations": list(status.nominations),
        }
        drafts = [{"document": draft.document, "id": draft.entry} for draft in status.drafts]
        write_json(facts | report_json(status.report) | {"drafts": drafts})
    else:
        write_lines(_lines(status, conflicts, installed=installed))
        write_lines(_sync_lines(remotes))
        write_lines(_sync_lines(backups, "backup"))
        write_lines(_hub_lines(hubs))
        if status.standing is not None:
            from lorefs.cli.doubts import doubt_lines

            write_lines(doubt_lines(status.standing, tuple(status.standing.doubts.values())))
        write_lines(state_lines(watch and replace(watch, hubs=()), pid, now))  # named above
        for refusal in status.report.refusals:
            explain(refusal)
    mine = status.proposals if status.may_approve else 0
    attention = needs_attention(status.report) or status.open_conflicts or mine
    attention = attention or bool(status.standing and status.standing.doubts)
    return ExitStatus.FINDINGS if attention else ExitStatus.DONE


def _sync_lines(remotes: Sequence[RemoteState], word: str = "sync") -> Iterator[list[Span]]:
    """How the last exchange with each remote went; nothing where there is none."""
    for state in remotes:
        when = timestamp(state.success_at) if state.success_at else "never"
        yield [(f"{word}: ", "bold"), (f"{one_line(state.name)}, last exchange {when}", "")]
        if state.failures:
            yield [(f"{word}: ", "bold yellow"), (f"failing: {reason(state)}", "")]


def _hub_lines(hubs: Sequence[tuple[Hub, RemoteState]]) -> Iterator[list[Span]]:
    """When each further hub was read last, and why it cannot be; that is not the team's trouble."""
    for hub, state in hubs:
        label = f"hub {one_line(hub.name)}: "
        when = timestamp(state.success_at) if state.success_at else "never"
        yield [(label, "bold"), (f"last read {when}", "")]
        if state.failures:
            since = timestamp(state.failing_since or state.failure_at or 0)
            words = f"failing since {since}: {reason(state)}; what it had before stays"
            yield [(label, "bold yellow"), (words, "")]


def _short(workspace: Workspace, watch: State | None, pid: int | None) -> ExitStatus:
    """What the database says, without taking anything in: a prompt must not wait."""
    store = workspace.store
    conflicts = len(store.ledger.records(open_only=True))
    write(short_line(store.entries.count(OWN), conflicts, watch, pid))
    return ExitStatus.DONE


def _lines(
    status: Status, conflicts: Sequence[Conflict], *, installed: bool
) -> Iterator[list[Span]]:
    entries = counted(status.entries, "entry", "entries")
    documents = counted(len(status.documents), "document", "documents")
    yield [(f"{entries} in {documents}", "bold")]
    for document in status.documents:
        yield [(f"  {one_line(document)}", "")]
    for source, count in status.elsewhere.items():
        yield [("elsewhere: ", "bold"), (f"{counted(count, 'entry', 'entries')} of {source}", "")]
    if not installed:
        yield [("git merges lore as text here; ", "yellow"), ("`lorefs init` changes that", "")]
    yield from _conflicts(conflicts)
    yield from _proposals(status)
    yield from waiting_lines(status.report._replace(drafts=()))  # all of them come next
    yield from draft_lines(status.drafts)
    if status.nominations:
        entries = counted(len(status.nominations), "personal entry", "personal entries")
        yield [("suggested: ", "bold"), (f"{entries} may be worth promoting; ", ""),
               ("`lorefs suggest` shows them", "dim")]  # fmt: skip


def _proposals(status: Status) -> Iterator[list[Span]]:
    """How many proposals wait, and for whom."""
    if not status.proposals:
        return
    wait = counted(status.proposals, "proposal waits", "proposals wait")
    whom = ", ".join(map(one_line, status.approvers)) or "somebody"
    yield [("review: ", "bold yellow" if status.may_approve else "bold"),
           (f"{wait} for {whom}; `lorefs review` shows them", "")]  # fmt: skip


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
