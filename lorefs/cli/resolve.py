"""`lorefs resolve`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Final

import typer

from lorefs.cli.failure import explain
from lorefs.cli.here import open_workspace
from lorefs.cli.output import counted, for_person, write, write_lines
from lorefs.cli.records import write_conflict
from lorefs.cli.settling import Way, settle
from lorefs.core.resolution import choices
from lorefs.errors import ExitStatus, LorefsError, UsageError

if TYPE_CHECKING:
    from lorefs.api import Workspace
    from lorefs.sync.decisions.conflicts import Conflict

EXAMPLES = """
lorefs resolve                 # one after the other, as `git add -p` asks
lorefs resolve 3 --theirs
lorefs resolve 9f2c4e --edit   # in your editor, both sides to start from
"""

KEYS: Final[dict[str, tuple[Way | None, str]]] = {
    "o": ("ours", "take ours"),
    "t": ("theirs", "take theirs"),
    "b": ("both", "take both"),
    "e": ("edit", "write it in your editor"),
    "k": ("keep", "leave it as it is now, and close the record"),
    "s": (None, "skip it; it stays open"),
    "q": (None, "quit"),
    "?": (None, "this help"),
}


def run(
    reference: Annotated[
        str | None,
        typer.Argument(metavar="[N]", help="The number, or the start of the record's id."),
    ] = None,
    ours: Annotated[bool, typer.Option("--ours", help="The value of our side.")] = False,
    theirs: Annotated[bool, typer.Option("--theirs", help="The value of their side.")] = False,
    both: Annotated[bool, typer.Option("--both", help="Both texts, or all of both sets.")] = False,
    edit: Annotated[bool, typer.Option("--edit", help="What you write in your editor.")] = False,
    keep: Annotated[bool, typer.Option("--keep", help="What stands now.")] = False,
) -> ExitStatus:
    """Settle what had to give way in an automatic resolution.

    The entry gets the value that you choose, as by any other edit; what else was changed in it
    since stays. `lorefs undo` takes a resolution back. Without a number all open records are
    shown one after the other, each with a question.
    """
    named: dict[Way, bool] = {
        "ours": ours, "theirs": theirs, "both": both, "edit": edit, "keep": keep
    }  # fmt: skip
    ways = [way for way, wanted in named.items() if wanted]
    if len(ways) > 1 or bool(ways) != (reference is not None):
        raise UsageError(
            "a number and one choice belong together",
            hint="choose --ours, --theirs, --both, --edit or --keep, as in"
            " `lorefs resolve 3 --ours`; alone, `lorefs resolve` asks",
        )
    with open_workspace() as workspace:
        if reference is None:
            return _walk(workspace)
        settle(workspace, workspace.conflicts.get(reference), ways[0])
    return ExitStatus.DONE


def _walk(workspace: Workspace) -> ExitStatus:
    """Ask about each open record; FINDINGS if one stays open."""
    waiting = workspace.conflicts.open()
    if not waiting:
        write("no open conflicts")
    for place, listed in enumerate(waiting, 1):
        conflict = workspace.conflicts.get(listed.record.id)
        if not conflict.is_open:
            continue  # what was settled before may have settled this one, too
        if place > 1:
            write("")
        write_conflict(conflict, workspace.conflicts.writers(conflict))
        if not _ask(workspace, conflict, f"({place}/{len(waiting)})"):
            break
    left = len(workspace.conflicts.open())
    if left:
        write(counted(left, "conflict is", "conflicts are") + " still open")
    return ExitStatus.FINDINGS if left else ExitStatus.DONE


def _ask(workspace: Workspace, conflict: Conflict, place: str) -> bool:
    """Ask until there is an answer that works; False to quit."""
    keys = [key for key in KEYS if key != "b" or "both" in choices(conflict.record.discard)]
    while True:
        answer = _answer(f"{place} settle {conflict.record.discard.field} [{','.join(keys)}]? ")
        if answer in {None, "q"}:
            return False
        if answer == "s":
            return True
        way = KEYS[answer][0] if answer in keys else None
        if way is None:
            write_lines([[(f"  {key}", "bold"), (f" - {KEYS[key][1]}", "")] for key in keys])
            continue
        try:
            settle(workspace, conflict, way)
        except LorefsError as error:
            sys.stdout.flush()
            explain(error)
        else:
            return True


def _answer(question: str) -> str | None:
    """The first letter of what the user types, None at the end of the input."""
    if for_person():
        from lorefs.cli.output import console

        console().print(question, style="bold blue", end="")
    else:
        sys.stdout.write(question)
    sys.stdout.flush()
    line = sys.stdin.buffer.readline().decode("utf-8", "replace")
    if not (line.endswith("\n") and sys.stdin.isatty()):  # nothing was echoed
        sys.stdout.write("\n")
    return line.strip()[:1].lower() or "?" if line else None
