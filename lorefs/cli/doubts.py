"""How it looks what does not count: changes and approvals by people who are not entitled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from lorefs.cli.output import ID_STYLE, counted, one_line
from lorefs.core.judgement import APPROVAL, ENTRY, INGESTED, POLICY, REMOVAL, UNREADABLE, approvers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lorefs.cli.output import Span
    from lorefs.core.judgement import Doubt, Standing

SHOWN: Final = 5
_WORDS: Final = {
    ENTRY: "changed by {who} in {commit}, who may not approve",
    INGESTED: "taken in from the code branch in {commit}, where nobody is asked",
    APPROVAL: "approved in {commit} by {who}, who may not, or for another text",
    REMOVAL: "taken away by {who} in {commit}, who may not",
    POLICY: "the policy was changed by {who} in {commit}, who may not; the one before counts",
    UNREADABLE: "the policy of {commit} by {who} cannot be read; the one before counts",
}


def words(doubt: Doubt) -> str:
    """What does not count, by whom and since which commit."""
    who = doubt.email or doubt.key or "nobody"
    return one_line(_WORDS[doubt.kind].format(who=who, commit=doubt.commit[:12]))


def doubt_lines(standing: Standing, shown: Sequence[Doubt]) -> Iterator[list[Span]]:
    """Some doubts of a standing, one a line, and who can settle them how."""
    for doubt in shown[:SHOWN]:
        title = f"“{one_line(doubt.title)}” " if doubt.title else ""
        ident = f"{one_line(doubt.entry[-8:])} " if doubt.entry else ""
        yield [("does not count: ", "bold yellow"), (ident, ID_STYLE), (title, ""),
               (words(doubt), "")]  # fmt: skip
    if len(shown) > SHOWN:
        yield [("does not count: ", "bold yellow"), (f"{len(shown) - SHOWN} more", "")]
    if shown:
        yield [("hint: ", "bold"), (one_line(remedy(standing, shown)), "")]


def remedy(standing: Standing, shown: Sequence[Doubt]) -> str:
    """What to do about doubts, and who may."""
    back = [doubt for doubt in shown if doubt.held_by]
    restore = ""
    if back:
        ident, commit = back[0].entry[-8:], back[0].held_by[:12]
        restore = f"`lorefs restore {ident} --at {commit}` brings back what was approved; "
    if any(doubt.entry for doubt in shown):
        restore += "to approve, edit it or `lorefs approve`: "
    return f"{restore}{approvers(standing.policies)} may"


def total_line(standing: Standing) -> Iterator[list[Span]]:
    """How much does not count, on one line; nothing where all does."""
    count = len(standing.doubts)
    if count:
        found = counted(count, "change", "changes")
        yield [("does not count: ", "bold yellow"), (f"{found} by people who may not", "")]


def doubt_json(doubt: Doubt) -> dict[str, Any]:
    """A doubt as JSON."""
    return {
        "kind": doubt.kind,
        "id": doubt.entry or None,
        "title": doubt.title,
        "path": doubt.directory,
        "commit": doubt.commit,
        "author": doubt.email,
        "key": doubt.key or None,
        "approved_in": doubt.held_by or None,
    }
