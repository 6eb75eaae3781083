"""How the outcome of a reconcile looks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lorefs.cli.failure import explain
from lorefs.cli.output import counted, one_line, write_json, write_lines
from lorefs.errors import ExitStatus

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lorefs.cli.output import Span
    from lorefs.errors import LorefsError
    from lorefs.sync.report import Copy, Report


def write_report(report: Report, *, as_json: bool) -> ExitStatus:
    """Print what changed and what waits; FINDINGS if anything waits."""
    if as_json:
        write_json(report_json(report))
    else:
        write_lines([[(summary(report), "")], *waiting_lines(report)])
        for refusal in report.refusals:
            explain(refusal)
    return ExitStatus.FINDINGS if needs_attention(report) else ExitStatus.DONE


def needs_attention(report: Report) -> bool:
    """Whether a person has to do something before all documents are taken in."""
    return bool(report.questions or report.refusals or report.copies or report.waiting)


def summary(report: Report) -> str:
    """What changed, in one line."""
    counts = {"added": report.added, "edited": report.edited, "deleted": report.deleted}
    parts = [f"{len(ids)} {word}" for word, ids in counts.items() if ids]
    if report.written:
        parts.append(f"wrote {', '.join(map(one_line, report.written))}")
    if report.moved:
        parts.append(counted(len(report.moved), "change", "changes") + " not let through")
    if report.discards:
        parts.append(counted(report.discards, "value", "values") + " gave way (in the ledger)")
    return ", ".join(parts) or "nothing new"


def waiting_lines(report: Report) -> Iterator[list[Span]]:
    """What waits, with what to do about it."""
    for waiting in report.waiting:
        yield [("waits: ", "bold yellow"), (one_line(f"{waiting.document}: {waiting.reason}"), "")]
    for question in report.questions:
        count = counted(question.entries, "entry", "entries")
        words = f"{question.document} ({count}): {question.reason}"
        yield [("confirm: ", "bold yellow"), (one_line(words), "")]
        if question.hint:
            yield [("hint: ", "bold"), (question.hint, "")]
    if any(not question.hint for question in report.questions):
        yield [("hint: ", "bold"), ("`lorefs reconcile --restore` brings back, ", ""),
               ("`lorefs reconcile --accept-deletions` deletes", "")]  # fmt: skip
    for copy in report.copies:
        words = f"{copy.document} has another copy of entry {copy.entry}; it has no row"
        yield [("copy: ", "bold yellow"), (one_line(words), "")]
    yield from draft_lines(report.drafts)


def draft_lines(drafts: Sequence[Copy]) -> Iterator[list[Span]]:
    """The personal entries that differ from those of the team with their ids."""
    for draft in drafts:
        words = f"{draft.document} has another text of {draft.entry} than the team"
        yield [("local draft: ", "bold magenta"), (one_line(words), "")]
    if drafts:
        yield [("hint: ", "bold"), ("`lorefs show ID` compares, `lorefs promote ID` gives ", ""),
               ("yours to the team, `lorefs restore ID --team` discards it", "")]  # fmt: skip


def report_json(report: Report) -> dict[str, Any]:
    """A report as JSON."""
    return {
        "added": list(report.added),
        "edited": list(report.edited),
        "deleted": list(report.deleted),
        "written": list(report.written),
        "discards": report.discards,
        "waiting": [{"document": w.document, "reason": w.reason} for w in report.waiting],
        "questions": [
            {"document": q.document, "entries": q.entries, "reason": q.reason, "hint": q.hint}
            for q in report.questions
        ],
        "copies": [{"document": c.document, "id": c.entry} for c in report.copies],
        "drafts": [{"document": d.document, "id": d.entry} for d in report.drafts],
        "moved": [moved._asdict() for moved in report.moved],
        "refusals": [error_json(error) for error in report.refusals],
    }


def error_json(error: LorefsError) -> dict[str, Any]:
    """An error's facts as JSON."""
    return {
        "message": error.message,
        "path": error.path,
        "line": error.line,
        "found": error.found,
        "hint": error.hint,
    }
