"""`lorefs status`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

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
    from collections.abc import Iterable, Iterator, Sequence

    from lorefs.api import Status, Workspace
    from lorefs.cli.output import Span
    from lorefs.config import Hub
    from lorefs.store import RemoteState
    from lorefs.sync.decisions.conflicts import Conflict
    from lorefs.watch.state import State

EXAMPLES = """
lorefs status
lorefs status --json | jq .open_conflicts
PS1='$(lorefs status --short 2>/dev/null) $ '
"""

SHOWN: Final = 5  # records of the ledger


class _Facts(NamedTuple):
    """All that is shown; `pid` is that of a running watch, `now` in milliseconds."""

    status: Status
    conflicts: Sequence[Conflict]
    remotes: Sequence[RemoteState]
    backups: Sequence[RemoteState]
    hubs: Sequence[tuple[Hub, RemoteState]]
    installed: bool
    watch: State | None
    pid: int | None
    now: int


def run(
    json: Json = False,
    short: Annotated[
        bool, typer.Option("--short", help="One line for a prompt; looks at no file.")
    ] = False,
) -> ExitStatus:
    """Show where things stand. Exits with 1 where something waits for you."""
    with open_workspace() as workspace:
        if short:
            return _short(workspace)
        freshen(workspace)
        facts = _gather(workspace)
    if json:
        write_json(_as_json(facts))
    else:
        for lines in _sections(facts):
            write_lines(lines)
        for refusal in facts.status.report.refusals:
            explain(refusal)
    return ExitStatus.FINDINGS if _needs_somebody(facts.status) else ExitStatus.DONE


def _gather(workspace: Workspace) -> _Facts:
    from lorefs.install import is_installed

    watch, pid = _watch(workspace)
    return _Facts(
        status=workspace.status(),
        conflicts=workspace.conflicts.open(),
        remotes=workspace.remotes(),
        backups=[workspace.backup_remote()] if workspace.config.backup.enabled else [],
        hubs=workspace.hubs(),
        installed=is_installed(git_here()),
        watch=watch,
        pid=pid,
        now=milliseconds(),
    )


def _watch(workspace: Workspace) -> tuple[State | None, int | None]:
    """What watch said last, and its pid if it runs."""
    from lorefs.watch import lock, state

    folder = workspace.paths.lorefs_dir
    pid = lock.holder(folder)
    return state.as_of(state.read(folder), pid), pid


def _needs_somebody(status: Status) -> bool:
    mine = status.proposals if status.may_approve else 0
    doubts = status.standing is not None and status.standing.doubts
    return bool(needs_attention(status.report) or status.open_conflicts or mine or doubts)


def _as_json(facts: _Facts) -> dict[str, object]:
    status = facts.status
    return {
        "entries": status.entries,
        "documents": list(status.documents),
        "elsewhere": dict(status.elsewhere),
        "open_conflicts": status.open_conflicts,
        "conflicts": [record_json(conflict.record) for conflict in facts.conflicts],
        "sync": status.sync,
        **doubts_json(status.standing),
        "proposals": status.proposals,
        "approvers": list(status.approvers),
        "remotes": [remote_json(state.name, state) for state in facts.remotes],
        "hubs": [hub_json(hub, state) for hub, state in facts.hubs],
        "backup": [remote_json(state.name, state) for state in facts.backups],
        "installed": facts.installed,
        "watch": watch_json(facts.watch, facts.pid, facts.now),
        "nominations": list(status.nominations),
        **report_json(status.report),
        "drafts": [{"document": draft.document, "id": draft.entry} for draft in status.drafts],
    }


def _sections(facts: _Facts) -> Iterator[Iterable[Sequence[Span]]]:
    """What a person reads, from the top down."""
    status = facts.status
    yield _lines(status, facts.conflicts, installed=facts.installed)
    yield _sync_lines(facts.remotes)
    yield _sync_lines(facts.backups, "backup")
    yield _hub_lines(facts.hubs)
    if status.standing is not None:
        from lorefs.cli.doubts import doubt_lines

        yield doubt_lines(status.standing, tuple(status.standing.doubts.values()))
    watch = facts.watch and replace(facts.watch, hubs=())  # they are named above
    yield state_lines(watch, facts.pid, facts.now)


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


def _short(workspace: Workspace) -> ExitStatus:
    """What the database says, without taking anything in: a prompt must not wait."""
    watch, pid = _watch(workspace)
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
