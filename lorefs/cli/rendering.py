"""Renders Markdown for a person on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lorefs.cli.output import console, safe

if TYPE_CHECKING:
    from collections.abc import Iterable

    from markdown_it.token import Token


def render(source: str) -> None:
    """Print Markdown as it is meant to look.

    Character references (`&#27;`) become characters while it is parsed, so what was parsed is
    made safe once more.
    """
    from rich.markdown import Markdown

    markdown = Markdown(safe(source), hyperlinks=False)
    _make_safe(markdown.parsed)
    console().print(markdown)


def _make_safe(tokens: Iterable[Token]) -> None:
    for token in tokens:
        token.content = safe(token.content)
        token.info = safe(token.info)
        token.attrs = {
            name: safe(value) if isinstance(value, str) else value
            for name, value in token.attrs.items()
        }
        _make_safe(token.children or ())
