"""`lorefs demo`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from lorefs.cli.here import milliseconds
from lorefs.cli.output import safe, write_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lorefs.cli.output import Span
    from lorefs.demo import Scene

EXAMPLES = """
lorefs demo
lorefs demo --keep      # leaves the repositories for you to look at
"""


def run(
    keep: Annotated[bool, typer.Option("--keep", help="Leave the repositories there.")] = False,
) -> None:
    """Show clashing edits of two people: what plain git does, and what lorefs does.

    Everything happens in real repositories in a temporary directory; yours is not touched.
    """
    from lorefs.demo import play

    for scene in play(dict(os.environ), milliseconds, keep=keep):
        write_lines(_lines(scene))


_STYLES = {"title": "bold underline", "say": "", "good": "bold green", "bad": "bold red"}


def _lines(scene: Scene) -> Iterator[list[Span]]:
    match scene.kind:
        case "title":
            yield []
            yield [(scene.text, "bold underline")]
        case "run":
            yield [("$ ", "dim"), (scene.text, "bold")]
        case "output":
            for line in scene.text.split("\n"):
                yield [(f"  {safe(line)}", _style(line))]
        case kind:
            yield [(scene.text, _STYLES[kind])]


def _style(line: str) -> str:
    """What stands out in the output of git."""
    if line.startswith(("<<<<<<<", "=======", ">>>>>>>", "CONFLICT", "Automatic merge failed")):
        return "red"
    return "dim"
