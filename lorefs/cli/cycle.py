"""How the outcome of a sync looks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lorefs.cli.failure import explain, warn
from lorefs.cli.listing import timestamp
from lorefs.cli.output import ID_STYLE, counted, one_line, write_json, write_lines
from lorefs.cli.report import error_json, report_json, summary, waiting_lines
from lorefs.errors import ExitStatus, telling
from lorefs.sync.report import Report

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lorefs.cli.output import Span
    from lorefs.config import Hub, Sync
    from lorefs.core.judgement import Standing
    from lorefs.store import RemoteState
    from lorefs.sync.branch.here import SyncStatus
    from lorefs.sync.branch.preview import Preview
    from lorefs.sync.branch.report import CycleReport, Exchange


def write_cycle(report: CycleReport, *, quiet: bool) -> None:
    """Print what was sent and received, and what waits."""
    if not quiet:
        write_lines(_cycle_lines(report))
    write_lines(_trouble_lines(report))
    for error in report.troubles:
        explain(error)
    for hub in report.hubs:
        if hub.error is not None:
            warn(hub.error)


def _cycle_lines(report: CycleReport) -> Iterator[list[Span]]:
    if (words := summary(report.reconciled)) != summary(Report()):
        yield [("here: ", "bold"), (words, "")]
    for each in report.exchanges:
        if each.error is None:
            yield [(f"{one_line(each.remote)}: ", "bold"), (_talk(each), "")]
    for hub in report.hubs:
        if hub.error is None:
            words = "fetched what is new" if hub.news else "nothing new"
            yield [(f"hub {one_line(hub.hub)}: ", "bold"), (words, "")]
    if report.arrived.changes or report.arrived.written:
        yield [("arrived: ", "bold"), (summary(report.arrived), "")]


def _talk(each: Exchange) -> str:
    parts = []
    if each.sent:
        parts.append(f"sent {counted(each.sent, 'commit', 'commits')}")
    if each.received:
        parts.append(f"received {counted(each.received, 'commit', 'commits')}")
    return ", ".join(parts) or "nothing new"


def _trouble_lines(report: CycleReport) -> Iterator[list[Span]]:
    yield from waiting_lines(report.reconciled)
    if report.standing is not None:
        from lorefs.cli.doubts import doubt_lines, total_line

        if report.doubts:
            yield from doubt_lines(report.standing, report.doubts)
        else:
            yield from total_line(report.standing)
    for question in report.questions:
        words = f"{question.document}: {question.reason}"
        yield [("confirm: ", "bold yellow"), (one_line(words), "")]
    conflicts = len({*report.reconciled.conflicts, *report.arrived.conflicts})
    if conflicts:
        words = f"{conflicts} new; `lorefs conflicts` lists them, `lorefs resolve` settles them"
        yield [("conflicts: ", "bold yellow"), (words, "")]
    if report.waiting:
        yield [("waits: ", "bold yellow"), (_unsent(report.waiting), "")]


def _unsent(count: int) -> str:
    return f"{counted(count, 'commit', 'commits')} not sent yet"


def cycle_json(report: CycleReport) -> dict[str, Any]:
    """A cycle as JSON."""
    return {
        "ok": report.ok,
        "tip": report.tip,
        "committed": report.committed,
        "waiting": report.waiting,
        "remotes": [
            {
                "remote": each.remote,
                "sent": each.sent,
                "received": each.received,
                "merged": each.merged,
                "error": None if each.error is None else error_json(each.error),
            }
            for each in report.exchanges
        ],
        "hubs": [
            {
                "hub": each.hub,
                "source": each.source,
                "news": each.news,
                "error": None if each.error is None else error_json(each.error),
            }
            for each in report.hubs
        ],
        "questions": [
            {"document": q.document, "entries": q.entries, "reason": q.reason}
            for q in report.questions
        ],
        "refusal": None if report.refusal is None else error_json(report.refusal),
        **doubts_json(report.standing),
        "conflicts": sorted({*report.reconciled.conflicts, *report.arrived.conflicts}),
        "reconciled": report_json(report.reconciled),
        "arrived": report_json(report.arrived),
    }


def doubts_json(standing: Standing | None) -> dict[str, Any]:
    """What does not count, as a part of JSON."""
    if standing is None:
        return {"doubts": []}
    from lorefs.cli.doubts import doubt_json

    return {"doubts": [doubt_json(each) for each in standing.doubts.values()]}


def write_preview(preview: Preview, *, as_json: bool) -> ExitStatus:
    """Print what a sync would do."""
    if as_json:
        write_json(
            {
                "unsaved": list(preview.unsaved),
                "commit": list(preview.commit),
                "send": preview.send,
                "code": preview.code,
                "remotes": [
                    {"remote": name, "news": news, "rewritten": name in preview.rewritten}
                    for name, news in preview.remotes
                ],
            }
        )
        return ExitStatus.DONE
    write_lines(_preview_lines(preview))
    return ExitStatus.DONE


def _preview_lines(preview: Preview) -> Iterator[list[Span]]:
    for path in preview.unsaved:
        yield [("take in: ", "bold"), (one_line(path), "")]
    for path in preview.commit:
        yield [("commit: ", "bold"), (one_line(path), "")]
    if preview.code:
        words = f"take in the lore of the code at {preview.code[:12]}"
        yield [("code: ", "bold"), (words, "")]
    for name, news in preview.remotes:
        send = f"send {counted(preview.send, 'commit', 'commits')}" if preview.send else ""
        receive = "receive what is new there" if news else ""
        words = ", ".join(filter(None, (send, receive))) or "nothing to send or receive"
        if name in preview.rewritten:
            words = "nothing, for the branch there was rewritten; `lorefs sync` explains"
        yield [(f"{one_line(name)}: ", "bold"), (words, "")]


def write_sync_status(status: SyncStatus, settings: Sync, *, as_json: bool) -> ExitStatus:
    """Print where the exchange stands; FINDINGS if something waits or the last try failed."""
    failing = any(state.failures for _, state in status.remotes)
    if as_json:
        write_json(
            {
                "branch": status.branch,
                "tip": status.tip,
                "mode": settings.mode,
                "waiting": status.waiting,
                "remotes": [remote_json(name, state) for name, state in status.remotes],
            }
        )
    else:
        write_lines(_status_lines(status, settings))
    return ExitStatus.FINDINGS if failing else ExitStatus.DONE


def remote_json(name: str, state: RemoteState) -> dict[str, Any]:
    """A remote as JSON."""
    return {
        "remote": name,
        "seen": state.seen,
        "last_success": timestamp(state.success_at) if state.success_at else None,
        "last_failure": timestamp(state.failure_at) if state.failure_at else None,
        "failing_since": timestamp(state.failing_since) if state.failing_since else None,
        "failures": state.failures,
        "words": state.words,
    }


def hub_json(hub: Hub, state: RemoteState) -> dict[str, Any]:
    """A further hub as JSON."""
    found = remote_json(hub.name, state)
    del found["remote"]
    return {"hub": hub.name, "source": hub.source} | found


def _status_lines(status: SyncStatus, settings: Sync) -> Iterator[list[Span]]:
    tip = status.tip[:12] if status.tip else "no commit yet"
    yield [("branch:  ", "bold"), (f"{one_line(status.branch)} at ", ""), (tip, ID_STYLE)]
    yield [("mode:    ", "bold"), (settings.mode, "")]
    words = _unsent(status.waiting) if status.waiting else "nothing"
    yield [("waiting: ", "bold"), (words, "yellow" if status.waiting else "")]
    for name, state in status.remotes:
        when = timestamp(state.success_at) if state.success_at else "never"
        yield [("remote:  ", "bold"), (f"{one_line(name)}, last exchange {when}", "")]
        if state.failures:
            since = timestamp(state.failing_since or state.failure_at or 0)
            words = f"since {since}, {counted(state.failures, 'try', 'tries')}"
            yield [("failing: ", "bold red"), (f"{words}; {reason(state)}", "")]


def reason(state: RemoteState) -> str:
    """Why an exchange failed, in one line."""
    return one_line(telling(state.words))
