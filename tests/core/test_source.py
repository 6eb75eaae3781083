"""An entry's source is cut at its fields, and values written into it are read back."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lorefs.core.document import ENTRY, UNCLAIMED, Block, parse
from lorefs.core.model import Entry, Relation
from lorefs.core.source import (
    Parts,
    cut,
    is_heading_form,
    metadata_problem,
    read_content,
    read_entry,
    tidy,
    write_content,
    write_entry,
    write_title,
)
from lorefs.errors import DocumentError
from tests import strategies as lore

ID = "019e8d03-3fdf-7c3a-9d1e-2f1f6b1f0a11"
MARKER = f"<!-- lore:{ID} -->"


def entry_block(source: str) -> Block:
    """The one entry that a source holds, as a document has it."""
    block = parse(f"### Gotcha\n\n{source}\n").blocks[1]
    assert block.kind in {ENTRY, UNCLAIMED}
    return block


def item(body: str) -> Block:
    block = entry_block(f"{MARKER}\n{body}")
    assert block.text == f"{MARKER}\n{body}"
    return block


@given(st.one_of(lore.documents(), lore.hostile_text()))
def test_parts_are_the_source(text: str) -> None:
    for block in parse(text).blocks:
        parts = cut(block)
        assert "".join(parts) == block.text
        if block.kind in {ENTRY, UNCLAIMED}:
            assert parts.bullet
            assert "\n" not in parts.title
            assert bool(parts.marker) == (block.kind == ENTRY)


@pytest.mark.parametrize(
    ("body", "parts"),
    [
        ("* **T**: text", ("* **", "T", "**: ", "text")),
        ("- **T**:text", ("- **", "T", "**", ":text")),
        ("+\t**T**:  text", ("+\t**", "T", "**:  ", "text")),
        ("* **T**:", ("* **", "T", "**:", "")),
        ("* **T**", ("* **", "T", "**", "")),
        ("* **T** text", ("* **", "T", "** ", "text")),
        ("* **T:** text", ("* **", "T:", "** ", "text")),
        ("* **a **b** c: T**: text", ("* **", "a **b** c: T", "**: ", "text")),
        ("* **T**: a **b**: c", ("* **", "T", "**: ", "a **b**: c")),
        ("* **T** a **b**: c", ("* **", "T** a **b", "**: ", "c")),
        ("* **T**:\n  text\n  more", ("* **", "T", "**:\n", "  text\n  more")),
        ("* **T**:\n\n  text", ("* **", "T", "**:\n\n", "  text")),
        ("* a title", ("* ", "a title", "", "")),
        ("* a title\n  text", ("* ", "a title", "\n", "  text")),
        ("* a title\n\n  text", ("* ", "a title", "\n\n", "  text")),
        ("* **open: text", ("* ", "**open: text", "", "")),
        ("* ****: text", ("* ", "****: text", "", "")),
        ("#### T\n\ntext\n\nmore", ("#### ", "T", "\n\n", "text\n\nmore")),
        ("##### T ##\ntext", ("##### ", "T", " ##\n", "text")),
        ("#### C#", ("#### ", "C#", "", "")),
    ],
)
def test_cut(body: str, parts: tuple[str, str, str, str]) -> None:
    assert cut(item(body))[3:] == parts


def test_cut_of_what_stands_above_the_body() -> None:
    source = f"{MARKER}\n\n<!-- {{confidence: 0.8}} --> \n\n- **T**: text"
    parts = cut(entry_block(source))
    assert parts[:3] == (f"{MARKER}\n\n", "<!-- {confidence: 0.8} -->", " \n\n")


@pytest.mark.parametrize("text", ["<<<<<<< ours\n* **T**: x", "prose", "### Heading", ""])
def test_what_is_no_entry_is_all_content(text: str) -> None:
    assert cut(Block("prose", "", text)) == ("", "", "", "", "", "", text)


@pytest.mark.parametrize(
    ("body", "content"),
    [
        ("* **T**: text  ", "text"),
        (
            "* **T**: text\n  more\n\n  second\n\n  - a\n    - b",
            "text\nmore\n\nsecond\n\n- a\n  - b",
        ),
        ("* **T**: text\nlazy\n one space", "text\nlazy\n one space"),
        ("* **T**:\n\n  ```\n  code\n\n    deep\n  ```", "```\ncode\n\n  deep\n```"),
        ("* **T**:\n\n\tcode\n\t\tdeep", "code\n\tdeep"),
        ("-   **T**: text\n\n    four\n\n    - x", "text\n\nfour\n\n- x"),
        ("-   **T**: text\n\n  two\n\n    - x", "text\n\ntwo\n\n  - x"),
        ("*       **T**: text\n\n  two", "text\n\ntwo"),
        ("* **T**: text\n  \n  more\n   ", "text\n\nmore"),
        ("* **T**: text\r\n\r\n  more", "text\n\nmore"),
        ("* title\n  text", "text"),
        ("#### T\n\n  text\n\n    code", "  text\n\n    code"),
    ],
)
def test_read_content(body: str, content: str) -> None:
    assert read_content(cut(entry_block(f"{MARKER}\n{body}"))) == content


@given(lore.documents())
def test_the_fast_path_reads_the_same(text: str) -> None:
    for block in parse(text).blocks:
        if block.kind in {ENTRY, UNCLAIMED}:
            parts = cut(block)
            entry = read_entry(block, path="", scope="team")
            assert (entry.title, entry.content) == (parts.title.strip(), read_content(parts))


@given(lore.entry_sources(), lore.contents())
def test_content_is_read_back(source: str, value: str) -> None:
    block = parse(f"### C\n\n{source}").blocks[1]
    assume(block.kind in {ENTRY, UNCLAIMED})
    before = cut(block)
    after = write_content(before, value)
    again = cut(block._replace(text="".join(after)))
    assert again.title == before.title
    assert again[:3] == before[:3]
    if not is_heading_form(before):
        assert read_content(again) == tidy(value)
        assert parse(f"### C\n\n{''.join(after)}").blocks[1:] == (
            block._replace(text="".join(after), lead="\n\n"),
        )
    assert write_content(again, tidy(value)) == again, "writing it again changes nothing"


@given(lore.entry_sources())
def test_writing_the_same_content_changes_no_byte(source: str) -> None:
    for block in parse(f"### C\n\n{source}").blocks:
        parts = cut(block)
        assert write_content(parts, read_content(parts)) == parts


@given(lore.contents())
def test_tidy_values_stay(value: str) -> None:
    assert tidy(tidy(value)) == tidy(value)


@pytest.mark.parametrize(
    ("body", "value", "expected"),
    [
        ("* **T**: old", "new", "* **T**: new"),
        ("* **T**: old", "a\n\nb\n  c", "* **T**: a\n\n  b\n    c"),
        ("* **T**: old", "- a\n- b", "* **T**:\n\n  - a\n  - b"),
        ("* **T**: old", "    code", "* **T**:\n\n      code"),
        ("* **T**: old", "", "* **T**:"),
        ("* **T**", "new", "* **T** new"),
        ("* **T** old", "a **b**: c", "* **T**: a **b**: c"),
        ("* **T**:\n\n  old", "new", "* **T**:\n\n  new"),
        ("-   **T**: old", "a\nb", "-   **T**: a\n    b"),
        ("* title", "new", "* title\n\n  new"),
        ("* title\n  old", "new", "* title\n  new"),
        ("#### T\n\nold", "- a\n\n    b", "#### T\n\n- a\n\n    b"),
        ("#### T", "new", "#### T\n\nnew"),
        ("#### T\n\nold", "", "#### T"),
    ],
)
def test_write_content(body: str, value: str, expected: str) -> None:
    parts = write_content(cut(item(body)), value)
    assert "".join(parts) == f"{MARKER}\n{expected}"


def test_content_takes_the_line_ends_of_its_entry() -> None:
    block = entry_block(f"{MARKER}\r\n* **T**: old")
    assert write_content(cut(block), "a\nb").content == "a\r\n  b"
    unclaimed = entry_block("* **T**: old")
    assert write_content(cut(unclaimed), "a\nb", eol="\r\n").content == "a\r\n  b"


@given(lore.entry_sources(), lore.titles())
def test_titles_are_read_back(source: str, title: str) -> None:
    block = parse(f"### C\n\n{source}").blocks[1]
    assume(block.kind in {ENTRY, UNCLAIMED})
    before = cut(block)
    after = cut(block._replace(text="".join(write_title(before, title))))
    assert after.title == title
    assert read_content(after) == read_content(before)
    assert after[:3] == before[:3]


@pytest.mark.parametrize(
    ("body", "title", "expected"),
    [
        ("* **T**: text", "a **b** c", "* **a **b** c**: text"),
        ("* **T**", "a **b", "* **a **b**:"),
        ("* **T** text", "New", "* **New** text"),
        ("* title", "* *", "* *** ***:"),
        ("* title", "**new** title", "* ****new** title**:"),
        ("#### T", "New #1", "#### New #1"),
    ],
)
def test_write_title(body: str, title: str, expected: str) -> None:
    assert "".join(write_title(cut(item(body)), title)) == f"{MARKER}\n{expected}"


@pytest.mark.parametrize(
    ("body", "title"),
    [
        ("* **T**: text", ""),
        ("* **T**: text", "  "),
        ("* **T**: text", "two\nlines"),
        ("* **T**: text", "two\rlines"),
        ("* **T**: text", "a **b**: c"),
        ("#### T", "New #"),
    ],
)
def test_titles_that_cannot_stand(body: str, title: str) -> None:
    with pytest.raises(DocumentError):
        write_title(cut(item(body)), title)


@given(lore.entries(), st.sampled_from(("\n", "\r\n")))
def test_entries_are_read_back(entry: Entry, eol: str) -> None:
    source = write_entry(entry, eol=eol)
    assert "\n" not in source.replace(eol, "")
    document = parse(f"### {entry.category}{eol}{eol}{source}{eol}")
    block = document.blocks[1]
    assert len(document.blocks) == 2
    assert read_entry(block, path="", scope="team") == entry._replace(content=tidy(entry.content))
    assert metadata_problem(block) is None


def test_a_plain_entry_has_no_metadata() -> None:
    assert write_entry(Entry(ID, "T", "text")) == f"{MARKER}\n* **T**: text"


def test_all_fields() -> None:
    entry = Entry(
        ID, "T", "text", "Gotcha", "docs", "personal", 0.8, "archived", "sensitive",
        ("b c", "wal"), (Relation("supersedes", ID),), "ada", "bob", "ab12", (("k", "'v'"),),
    )  # fmt: skip
    source = write_entry(entry)
    assert source.split("\n")[1] == (
        '<!-- {confidence: 0.8, status: archived, sensitivity: sensitive, tags: ["b c", wal], '
        f"relations: {{supersedes: [{ID}]}}, proposed_by: ada, approved_by: bob, "
        "approved_hash: ab12, k: 'v'} -->"
    )
    assert read_entry(entry_block(source), path="docs", scope="personal") == entry


def test_bad_metadata_reads_as_default_and_is_reported() -> None:
    block = item("<!-- {confidence: high, tags: [a]} -->\n* **T**: text")
    entry = read_entry(block, path="")
    assert (entry.confidence, entry.tags) == (1.0, ("a",))
    found = metadata_problem(block)
    assert found is not None
    assert found.found == "high"
    assert metadata_problem(item("* **T**: text")) is None


def test_parts_of_a_body_alone() -> None:
    assert cut(Block(UNCLAIMED, "", "* **T**: text")) == Parts(
        "", "", "", "* **", "T", "**: ", "text"
    )
