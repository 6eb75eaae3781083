"""`lorefs merge-file`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from lorefs.cli.output import one_line, write_lines
from lorefs.core.document import decode, encode
from lorefs.core.merge import Settings, Sides, merge_document
from lorefs.errors import ExitStatus, RefusedError, UsageError

EXAMPLES = """
lorefs merge-file base.md ours.md theirs.md -o merged.md
lorefs merge-file /dev/null ours.md theirs.md      # no common ancestor
"""


def _argument(name: str, words: str) -> Any:  # noqa: ANN401  # typer says no more either
    return typer.Argument(metavar=name, help=words, exists=True, dir_okay=False, show_default=False)


def run(
    base: Annotated[Path, _argument("BASE", "What both sides started from.")],
    ours: Annotated[Path, _argument("OURS", "One side.")],
    theirs: Annotated[Path, _argument("THEIRS", "The other side.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="OUT", help="Where to write it.")
    ] = None,
) -> ExitStatus:
    """Merge three versions of a document by entry, and print the result.

    Exits with 1 where both sides changed one thing, and leaves conflict markers there.
    """
    files = Sides(base, ours, theirs)
    settings = Settings(on_clash="markers", labels=Sides(*map(str, files)))
    merged = merge_document(Sides(*map(_read, files)), settings=settings)
    data = encode(merged.text or "")
    if output is None:
        sys.stdout.buffer.write(data)
    else:
        _replace(output, data)
    for clash in merged.conflicts:
        words = f"{clash.field} of entry {clash.entry}" if clash.entry else clash.field
        write_lines([[("conflict: ", "bold red"), (one_line(words), "")]], sys.stderr)
    return ExitStatus.FINDINGS if merged.conflicts else ExitStatus.DONE


def _read(file: Path) -> str:
    try:
        return decode(file.read_bytes())
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}", path=str(file)) from error


def _replace(file: Path, data: bytes) -> None:
    """Write a file in one step, so that a reader never sees half of it."""
    new = file.with_name(f".{file.name}.lorefs-{os.getpid()}")
    try:
        new.write_bytes(data)
        new.replace(file)
    except OSError as error:
        new.unlink(missing_ok=True)
        raise RefusedError(f"{file} cannot be written: {error.strerror}", path=str(file)) from error
