"""Hypothesis strategies for documents, entries and hostile text.

`documents()` are texts as people, programs and formatters leave them: all kinds of blocks, in
any order, with either line end. `hostile_text()` is made of the lines that a parser of such
texts is most likely to misread.
"""

from __future__ import annotations

from hypothesis import strategies as st

from lorefs.core.model import RELATION_TYPES, SENSITIVITIES, STATUSES, Entry, Relation

CATEGORIES = ("Architecture", "Decision", "Gotcha", "Pattern")

WORDS = (
    "cache lock queue `index` row **column** reader *writer* page journal_x snapshot [[link]] "
    'a:b — → 🦉 \\` \\_ <b>html</b> x--y #7 it\'s "quoted" {brace} e\u0301'
).split(" ")

# Lines that are structure at column 0, or nearly so.
STRUCTURE = (
    "",
    " ",
    "\t",
    "---",
    "- - -",
    "***",
    "=======",
    "<<<<<<< HEAD",
    "||||||| base",
    ">>>>>>> topic",
    "# Title",
    "## Long-term Knowledge",
    "### Gotcha",
    "###   Pattern ###",
    "#### Deep",
    "###### Deepest",
    "#nospace",
    "* **Bold**: text",
    "- **Bold**: text",
    "+ **Bold**:",
    "* **not closed: text",
    "* **a **b** c: T**: text",
    "* plain item",
    "*",
    "1. one",
    "2026. a year",
    "* * *",
    "```",
    "```sh",
    "````",
    "~~~",
    "  ```",
    "<!--",
    "<!-- TODO",
    "-->",
    "a --> b",
    "<!-- one line -->",
    "<!-- {confidence: 0.8} -->",
    "<!-- {broken -->",
    "<!-- lore:019df44a-0000-7000-8000-000000000000 -->",
    "<!--lore:019DF44A-0000-7000-8000-000000000001-->",
    "<!--  lore:  made-up  -->  ",
    "<!-- lore: -->",
    "<!-- lore:two words -->",
    "<pre>",
    "</pre>",
    "<div class='x'>",
    "<https://example.invalid>",
    "> quote",
    "    indented code",
    "  indented",
    " one space",
    "\tafter a tab",
    "  - nested item",
    "wrapped text",
    "text\x0bwith\x0cother\x85line\u2028ends",
    "text\rwith a return",
    "\0",
    "\udc97",
    "\ufeff",
)


def uuids() -> st.SearchStrategy[str]:
    """UUIDv7 in lower case."""
    return st.integers(0, 2**122 - 1).map(_uuid7)


def _uuid7(number: int) -> str:
    digits = f"{number:032x}"
    return "-".join(
        (digits[:8], digits[8:12], "7" + digits[13:16], "8" + digits[17:20], digits[20:])
    )


def phrases(most: int = 6) -> st.SearchStrategy[str]:
    """Some words of Markdown on one line."""
    return st.lists(st.sampled_from(WORDS), min_size=1, max_size=most).map(" ".join)


def lines() -> st.SearchStrategy[str]:
    """One line, quiet or hostile."""
    return st.one_of(phrases(), st.sampled_from(STRUCTURE))


def titles() -> st.SearchStrategy[str]:
    """Titles that every form of an entry can have."""
    return phrases(4).map(lambda title: title.strip("# "))


def contents() -> st.SearchStrategy[str]:
    """Contents of one or more lines, structure among them."""
    return st.one_of(phrases(12), st.lists(lines(), max_size=6).map("\n".join))


def entries(*, categories: tuple[str, ...] = CATEGORIES) -> st.SearchStrategy[Entry]:
    """Entries with any values that an entry can have."""
    words = st.one_of(st.sampled_from(("sqlite", "wal", "2024", "true", "a b", "x--y", "é")))
    return st.builds(
        Entry,
        id=uuids(),
        title=titles(),
        content=contents(),
        category=st.sampled_from(categories),
        confidence=st.sampled_from((1.0, 0.0, 0.8, 0.3333333333333333)),
        status=st.sampled_from(STATUSES),
        sensitivity=st.sampled_from(SENSITIVITIES),
        tags=st.frozensets(words, max_size=3).map(lambda tags: tuple(sorted(tags))),
        relations=st.frozensets(
            st.builds(Relation, st.sampled_from(RELATION_TYPES), uuids()), max_size=2
        ).map(lambda relations: tuple(sorted(relations))),
        proposed_by=st.sampled_from(("", "ada", "Ada <ada@example.invalid>", "1")),
        path=st.just(""),
        scope=st.just("team"),
        approved_by=st.just(""),
        approved_hash=st.just(""),
        extra=st.sampled_from(((), (("owner", "'x, y'"),), (("a b", "[1]"), ("x", "~")))),
    )


