"""How commands explain themselves: plain text, arguments as git writes them, examples last."""

from __future__ import annotations

import re
from typing import Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

SETTINGS: Final = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class Command(TyperCommand):
    """A command whose epilog holds examples, a line each."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:  # noqa: ANN401  # typer's own, private
        """The usage line's words, required arguments without braces around them."""
        pieces = super().collect_usage_pieces(ctx)
        return [re.sub(r"^\{(.*)\}$", r"\1", piece) for piece in pieces]

    def format_epilog(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401  # as above
        """The examples, as they are to be typed."""
        del ctx
        write_examples(formatter, self.epilog)


class Group(TyperGroup):
    """A command with commands of its own."""

    def format_epilog(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401  # as above
        """The examples, as they are to be typed."""
        del ctx
        write_examples(formatter, self.epilog)


def write_examples(formatter: Any, examples: str | None) -> None:  # noqa: ANN401  # as above
    """Write a section of lines that are not to be wrapped."""
    if not examples:
        return
    formatter.write("\nExamples:\n")
    for line in examples.strip("\n").split("\n"):
        formatter.write(f"  {line}\n")


def plain_typer(**settings: Any) -> typer.Typer:  # noqa: ANN401  # passed on as they come
    """A typer application that prints plain text and leaves errors to `failure`."""
    return typer.Typer(
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings=SETTINGS,
        **settings,
    )
