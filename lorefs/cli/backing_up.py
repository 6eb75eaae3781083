"""How the outcome of a backup looks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lorefs.cli.cycle import remote_json
from lorefs.cli.failure import explain
from lorefs.cli.listing import timestamp
from lorefs.cli.output import ID_STYLE, counted, one_line, write_lines
from lorefs.cli.report import error_json, summary, waiting_lines
from lorefs.cli.report import report_json as changes_json
from lorefs.sync.report import Report

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lorefs.cli.output import Span
    from lorefs.sync.backup.report import BackupReport, BackupStatus


def write_report(report: BackupReport, *, quiet: bool) -> None:
    """Print what was sent and received, and what was left alone."""
    if not quiet:
        write_lines(_lines(report))
    write_lines(_left_alone(report))
    for error in (*report.damaged, *report.reconciled.refusals, *report.arrived.refusals):
        explain(error)


def _lines(report: BackupReport) -> Iterator[list[Span]]:
    if report.reconciled != Report():
        yield [("here: ", "bold"), (summary(report.reconciled), "")]
    yield [(f"{one_line(report.remote)}: ", "bold"), (_talk(report), "")]
    if report.arrived.changes or report.arrived.written:
        yield [("arrived: ", "bold"), (summary(report.arrived), "")]


def _talk(report: BackupReport) -> str:
    parts = []
    if report.received:
        parts.append(f"received {', '.join(map(one_line, report.received))}")
    if report.sent:
        parts.append(f"sent {', '.join(map(one_line, report.sent))}")
    if report.reencrypted:
        count = counted(report.reencrypted, "document", "documents")
        parts.append(f"encrypted {count} anew")
    return ", ".join(parts) or "nothing new"


def _left_alone(report: BackupReport) -> Iterator[list[Span]]:
    yield from waiting_lines(report.reconciled)
    yield from waiting_lines(report.arrived)
    for question in report.questions:
        words = f"{question.document}: {question.reason}"
        yield [("confirm: ", "bold yellow"), (one_line(words), "")]
    if report.questions:
        yield [("hint: ", "bold"), ("`lorefs backup --accept-deletions` goes on, ", ""),
               ("`lorefs backup restore` brings back what the backup has", "")]  # fmt: skip


def report_json(report: BackupReport) -> dict[str, Any]:
    """A run as JSON."""
    return {
        "ok": report.ok,
        "remote": report.remote,
        "tip": report.tip,
        "fingerprint": report.fingerprint,
        "recipients": list(report.recipients),
        "sent": list(report.sent),
        "received": list(report.received),
        "reencrypted": report.reencrypted,
        "damaged": [error_json(error) for error in report.damaged],
        "questions": [
            {"document": q.document, "entries": q.entries, "reason": q.reason}
            for q in report.questions
        ],
        "reconciled": changes_json(report.reconciled),
        "arrived": changes_json(report.arrived),
    }


def write_status(status: BackupStatus) -> None:
    """Print where the backup stands."""
    write_lines(_status_lines(status))


def _status_lines(status: BackupStatus) -> Iterator[list[Span]]:
    where = f"{one_line(status.remote)}, branch {one_line(status.branch)}"
    yield [("remote:    ", "bold"), (where, "")]
    yield [("as:        ", "bold"), (one_line(status.realm), "")]
    yield [("backup:    ", "bold"), (one_line(status.fingerprint), ID_STYLE)]
    yield [("opened by: ", "bold"), (one_line(status.identity), "")]
    for recipient in status.recipients:
        yield [("sealed to: ", "bold"), (one_line(recipient), "")]
    for each in status.documents:
        word, style = ("kept:      ", "bold") if each.backed_up else ("waits:     ", "bold yellow")
        yield [(word, style), (one_line(each.document), "")]
    state = status.state
    when = timestamp(state.success_at) if state.success_at else "never"
    yield [("last run:  ", "bold"), (when, "")]
    if state.failures:
        since = timestamp(state.failing_since or state.failure_at or 0)
        words = f"since {since}, {counted(state.failures, 'try', 'tries')}"
        yield [("failing:   ", "bold red"), (f"{words}; {one_line(state.words)}", "")]


def status_json(status: BackupStatus) -> dict[str, Any]:
    """A status as JSON."""
    return {
        "ok": status.ok,
        "branch": status.branch,
        "realm": status.realm,
        "identity": status.identity,
        "fingerprint": status.fingerprint,
        "recipients": list(status.recipients),
        "documents": [
            {"document": each.document, "backed_up": each.backed_up} for each in status.documents
        ],
    } | remote_json(status.remote, status.state)
