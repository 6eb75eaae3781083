"""`lorefs restore`."""

from __future__ import annotations

import re
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Final

import typer

from lorefs.cli.differences import difference_json, write_differences
from lorefs.cli.held import tell_held
from lorefs.cli.here import milliseconds, open_workspace
from lorefs.cli.options import Json
from lorefs.cli.output import counted, for_person, one_line, write, write_json, write_lines
from lorefs.errors import ExitStatus, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lorefs.api import Workspace
    from lorefs.sync.decisions.past import Restoration

EXAMPLES = """
lorefs restore 6f1b0a11                  # as it was before its last change
lorefs restore 6f1b0a11 --rev 531204     # `lorefs log 6f1b0a11` names revisions
lorefs restore 6f1b0a11 --at v1.0
lorefs restore --at "2 hours ago"        # all entries; shows what would change
lorefs restore --at 2026-03-31T18:00 --yes
lorefs restore --at lorefs-sync~3        # as the team had it three commits ago
lorefs restore 6f1b0a11 --team           # discard your local draft of it
"""

_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ].+)?")
_AGO: Final = re.compile(r"(\d{1,6}) (second|minute|hour|day|week)s? ago", re.IGNORECASE)
_UNITS: Final = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}


def run(
    id: Annotated[str | None, typer.Argument(metavar="[ID]", help="This entry alone.")] = None,
    rev: Annotated[
        int | None, typer.Option(metavar="N", help="A revision; -1 is the one before the newest.")
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            metavar="COMMIT|TIME",
            help="A commit (of HEAD or the sync branch), a date and time, or `3 days ago`.",
        ),
    ] = None,
    team: Annotated[
        bool, typer.Option("--team", help="As the team has it: discard your local draft.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")] = False,
    json: Json = False,
) -> ExitStatus:
    """Bring back an entry, or all of them, as they were.

    Deleted entries come back with their ids. All entries are brought back only after a look:
    without --yes this shows what would change, and asks on a terminal. A restoration is an edit
    like others, which `lorefs undo` takes back. Personal entries are not in commits and stay.
    A local draft, your own text of an entry of the team's, is discarded with --team.
    """
    _check({"--rev": rev is not None, "--at": at is not None, "--team": team}, one=id is not None)
    if team and id is not None:
        _discard_draft(id, as_json=json)
        return ExitStatus.DONE
    with open_workspace() as workspace:
        found = _find(workspace, id, rev, at)
        count = len(found.differences)
        wanted = bool(count) and (id is not None or yes)
        if not json:
            write_differences(found.differences)
            wanted = wanted or (bool(count) and _confirmed(count))
        if wanted:
            workspace.past.bring_back(found)
        tell_held(workspace)
    if json:
        changes = [difference_json(each) for each in found.differences]
        write_json({"restored": wanted, "changes": changes})
    elif wanted:
        write(f"restored {counted(count, 'entry', 'entries')}")
    elif not count:
        write("nothing differs")
    return ExitStatus.DONE if wanted or not count else ExitStatus.FINDINGS


def _check(given: Mapping[str, bool], *, one: bool) -> None:
    """Whether the options that were given go together, for `one` entry or for all."""
    names = [name for name, is_given in given.items() if is_given]
    if len(names) > 1:
        raise UsageError(f"{names[0]} and {names[1]} contradict each other")
    if not one and names != ["--at"]:
        raise UsageError(
            "say what to restore: an entry, or a commit or time for all of them",
            hint="as in `lorefs restore ID`, `lorefs restore ID --rev N`,"
            " `lorefs restore --at COMMIT`",
        )


def _discard_draft(id: str, *, as_json: bool) -> None:
    """Have what the team says of an entry count alone, and show what that changes."""
    from lorefs.sync.commits.diff import EntryDiff

    with open_workspace() as workspace:
        drafts = workspace.discard_draft(id)
        row = workspace.get(id)
    now = row.entry
    found = [EntryDiff(each.entry._replace(path=now.path, scope=now.scope), now) for each in drafts]
    documents = [each.document for each in drafts]
    if as_json:
        changes = [difference_json(each) for each in found]
        write_json({"restored": True, "changes": changes, "discarded": documents})
        return
    write_differences(found)
    places = ", ".join(map(one_line, documents))
    write(f"discarded the local draft in {places}; {one_line(row.document)} counts")


def _find(workspace: Workspace, id: str | None, rev: int | None, at: str | None) -> Restoration:
    if id is not None and at is None:
        return workspace.past.revision(id, -1 if rev is None else rev)
    at = at or ""
    time = read_time(at, milliseconds())
    if time is None:
        return workspace.past.commit(at, id)
    return workspace.past.time(time, id)


def _confirmed(count: int) -> bool:
    """Whether the user on a terminal says yes; elsewhere nobody does."""
    changes = counted(count, "entry", "entries")
    if for_person() and sys.stdin.isatty():
        return typer.confirm(f"Restore {changes}?", default=False)
    write_lines([
        [("hint: ", "bold"), (f"{changes} would change; `--yes` restores them", "")]
    ])  # fmt: skip
    return False


def read_time(text: str, now: int) -> int | None:
    """The milliseconds since 1970 that a text names, None if it looks like no time.

    A date without a zone is in the zone of this machine, a date alone its first moment.
    """
    ago = _AGO.fullmatch(text.strip())
    if ago:
        return now - int(ago[1]) * _UNITS[ago[2].lower()] * 1000
    if not _DATE.fullmatch(text.strip()):
        return None
    try:
        return int(datetime.fromisoformat(text.strip()).astimezone().timestamp() * 1000)
    except (ValueError, OverflowError):
        raise UsageError(
            "this is no date and time",
            found=text,
            hint="write it as 2026-03-31 or 2026-03-31T18:00",
        ) from None
