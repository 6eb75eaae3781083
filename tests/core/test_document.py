"""Documents keep every byte, and their blocks are what people take them for."""

from __future__ import annotations

import json
import re
import runpy
import sys
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lorefs.core import scan as scanner
from lorefs.core.document import (
    ENTRY,
    FRONT_MATTER,
    HEADING,
    PROSE,
    UNCLAIMED,
    Document,
    conflict_marker_line,
    decode,
    encode,
    line_end,
    line_of,
    parse,
    serialize,
)
from tests import strategies as lore

ID = "019e8d03-3fdf-7c3a-9d1e-2f1f6b1f0a11"
MARKER = f"<!-- lore:{ID} -->"


def kinds(text: str, *, lore: bool = True) -> list[tuple[str, str]]:
    return [(block.kind, block.text) for block in parse(text, lore=lore).blocks]


def assert_tiles(text: str, document: Document) -> None:
    assert serialize(document) == text
    for block in document.blocks:
        assert block.text.strip(" \t\r\n"), "a block holds text"
        assert not block.lead.strip(" \t\r\n"), "a lead holds none"
        assert block.text[0] != "\n"
    for block in document.blocks[1:]:
        assert "\n" in block.lead, "blocks start on lines of their own"
    assert not document.tail.strip(" \t\r\n")
    assert document.tail.startswith(("\n", "\r\n")) or not document.blocks or not document.tail


@given(st.one_of(lore.documents(), lore.hostile_text()), st.booleans())
@example("<!--\n", True)
@example("\r", True)
@example("* **a**: b\n\r\r\n", True)
def test_every_text_survives(text: str, by_name: bool) -> None:
    assert_tiles(text, parse(text, lore=by_name))


@given(st.binary())
def test_every_byte_survives(data: bytes) -> None:
    assert encode(serialize(parse(decode(data)))) == data


def test_real_documents_survive(corpus: Path) -> None:
    for path in sorted((corpus / "blobs").iterdir()):
        text = decode(path.read_bytes())
        assert_tiles(text, parse(text))


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory, corpus: Path) -> Path:
    generator = corpus.parent / "tools" / "gen_hostile.py"
    if not generator.exists():
        pytest.skip("no generator of hostile documents beside the corpus")
    folder = tmp_path_factory.mktemp("hostile")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", [str(generator), str(folder)])
        patch.setattr(sys, "path", sys.path[:])
        runpy.run_path(str(generator), run_name="__main__")
    return folder


def test_hostile_documents(hostile: Path) -> None:
    listing = json.loads((hostile / "hostile.json").read_text(encoding="utf-8"))
    assert len(listing) > 30
    found = {}
    for name in listing:
        text = decode((hostile / name).read_bytes())
        document = parse(text)
        assert_tiles(text, document)
        ids = {block.id for block in document.blocks if block.kind == ENTRY}
        found[name] = len(ids) + sum(block.kind == UNCLAIMED for block in document.blocks)
    assert found == {name: facts["entries"] for name, facts in listing.items()}


NEARLY_USUAL = (
    MARKER,
    f"<!-- lore:{ID.upper()} -->",
    "<!-- lore:0 -->",
    "* **T**: text",
    "- **T**: text\r",
    "* ***",
    "* ** **",
    "* **",
    "* item",
    "### H",
    "<!-- comment",
    "text",
    "  indented",
)


@given(
    st.one_of(
        lore.documents(),
        st.lists(st.sampled_from((*NEARLY_USUAL, "", "", "")), max_size=12).map("\n".join),
    )
)
@example(f"{MARKER}\n* **T**: text\n\n{MARKER}\n* **T**: text\n")
def test_the_fast_path_only_saves_time(text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scanner, "_USUAL", re.compile(r"(?!)"))
        slow = scanner.scan(text)
    assert scanner.scan(text) == slow


def test_kinds_of_blocks() -> None:
    text = (
        "---\nlorefs: 1\n---\n# Project\n\nSome prose\nof two lines.\n\n## Lore\n\n### Gotcha\n\n"
        f"{MARKER}\n<!-- {{confidence: 0.8}} -->\n* **Claimed**: text\n\n  more\n\n"
        "- **By hand**: text\n* no entry\n"
    )
    document = parse(text)
    assert [(b.kind, b.id, b.category, b.level) for b in document.blocks] == [
        (FRONT_MATTER, "", "", 0),
        (HEADING, "", "Project", 1),
        (PROSE, "", "", 0),
        (HEADING, "", "Lore", 2),
        (HEADING, "", "Gotcha", 3),
        (ENTRY, ID, "Gotcha", 0),
        (UNCLAIMED, "", "Gotcha", 0),
        (PROSE, "", "", 0),
    ]
    assert document.blocks[5].text.endswith("\n\n  more")
    assert [line_of(document, n) for n in range(8)] == [1, 4, 6, 9, 11, 13, 19, 20]


