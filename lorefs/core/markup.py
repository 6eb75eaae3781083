"""Markdown as HTML and as plain text, for people; what is stored is always its source.

What stands in an entry is other people's text, and hostile text has to render as harmlessly
as any other: HTML in it is shown, not obeyed, images are links, and links lead nowhere but to
the web, to mail and to places beside the document.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any, Final

import mistune

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Token = dict[str, Any]

_SCHEMES: Final = frozenset({"http", "https", "mailto"})
_IGNORED: Final = re.compile("[\x00-\x20\x7f-\xa0\u200b-\u200f\u2028-\u202f\ufeff]")  # in a scheme
_NOWHERE: Final = "#"

# Characters without a glyph or with an effect: controls, and what changes the direction of text.
_UNSAFE: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
_REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"


def to_html(source: str) -> str:
    """A fragment of HTML; hostile nesting is shown as it was written."""
    source = _UNSAFE.sub(_REPLACEMENT, source)
    try:
        found = str(mistune.Markdown(_Renderer(escape=True))(source))
    except RecursionError:
        found = f"<pre>{html.escape(source)}</pre>\n"
    return _UNSAFE.sub(_REPLACEMENT, found)  # a character reference may have been one


def inline_html(source: str) -> str:
    """One line of Markdown as HTML, without a paragraph around it."""
    found = to_html(source).strip()
    inner = found.removeprefix("<p>").removesuffix("</p>")
    return inner if found == f"<p>{inner}</p>" and "<p>" not in inner else html.escape(source)


def to_text(source: str) -> str:
    """Plain text: without emphasis, links with their address behind them."""
    try:
        tokens: Any = mistune.Markdown(renderer=None)(source)
        return "\n".join(_blocks(tokens))
    except RecursionError:
        return source


class _Renderer(mistune.HTMLRenderer):
    def link(self, text: str, url: str, title: str | None = None) -> str:
        """A link whose attributes are of our making, whatever the version of mistune."""
        shown = f' title="{html.escape(html.unescape(title))}"' if title else ""
        return f'<a href="{html.escape(_harmless(url))}"{shown}>{text}</a>'

    def image(self, text: str, url: str, title: str | None = None) -> str:
        """A link: to load an image tells its owner who reads."""
        return self.link(text or html.escape(url), url, title)


def _harmless(url: str) -> str:
    """The address if its scheme is a harmless one; browsers overlook white space in schemes."""
    scheme = re.match("[^/?#:]*:", _IGNORED.sub("", html.unescape(url)))
    known = scheme is None or scheme[0][:-1].lower() in _SCHEMES
    return url if known else _NOWHERE


def _blocks(tokens: Iterable[Token], *, apart: bool = True) -> Iterator[str]:
    """The lines of some blocks, with a blank one between any two."""
    first = True
    for token in tokens:
        if token["type"] == "blank_line":
            continue
        if not first and apart:
            yield ""
        first = False
        yield from _BLOCKS.get(token["type"], _paragraph)(token)


def _paragraph(token: Token) -> Iterator[str]:
    yield from (_inline(token.get("children", ())) or token.get("raw", "").rstrip()).split("\n")


def _list(token: Token) -> Iterator[str]:
    attrs = token["attrs"]
    number = int(attrs.get("start", 1))
    for n, item in enumerate(token["children"]):
        if n and not token["tight"]:
            yield ""
        marker = f"{number + n}. " if attrs["ordered"] else "- "
        lines = _blocks(item["children"], apart=not token["tight"])
        yield from _indented(lines, marker, " " * len(marker))


def _quote(token: Token) -> Iterator[str]:
    yield from _indented(_blocks(token["children"]), "> ", "> ")


def _code(token: Token) -> Iterator[str]:
    yield from _indented(iter(token["raw"].rstrip("\n").split("\n")), "    ", "    ")


def _rule(_: Token) -> Iterator[str]:
    yield "---"


def _indented(lines: Iterator[str], first: str, rest: str) -> Iterator[str]:
    for n, line in enumerate(lines):
        yield f"{rest if n else first}{line}".rstrip()


_BLOCKS: Final[dict[str, Callable[[Token], Iterator[str]]]] = {
    "list": _list,
    "block_quote": _quote,
    "block_code": _code,
    "thematic_break": _rule,
}


def _inline(tokens: Iterable[Token]) -> str:
    return "".join(map(_span, tokens))


def _span(token: Token) -> str:
    kind = token["type"]
    if kind in {"linebreak", "softbreak"}:
        return "\n"
    text = _inline(token["children"]) if "children" in token else str(token.get("raw", ""))
    if kind in {"link", "image"}:
        url = token["attrs"]["url"]
        return text if url in {text, f"mailto:{text}"} else f"{text} ({url})"
    return text
