"""Renders entries for people: on a terminal, and as a piece of a web page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lorefs.cli.output import console, one_line, safe

if TYPE_CHECKING:
    from collections.abc import Iterable

    from markdown_it.token import Token

    from lorefs.store import Row


def render(source: str) -> None:
    """Print Markdown as it is meant to look.

    Character references (`&#27;`) become characters while it is parsed, so what was parsed is
    made safe once more.
    """
    from rich.markdown import Markdown

    markdown = Markdown(safe(source), hyperlinks=False)
    _make_safe(markdown.parsed)
    console().print(markdown)


def article(row: Row) -> str:
    """An entry as an HTML fragment in which nothing is obeyed that stands in the entry."""
    from html import escape

    from lorefs.core.markup import inline_html, to_html

    entry = row.entry
    facts = [entry.category, row.document, *(f"#{tag}" for tag in entry.tags)]
    return "\n".join(
        (
            f'<article id="lore-{escape(safe(entry.id))}">',
            f"<h2>{inline_html(entry.title)}</h2>",
            f"<p>{escape(' · '.join(map(one_line, filter(None, facts))))}</p>",
            f"{to_html(entry.content)}</article>",
        )
    )


def _make_safe(tokens: Iterable[Token]) -> None:
    for token in tokens:
        token.content = safe(token.content)
        token.info = safe(token.info)
        token.attrs = {
            name: safe(value) if isinstance(value, str) else value
            for name, value in token.attrs.items()
        }
        _make_safe(token.children or ())