@pytest.mark.parametrize(
    ("heading", "title"),
    [
        ("### Gotcha", "Gotcha"),
        ("###   Gotcha  ", "Gotcha"),
        ("### Gotcha ###", "Gotcha"),
        ("### C#", "C#"),
        ("###\tGotcha\t#", "Gotcha"),
        ("###", ""),
        ("### #", ""),
    ],
)
def test_titles_of_headings(heading: str, title: str) -> None:
    (block,) = parse(heading + "\n").blocks
    assert (block.kind, block.category, block.level) == (HEADING, title, 3)


@pytest.mark.parametrize("line", ["###Gotcha", "#### Gotcha", " ### Gotcha", "####### Gotcha"])
def test_no_headings(line: str) -> None:
    assert kinds(line + "\n") == [(PROSE, line)]


def test_the_nearest_heading_names_the_category() -> None:
    item = "* **T**: text"
    headings = ["## A", "### B", "## C", "### D", "# E", "### F"]
    document = parse("\n\n".join(text for heading in headings for text in (heading, item)))
    categories = [block.category for block in document.blocks if block.kind != HEADING]
    assert categories == ["A", "B", "C", "D", "", "F"]
    assert document.blocks[9].kind == PROSE, "below a level-1 heading alone nothing is claimed"


def test_unclaimed_entries_of_other_documents_need_a_marked_neighbour() -> None:
    text = f"### A\n\n* **One**: text\n\n### B\n\n* **Two**: text\n\n{MARKER}\n* **Three**: text\n"
    assert [kind for kind, _ in kinds(text)].count(UNCLAIMED) == 2
    assert kinds(text, lore=False)[1] == (PROSE, "* **One**: text")
    assert kinds(text, lore=False)[3] == (UNCLAIMED, "* **Two**: text")


@pytest.mark.parametrize(
    "marker",
    [
        f"<!--lore:{ID}-->",
        f"<!--  lore:  {ID}  -->  ",
        f"<!-- lore:{ID.upper()} -->",
        f"<!-- lore:{ID} -->\n",
        f"<!-- lore:{ID} -->\n \n\n",
        f"<!-- lore:{ID} -->\n<!-- {{broken }} -->\n",
        f"<!-- lore:{ID} -->\n\n<!--{{tags: [a]}}-->\n\n",
    ],
)
@pytest.mark.parametrize("body", ["* **T**: text", "- **T**:", "+ no bold title", "#### T\n\ntext"])
def test_markers(marker: str, body: str) -> None:
    (block,) = parse(f"{marker}\n{body}\n").blocks
    assert (block.kind, block.id, block.text) == (ENTRY, ID, f"{marker}\n{body}")


def test_an_id_that_someone_made_up_is_kept_as_it_is() -> None:
    (block,) = parse("<!-- lore:Made-Up -->\n* **T**: text\n").blocks
    assert (block.kind, block.id) == (ENTRY, "Made-Up")


@pytest.mark.parametrize(
    "line",
    [
        f" {MARKER}",
        f"{MARKER} and more",
        "<!-- lore: -->",
        "<!-- lore:two words -->",
        f"<!-- Lore:{ID} -->",
        f"<!-- lore:{ID} --> <!-- x -->",
    ],
)
def test_no_markers(line: str) -> None:
    assert [kind for kind, _ in kinds(f"### C\n\n{line}\n\n* **T**: text\n")][-1] == UNCLAIMED


@pytest.mark.parametrize("body", ["text", "1. one", "### H", "* * *", "*", "", "<!-- {} -->", "*x"])
def test_a_marker_without_a_body_is_prose(body: str) -> None:
    document = parse(f"{MARKER}\n\n{body}\n\n{MARKER}\n* **T**: text\n")
    assert document.blocks[0] == ("prose", "", MARKER, "", "", 0)
    assert document.blocks[-1].kind == ENTRY


@pytest.mark.parametrize(
    "line",
    [
        MARKER,
        "<!-- a comment -->",
        "# H",
        "###### H",
        "* item",
        "- item",
        "1. item",
        "```",
        "~~~ sh",
        "<<<<<<< HEAD",
        "||||||| base",
        "=======",
        ">>>>>>> topic",
        "---",
        "_ _ _",
    ],
)
def test_what_ends_an_item_without_a_blank_line(line: str) -> None:
    first = parse(f"{MARKER}\n* **T**: text\n{line}\n").blocks[0]
    assert first.text == f"{MARKER}\n* **T**: text"