def metadata_comments() -> st.SearchStrategy[str]:
    """Metadata as people write it: odd quoting and spacing, known and unknown keys."""
    items = (
        "confidence: 0.8",
        "'status':  archived",
        '"sensitivity":"sensitive"',
        "tags: [a,  'b c', \"d, e\"]",
        "relations: {supersedes: [019df44a-0000-7000-8000-000000000000]}",
        'owner: it\'s "me"',
        "nested: {a: [1, {b: c}], d: 'x } y'}",
        "url: http://example.invalid/a?b",
        "proposed_by: ada",
    )
    chosen = st.lists(st.sampled_from(items), unique=True, max_size=5)
    gaps = st.sampled_from((", ", ",", " ,  "))
    edges = st.sampled_from((("<!-- {", "} -->"), ("<!--{ ", " }-->"), ("<!-- { ", ", } -->")))
    return st.builds(
        lambda items, gap, edges: edges[0] + gap.join(items) + (edges[1] if items else "} -->"),
        chosen,
        gaps,
        edges,
    )


def markers() -> st.SearchStrategy[str]:
    """Marker lines with ids of all kinds."""
    idents = st.one_of(uuids(), uuids().map(str.upper), st.sampled_from(("made-up", "1", "a--b")))
    forms = st.sampled_from(("<!-- lore:{} -->", "<!--lore:{}-->", "<!--  lore: {} -->  "))
    return st.builds(str.format, forms, idents)


@st.composite
def entry_sources(draw: st.DrawFn, *, marked: bool | None = None) -> str:
    """The source of one entry in one of its forms, claimed or not."""
    pieces: list[str] = []
    claimed = draw(st.booleans()) if marked is None else marked
    if claimed:
        pieces += [draw(markers()), draw(st.sampled_from(("\n", "\n\n", "\n \n")))]
        if draw(st.booleans()):
            pieces += [draw(metadata_comments()), draw(st.sampled_from(("\n", " \n\n")))]
    title, content = draw(titles()), draw(contents())
    if claimed and draw(st.integers(0, 4)) == 0:
        hashes = draw(st.sampled_from(("####", "#####")))
        return "".join(
            (*pieces, hashes, " ", title, draw(st.sampled_from(("\n", "\n\n"))), content)
        )
    bullet = draw(st.sampled_from(("* ", "- ", "+ ", "-   ", "*\t")))
    form = st.sampled_from(("**{}**: ", "**{}**:", "**{}**:\n\n  "))
    if claimed:
        form = st.one_of(form, st.sampled_from(("**{}** ", "{}\n", "{}")))
    indented = content.replace("\n", draw(st.sampled_from(("\n  ", "\n    ", "\n\t", "\n"))))
    return "".join((*pieces, bullet, draw(form).format(title), indented))


def blocks() -> st.SearchStrategy[str]:
    """The source of one block of any kind."""
    fence = st.builds("{0}\n{1}\n{0}".format, st.sampled_from(("```", "~~~~")), contents())
    html = st.builds("{}\n{}\n{}".format, st.sampled_from(("<pre>", "<!--")), contents(), lines())
    heading = st.builds(
        "{} {}".format,
        st.sampled_from(("#", "##", "###", "###", "###")),
        st.sampled_from(CATEGORIES),
    )
    return st.one_of(
        entry_sources(), entry_sources(marked=True), heading, lines(), contents(), fence, html
    )


@st.composite
def documents(draw: st.DrawFn) -> str:
    """A document of all kinds of blocks."""
    pieces = [draw(st.sampled_from(("", "", "\ufeff")))]
    if draw(st.integers(0, 3)) == 0:
        pieces += ["---\n", draw(st.sampled_from(("lorefs: 1\n", "", "realm: x\n# y\n"))), "---\n"]
    for source in draw(st.lists(blocks(), max_size=8)):
        pieces += [source, draw(st.sampled_from(("\n\n", "\n\n", "\n", "\n \n\n")))]
    text = "".join(pieces)
    if draw(st.booleans()):
        text = text.rstrip("\n")
    eol = draw(st.sampled_from(("\n", "\n", "\r\n", "mixed")))
    if eol == "mixed":
        return text.replace("\n", "\r\n", draw(st.integers(1, 5)))
    return text.replace("\n", eol)


def hostile_text() -> st.SearchStrategy[str]:
    """Text that no rule was written for."""
    joined = st.lists(lines(), max_size=12).map("\n".join)
    return st.one_of(
        joined,
        joined.map(lambda text: text.replace("\n", "\r\n")),
        st.text(st.sampled_from("*#-<>!`~ \t\r\n{}:|=_+a1lore\ufeff\0"), max_size=60),
        st.text(max_size=60),
    )
