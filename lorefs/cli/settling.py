"""Settles a record by a choice or in the editor, and says what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from lorefs.cli.held import tell_held
from lorefs.cli.listing import shortened
from lorefs.cli.output import one_line, write_lines
from lorefs.core.document import conflict_marker_line
from lorefs.core.merge import Settings, Sides
from lorefs.core.merge.conflict import with_markers
from lorefs.errors import LorefsError, UsageError

if TYPE_CHECKING:
    from lorefs.api import Workspace
    from lorefs.cli.output import Span
    from lorefs.sync.decisions.conflicts import Conflict

Way = Literal["ours", "theirs", "both", "keep", "edit"]

_LABELS: Final = Settings(labels=Sides("base", "ours", "theirs"))
_SAID: Final = {
    "ours": "took ours",
    "theirs": "took theirs",
    "both": "took both",
    "keep": "left as it is",
    "edit": "took what you wrote",
}


def settle(workspace: Workspace, conflict: Conflict, way: Way) -> None:
    """Settle one record and print one line about it; raises what refuses it."""
    if way == "edit":
        _edit(workspace, conflict)
    elif way == "keep":
        workspace.conflicts.keep(conflict)
    else:
        workspace.conflicts.resolve(conflict, way)
    write_lines([[(f"settled {conflict.number}: ", "green"), *_what(workspace, conflict, way)]])
    tell_held(workspace)


def _what(workspace: Workspace, conflict: Conflict, way: Way) -> list[Span]:
    discard = conflict.record.discard
    spans: list[Span] = [(_SAID[way], ""), (f" for {one_line(discard.field)}", "dim")]
    row = workspace.store.entries.get(discard.entry) if discard.entry else None
    row = row or conflict.row  # it may be gone now
    if row is not None:
        spans.append((f" of {shortened(row.entry.title)}", "dim"))
    return spans


def _edit(workspace: Workspace, conflict: Conflict) -> None:
    """Let the user write the value, both sides between conflict markers to start from.

    An empty buffer means no value, or no entry. The buffer is kept and named if it cannot
    be taken.
    """
    from lorefs.cli.buffer import new_file, read_file, run_editor

    text = _buffer(workspace, conflict)
    name = conflict.record.discard.entry or conflict.record.id
    path = new_file(workspace.paths.lorefs_dir / "edit", name, text)
    try:
        run_editor(path, workspace.root)
        written = read_file(path).strip("\n")
        if written == text.strip("\n"):
            raise UsageError("nothing was changed, so nothing is settled")
        line = conflict_marker_line(written)
        if line is not None:
            raise UsageError("there is a conflict marker left", line=line)
        workspace.conflicts.write(conflict, written if written.strip() else None)
    except LorefsError as error:
        if path.exists() and path.read_bytes() != text.encode("utf-8", "surrogateescape"):
            error.hint = f"your text is kept in {path}"
        else:
            path.unlink(missing_ok=True)
        raise
    path.unlink()


def _buffer(workspace: Workspace, conflict: Conflict) -> str:
    """Both outcomes; the lines on which they agree stand outside of the markers."""
    ours, theirs = (
        (workspace.conflicts.outcome(conflict, side) or "").removesuffix("\n")
        for side in ("ours", "theirs")
    )
    if ours == theirs:
        return f"{ours}\n"
    return with_markers(Sides("", ours, theirs), _LABELS) + "\n"