@pytest.mark.parametrize(
    "line",
    [
        "lazy text",
        "  indented",
        "\n  indented",
        "\n\ttab",
        " \tx",
        "2026. was",
        "> q",
        "<b>x",
        "==",
    ],
)
def test_what_goes_on_an_item(line: str) -> None:
    first, *rest = parse(f"{MARKER}\n* **T**: text\n{line}\n\nprose\n").blocks
    assert first.text == f"{MARKER}\n* **T**: text\n{line}"
    assert [block.text for block in rest] == ["prose"]


def test_a_heading_body_ends_at_a_marker_or_a_peer() -> None:
    body = "#### T\n\n##### below\n\n```\n# no heading\n```\n\n<!--\n#### none\n-->\n\n* item\n"
    for end in (MARKER + "\n* **U**: x", "#### Peer", "# Above"):
        blocks = parse(f"{MARKER}\n{body}\n\n{end}\n").blocks
        assert blocks[0].text == f"{MARKER}\n{body}".rstrip("\n")
        assert blocks[1].text == end


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("```", "```"),
        ("```sh", "````"),
        ("~~~~ a`b", "~~~~  "),
        ("<pre>", "x</PRE> y"),
        ("<script >\n", "</script>"),
        ("<!-- x", "x --> y"),
        ("<div>", "</div>"),
    ],
)
def test_nothing_in_code_and_html_is_an_entry(start: str, end: str) -> None:
    hidden = f"{start}\n### H\n* **T**: text\n{end}"
    assert kinds(f"before\n{hidden}\n\n{MARKER}\n* **T**: text\n") == [
        (PROSE, "before"),
        (PROSE, hidden),
        (ENTRY, f"{MARKER}\n* **T**: text"),
    ]


@pytest.mark.parametrize("start", ["```", "~~~", "<!-- TODO", "<!--", "<pre>", "---", "``` a`b"])
def test_a_half_typed_line_hides_no_entry(start: str) -> None:
    entry = f"{MARKER}\n* **T**: text\n\n  ```sh\n  code\n  ```"
    text = f"{start}\n\n{entry}\n\n### C\n\n* **U**: text\n"
    assert [kind for kind, _ in kinds(text)] == [PROSE, ENTRY, HEADING, UNCLAIMED]


def test_front_matter_is_closed_and_holds_no_entry() -> None:
    assert kinds("---\na: 1\n---\ntext\n")[0] == (FRONT_MATTER, "---\na: 1\n---")
    assert kinds("---  \r\n---\r\n") == [(FRONT_MATTER, "---  \r\n---")]
    assert kinds(" ---\na: 1\n---\n")[0][0] == PROSE
    assert kinds("----\na: 1\n---\n")[0][0] == PROSE
    text = f"---\n<!-- a comment -->\n\n{MARKER}\n* **T**: text\n\n---\n"
    assert [kind for kind, _ in kinds(text)] == [PROSE, ENTRY, PROSE]
    assert kinds("---\n<!-- a comment -->\n---\n")[0][0] == FRONT_MATTER


def test_carriage_returns_belong_to_line_ends() -> None:
    text = f"### A\r\n\r\n{MARKER}\r\n* **T**: text\r\n\r\n  more\r\n\r\nprose\r\n"
    document = parse(text)
    assert [block.lead for block in document.blocks] == ["", "\r\n\r\n", "\r\n\r\n"]
    assert document.tail == "\r\n"
    assert line_end(document) == "\r\n"
    assert document.blocks[1].text == f"{MARKER}\r\n* **T**: text\r\n\r\n  more"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\n<<<<<<< HEAD\n", 2),
        ("a\n\n=======\n", 3),
        ("=======\r\n", 1),
        ("\ufeff>>>>>>> b", 1),
        ("a\n||||||||||| base\n", 2),
        ("a\n=======\n>>>>>>> b\n", 3),
        ("a\n<<<<<<<\n=======\n", 2),
        ("Heading\n=======\n", None),
        (" <<<<<<< HEAD\n", None),
        ("<<<<<< HEAD\n", None),
        ("<<<<<<<HEAD\n", None),
        ("text ======= text\n", None),
        ("", None),
    ],
)
def test_conflict_markers(text: str, line: int | None) -> None:
    assert conflict_marker_line(text) == line
