"""Markdown as HTML and as plain text: what it says, and that nothing in it is obeyed."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given

from lorefs.core.markup import inline_html, to_html, to_text
from tests import strategies


class Page(HTMLParser):
    """The elements of a fragment, and where their links lead."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.names: set[str] = set()
        self.links: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.names |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name == "href"]


TAGS = set("p strong em code pre a ul ol li blockquote h1 h2 h3 h4 h5 h6 hr br".split())
NAMES = {"href", "title", "class", "start"}


def test_markdown_as_html() -> None:
    source = "Some **bold** `<b>`.\n\n- a [link](https://example.invalid/?a=1&b=2)"
    assert to_html(source) == (
        "<p>Some <strong>bold</strong> <code>&lt;b&gt;</code>.</p>\n<ul>\n"
        '<li>a <a href="https://example.invalid/?a=1&amp;b=2">link</a></li>\n</ul>\n'
    )


@pytest.mark.parametrize(
    "source",
    [
        "<script>alert(1)</script>",
        "a <img src=x onerror=alert(1)> b",
        "<!-- --><svg onload=alert(1)>",
        "![x](https://example.invalid/pixel.png)",
        '![x](y "a\\" onload=\\"z")',
        '[x](/y "a&quot; onclick=&quot;z")',
        '```a" onclick="z\nx\n```',
        "[x]: javascript:alert(1)\n\n[x]",
    ],
)  # fmt: skip
def test_nothing_in_it_is_obeyed(source: str) -> None:
    page = Page(to_html(source))
    assert page.tags <= TAGS
    assert page.names <= NAMES
    assert not [link for link in page.links if "script" in link]


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java&#x73;cript:alert(1)",
        "javascript&colon;alert(1)",
        "&#1;javascript:alert(1)",
        "&#x9;javascript:alert(1)",
        "java&#10;script:alert(1)",
        "&#8203;javascript:alert(1)",
        "data:text/html,x",
        "data:image/svg+xml,x",
        "vbscript:x",
        "file:///etc/passwd",
        "blob:x",
        "&amp;#106;avascript:alert(1)",
    ],
)
def test_a_link_to_something_else_leads_nowhere(url: str) -> None:
    for source in (f"[x](<{url}>)", f"[x]({url})", f"![x]({url})", f"<{url}>"):
        for link in Page(to_html(source)).links:
            assert link == "#"


@pytest.mark.parametrize(
    "url",
    ["https://example.invalid/a:b", "mailto:ada@example.invalid", "docs/a.md#x", "#x", "?a:b&c"],
)
def test_harmless_links_stay(url: str) -> None:
    assert Page(to_html(f"[x]({url})")).links == [url]


@given(strategies.hostile_text())
def test_every_text_renders_harmlessly(source: str) -> None:
    text = to_html(source)
    page = Page(text)
    assert page.tags <= TAGS
    assert page.names <= NAMES
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", text)
    to_text(source)


@pytest.mark.parametrize("piece", ["[", "![", "> ", "*a **b ", "<", "`", "- ", "[a]("])
def test_nesting_without_end_ends(piece: str) -> None:
    assert to_html(piece * 20_000)
    to_text(piece * 20_000)


def test_markdown_as_text() -> None:
    source = (
        "A **bold** [link](https://example.invalid) and <https://example.invalid>\\\nnext\n\n"
        "> quoted\n> lines\n\n"
        "2. two\n   - inner\n3. three\n\n"
        "* loose\n\n* list\n\n"
        "```py\ncode  # as it is\n```\n\n---\n\n#### Heading\n\n![alt](x.png)"
    )
    assert to_text(source).split("\n") == [
        "A bold link (https://example.invalid) and https://example.invalid",
        "next",
        "",
        "> quoted",
        "> lines",
        "",
        "2. two",
        "   - inner",
        "3. three",
        "",
        "- loose",
        "",
        "- list",
        "",
        "    code  # as it is",
        "",
        "---",
        "",
        "Heading",
        "",
        "alt (x.png)",
    ]


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Use `a < b`", "Use <code>a &lt; b</code>"),
        ("1. first", "1. first"),
        ("# x & y", "# x &amp; y"),
        ("", ""),
        ("<p>", "&lt;p&gt;"),
    ],
)
def test_a_title_is_one_line(title: str, expected: str) -> None:
    assert inline_html(title) == expected
