"""How proposals look: in a list, with what each would change, and as JSON."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

from lorefs.cli.differences import word_spans
from lorefs.cli.listing import (
    entry_json,
    facts,
    local_time,
    row_json,
    short_ids,
    timestamp,
    value_text,
)
from lorefs.cli.output import ID_STYLE, one_line, safe, write_lines, write_wrapped
from lorefs.core.policy import APPROVED_FIELDS
from lorefs.core.proposal import REJECTED_BECAUSE, key_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lorefs.api import Workspace
    from lorefs.cli.output import Span
    from lorefs.core.model import Entry
    from lorefs.core.policy import Policy
    from lorefs.store.entries import Entries
    from lorefs.sync.decisions.review import Proposal

SHOWN: Final = 5  # of what a command was not let do
SHOWN_LINES: Final = 3  # of a new content, in a list
WIDEST: Final = 72  # characters of such a line
_WORDS: Final = {"new": "new entry", "change": "change", "removal": "removal"}
_VERBS: Final = {
    "new": "waits",
    "change": "proposed",
    "removal": "proposed to remove",
    "kept": "put back",
}
_STYLES: Final = {"new": "green", "change": "yellow", "removal": "red"}


def proposal_json(proposal: Proposal) -> dict[str, Any]:
    """A proposal as JSON: its row, what it is about, and what would stand."""
    return {
        "kind": proposal.kind,
        "proposed_by": proposal.row.entry.proposed_by,
        "changed_at": timestamp(proposal.row.updated_at),
        "hash": proposal.hash,
        "clashes": list(proposal.clashes),
        "rejected_because": key_of(proposal.row.entry, REJECTED_BECAUSE) or None,
        "proposal": row_json(proposal.row),
        "target": proposal.target and row_json(proposal.target),
        "wanted": proposal.wanted and entry_json(proposal.wanted),
    }


def write_proposals(found: Sequence[Proposal], known: Entries) -> None:
    """Print proposals one below the other, each with what it would change."""
    ids = [each.row.entry.id for each in found]
    ids += [each.target.entry.id for each in found if each.target]
    short = short_ids(ids, known)
    for number, each in enumerate(found):
        if number:
            write_lines([[]])
        _write(each, short, whole=False)


def write_proposal(proposal: Proposal, known: Entries) -> None:
    """Print one proposal in full."""
    ids = [row.entry.id for row in (proposal.row, proposal.target) if row]
    _write(proposal, short_ids(ids, known), whole=True)


def _write(proposal: Proposal, short: dict[str, str], *, whole: bool) -> None:
    write_lines(_head(proposal, short, whole=whole))
    if proposal.target is None:
        _write_new(proposal.row.entry, whole=whole)
    elif proposal.wanted is not None:
        _write_changes(proposal.target.entry, proposal.wanted)


def _head(proposal: Proposal, short: dict[str, str], *, whole: bool) -> Iterator[list[Span]]:
    row, target = proposal.row, proposal.target
    entry = row.entry
    title = target.entry.title if target else entry.title
    state = f"  {entry.status}" if entry.status == "rejected" else ""
    yield [
        (short[entry.id], ID_STYLE),
        (f"  {_WORDS[proposal.kind]}", _STYLES[proposal.kind]),
        (f"  {one_line(title)}", "bold"),
        (state, "magenta"),
    ]
    who = one_line(entry.proposed_by) or "nobody known"
    yield [(f"  by {who}, {local_time(row.updated_at)}, {one_line(row.document)}", "dim")]
    if target is not None:
        about = f"  about {short[target.entry.id]} in {one_line(target.document)}"
        yield [(about, "dim")]
    if whole and proposal.hash:
        yield [(f"  revision {row.rev}, would be approved as {proposal.hash}", "dim")]
    why = key_of(entry, REJECTED_BECAUSE)
    if why:
        yield [("  rejected: ", "bold magenta"), (one_line(why), "")]
    if proposal.kind != "new" and target is None:
        yield [("  the entry that it is about is gone", "bold yellow")]
    elif proposal.clashes:
        words = ", ".join(proposal.clashes).replace("existence", "the entry")
        yield [("  changed since it was proposed: ", "bold yellow"), (words, "")]


def _write_new(entry: Entry, *, whole: bool) -> None:
    write_lines([[(f"  {one_line(entry.category) or '(no category)'}", "bold cyan"),
                  *facts(entry._replace(status="active", scope="team"))]])  # fmt: skip
    content = entry.content
    if not whole:
        lines = content.split("\n")
        shown = [f"{line[:WIDEST]}…" if len(line) > WIDEST else line for line in lines]
        content = "\n".join(shown[:SHOWN_LINES]) + ("\n…" if len(lines) > SHOWN_LINES else "")
    if content:
        write_wrapped([(safe(content), "green")], indent=4)


def _write_changes(before: Entry, after: Entry) -> None:
    """The fields that would change, each with what it says now and then."""
    for field in (*APPROVED_FIELDS, "status", "extra"):
        old, new = getattr(before, field), getattr(after, field)
        if old == new:
            continue
        if field in {"title", "content"}:
            write_lines([[(f"  {field}", "bold")]])
            write_wrapped(word_spans(old, new), indent=4)
        else:
            write_lines([[(f"  {field}  ", "bold"), (value_text(old) or "—", "red"),
                          (" → ", "dim"), (value_text(new) or "—", "green")]])  # fmt: skip


def names(policy: Policy) -> str:
    """Who may approve, in words."""
    return ", ".join(map(one_line, policy.approvers)) or "nobody"


def write_held(workspace: Workspace) -> None:
    """Say on standard error what the last change was not let do, and what became of it."""
    found = workspace.held
    short = short_ids([each.entry for each in found if each.entry], workspace.store.entries)
    lines: list[list[Span]] = []
    for each in found[:SHOWN]:
        ident, title = short.get(each.entry, ""), one_line(each.title)
        lines.append(
            [(f"{_VERBS[each.kind]}: ", "bold yellow"), (ident, ID_STYLE), (f"  {title}", "")]
        )
    more = f"{len(found) - SHOWN} more; " if len(found) > SHOWN else ""
    who = names(workspace.policy())
    lines.append([("hint: ", "bold"), (f"{more}`lorefs review` shows what waits for {who}", "")])
    write_lines(lines, sys.stderr)
