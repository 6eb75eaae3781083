"""Edits change the bytes of what they name and no other, and are read back as meant."""

from __future__ import annotations

import pytest
from hypothesis import assume, event, example, given
from hypothesis import strategies as st

from lorefs.core.claim import identify
from lorefs.core.document import (
    ENTRY,
    HEADING,
    UNCLAIMED,
    Block,
    Document,
    parse,
    serialize,
)
from lorefs.core.edit import find, insert, place, remove, replace_fields, take
from lorefs.core.model import Entry, Relation
from lorefs.core.source import Parts, cut, read_entry, tidy
from lorefs.errors import DocumentError, UnknownEntryError
from tests import strategies as lore

PATH = ".lore.md"
ID = "019e8d03-3fdf-7c3a-9d1e-2f1f6b1f0a11"
OTHER = "019e8d03-3fdf-7c3a-9d1e-2f1f6b1f0a12"
THIRD = "019e8d03-3fdf-7c3a-9d1e-2f1f6b1f0a13"

# Which part of an entry's source a field stands in.
PARTS = {"title": {"bullet", "title", "separator"}, "content": {"separator", "content"}}
METADATA_PARTS = {"metadata", "gap"}

FIELDS = {
    "title": lore.titles(),
    "content": lore.contents(),
    "confidence": st.sampled_from((1.0, 0.5)),
    "status": st.sampled_from(("active", "archived")),
    "sensitivity": st.sampled_from(("normal", "restricted")),
    "tags": st.sampled_from(((), ("a",), ("a", "b c"))),
    "relations": st.sampled_from(((), (Relation("supports", ID),))),
    "proposed_by": st.sampled_from(("", "ada")),
    "owner": st.sampled_from((None, "me", "[a, 'b']")),
}


def entry_of(document: Document, ident: str) -> Entry:
    return read_entry(document.blocks[find(document, ident)], path="", scope="team")


def ids(document: Document) -> list[str]:
    return [block.id for block in document.blocks if block.id]


def assert_reads_back(document: Document) -> None:
    """The document is what is read from its text; ids that were derived are left out."""
    found = parse(serialize(document)).blocks
    assert len(found) == len(document.blocks)
    for meant, block in zip(document.blocks, found, strict=True):
        derived = meant.kind == UNCLAIMED
        assert block == (meant._replace(id="") if derived else meant)


def others(document: Document, ident: str) -> list[tuple[str, str]]:
    return [(b.kind, b.text) for b in document.blocks if b.id != ident and b.kind != HEADING]


@st.composite
def entries_in_documents(draw: st.DrawFn) -> tuple[Document, str]:
    """A document and the id of one of its entries."""
    texts = draw(st.lists(st.one_of(lore.documents(), lore.entry_sources()), max_size=3))
    document = identify(parse("\n\n".join(("### Gotcha", *texts))), PATH)
    known = sorted({block.id for block in document.blocks if block.id})
    assume(known)
    return document, draw(st.sampled_from(known))


@given(entries_in_documents(), st.data())
def test_one_field_changes_no_byte_outside_it(
    found: tuple[Document, str], data: st.DataObject
) -> None:
    document, ident = found
    field = data.draw(st.sampled_from(sorted(FIELDS)))
    changed = data.draw(FIELDS[field])
    index = find(document, ident)
    before = document.blocks[index]
    try:
        after = replace_fields(document, ident, {field: changed})
    except DocumentError:
        event("refused")  # seldom: see --hypothesis-show-statistics
        return
    assert_reads_back(after)
    assert after.blocks[:index] == document.blocks[:index]
    assert after.blocks[index + 1 :] == document.blocks[index + 1 :]
    assert (after.bom, after.tail) == (document.bom, document.tail)
    assert_only(field, before, after.blocks[index])
    entry = entry_of(after, ident)
    if field == "owner":
        expected = {key: text for key, text in entry_of(document, ident).extra if key != field}
        assert dict(entry.extra) == expected | ({field: changed} if changed is not None else {})
    elif field != "content":
        assert getattr(entry, field) == changed
    elif not cut(before).bullet.startswith("#"):
        assert entry.content == tidy(str(changed))


def assert_only(field: str, before: Block, after: Block) -> None:
    """No part of the entry's source changed but those that hold the field."""
    allowed = PARTS.get(field, METADATA_PARTS)
    pairs = zip(Parts._fields, cut(before), cut(after), strict=True)
    changed = {name for name, old, new in pairs if old != new}
    if before.kind == UNCLAIMED and changed:
        allowed = allowed | {"marker"}
    assert changed <= allowed


@given(entries_in_documents(), st.data())
def test_setting_what_is_set_changes_no_byte(
    found: tuple[Document, str], data: st.DataObject
) -> None:
    document, ident = found
    field = data.draw(st.sampled_from(("title", "content", "category", "extra")))
    changes = {field: getattr(entry_of(document, ident), field)}
    try:
        assert replace_fields(document, ident, changes) == document
    except DocumentError:
        assert field in {"extra", "title"}, "broken metadata, or an empty title"


@given(entries_in_documents())
def test_remove_leaves_all_other_entries(found: tuple[Document, str]) -> None:
    document, ident = found
    assume(ids(document).count(ident) == 1)
    try:
        after = remove(document, ident)
    except DocumentError:
        event("refused")  # seldom: see --hypothesis-show-statistics
        return
    assert_reads_back(after)
    assert list(map(_bare, after.blocks)) == [
        _bare(block) for block in document.blocks if block.id != ident
    ]


def _bare(block: Block) -> Block:
    return block._replace(lead="")


@given(lore.documents(), lore.entries())
@example("<pre>\n<b>x</b>\n\n# A\n", Entry(ID, "T", "</pre>"))
@example("text\n<!-- open\n\n# A\n\n* **a**: b", Entry(ID, "T", "-->"))
@example(f"<!-- lore:{ID} -->\n#### S\n\n<pre>\n\n# A\n", Entry("1", "T", "</pre>", "A"))
def test_insert_leaves_all_others_in_order(text: str, entry: Entry) -> None:
    document = identify(parse(text), PATH)
    assume(entry.id not in ids(document))
    try:
        after = insert(document, entry)
    except DocumentError:
        event("refused")  # seldom: see --hypothesis-show-statistics
        return
    assert_reads_back(after)
    assert others(after, entry.id) == others(document, entry.id)
    assert entry_of(after, entry.id) == entry._replace(content=tidy(entry.content))
    again = remove(after, entry.id)
    assert others(again, entry.id) == others(document, entry.id)


@given(st.lists(lore.entries(), max_size=6, unique_by=lambda entry: entry.id))
def test_documents_of_entries_are_never_refused(entries: list[Entry]) -> None:
    document = parse("")
    for entry in entries:
        document = insert(document, entry)
    assert_reads_back(document)
    assert sorted(ids(document)) == sorted(entry.id for entry in entries)
    for category in lore.CATEGORIES:
        titles = [
            cut(block).title
            for block in document.blocks
            if block.kind == ENTRY and block.category == category
        ]
        assert titles == sorted(titles, key=lambda title: (title.casefold(), title))
    for entry in entries:
        document = replace_fields(document, entry.id, {"content": "new", "category": "Other"})
        assert_reads_back(document)
    for entry in entries:
        document = remove(document, entry.id)
    assert {block.kind for block in document.blocks} <= {HEADING}


@given(entries_in_documents(), st.sampled_from((*lore.CATEGORIES, "Brand new", "")))
def test_a_new_category_moves_the_entry(found: tuple[Document, str], category: str) -> None:
    document, ident = found
    index = find(document, ident)
    assume(ids(document).count(ident) == 1)
    try:
        after = replace_fields(document, ident, {"category": category})
    except DocumentError:
        event("refused")  # seldom: see --hypothesis-show-statistics
        return
    assert_reads_back(after)
    assert entry_of(after, ident) == entry_of(document, ident)._replace(category=category)
    assert cut(after.blocks[find(after, ident)])[1:] == cut(document.blocks[index])[1:]
    assert others(after, ident) == others(document, ident)


def lore_document(*pieces: str, eol: str = "\n") -> Document:
    return parse("\n\n".join(pieces).replace("\n", eol) + eol)


def marked(ident: str, item: str) -> str:
    return f"<!-- lore:{ident} -->\n{item}"


def text_after(document: Document, ident: str, **changes: object) -> str:
    return serialize(replace_fields(document, ident, changes))


def test_metadata_comes_and_goes() -> None:
    plain = lore_document("### A", marked(ID, "* **T**: text"))
    set_once = replace_fields(plain, ID, {"confidence": 0.5, "status": "archived"})
    assert serialize(set_once) == (
        f"### A\n\n<!-- lore:{ID} -->\n<!-- {{confidence: 0.5, status: archived}} -->\n"
        "* **T**: text\n"
    )
    assert text_after(set_once, ID, confidence=1, status="active") == serialize(plain)
    assert text_after(plain, ID, confidence=1.0, tags=(), owner=None) == serialize(plain)


def test_defaults_leave_other_keys_as_they_are() -> None:
    document = lore_document(
        "### A",
        marked(ID, "<!--{ 'x':  [1,2] ,confidence: 0.5,y: \"z\"}-->\n\n- **T**: text"),
    )
    assert "<!--{ 'x':  [1,2],y: \"z\"}-->\n\n- **T**" in text_after(document, ID, confidence=1)
    assert "<!--{ 'x':  [1,2] ,confidence: 0.9,y: \"z\"}-->\n\n- **T**" in text_after(
        document, ID, confidence=0.9
    )


def test_extra_is_the_whole_of_the_unknown_keys() -> None:
    document = lore_document("### A", marked(ID, "<!-- {x: 1, tags: [a], y: 2} -->\n* **T**: t"))
    assert "<!-- {tags: [a], y: 3, z: 4} -->" in text_after(
        document, ID, extra=(("y", "3"), ("z", "4"))
    )


def test_an_edit_of_an_unclaimed_entry_writes_its_marker() -> None:
    document = identify(lore_document("### A", "* **T**: text", eol="\r\n"), PATH)
    (ident,) = ids(document)
    assert text_after(document, ident, tags=["a"]) == (
        f"### A\r\n\r\n<!-- lore:{ident} -->\r\n<!-- {{tags: [a]}} -->\r\n* **T**: text\r\n"
    )
    assert f"<!-- lore:{ident} -->" in text_after(document, ident, category="B")


def test_line_ends_are_the_document_s() -> None:
    document = lore_document("### A", marked(ID, "* **T**: text"), eol="\r\n")
    edited = replace_fields(document, ID, {"content": "a\n\nb", "confidence": 0.5})
    after = serialize(insert(edited, Entry(OTHER, "U", "x\ny", "B")))
    assert "\n" not in after.replace("\r\n", "")


@pytest.mark.parametrize(
    ("title", "place"), [("a", 0), ("Bb", 1), ("c", 2), ("B", 0), ("D", 2), ("zz", 2), ("ÿ", 2)]
)
def test_insert_sorts_by_title_among_the_neighbours(title: str, place: int) -> None:
    document = lore_document(
        "### A", marked(OTHER, "* **b**: text"), marked(THIRD, "* **C**: text"), "### B"
    )
    assert ids(insert(document, Entry(ID, title, "", "A"))).index(ID) == place


def test_insert_keeps_the_order_it_finds() -> None:
    document = lore_document(
        "### A", marked(OTHER, "* **m**: text"), marked(THIRD, "* **a**: text")
    )
    assert ids(insert(document, Entry(ID, "c", "", "A"))) == [ID, OTHER, THIRD]
    assert ids(insert(document, Entry(ID, "z", "", "A"))) == [OTHER, THIRD, ID]


def test_insert_stands_before_what_follows_the_last_neighbour() -> None:
    document = lore_document("### A", marked(OTHER, "* **b**: text"), "<!-- End -->", "## After")
    found = [block.text for block in insert(document, Entry(ID, "c", "x", "A")).blocks]
    assert found[2:] == [marked(ID, "* **c**: x"), "<!-- End -->", "## After"]


def test_a_missing_category_is_made_at_the_end() -> None:
    assert serialize(insert(parse(""), Entry(ID, "T", "text", "A"))) == (
        f"### A\n\n{marked(ID, '* **T**: text')}\n"
    )
    document = insert(lore_document("### A", "text"), Entry(ID, "T", "text", "B"))
    assert serialize(document) == f"### A\n\ntext\n\n### B\n\n{marked(ID, '* **T**: text')}\n"
    under = insert(lore_document("# P", "## A", "text", "## B"), Entry(ID, "T", "x", "A"))
    assert [block.category for block in under.blocks] == ["P", "A", "", "A", "B"]


def test_no_category_is_above_all_categories() -> None:
    document = insert(lore_document("# P", "text", "## A"), Entry(ID, "T", "x"))
    assert [block.kind for block in document.blocks] == [HEADING, "prose", ENTRY, HEADING]
    first = insert(lore_document("## A"), Entry(ID, "T", "x"))
    assert serialize(first) == f"{marked(ID, '* **T**: x')}\n\n## A\n"


def test_a_missing_final_line_end_stays_missing() -> None:
    document = parse(f"### A\n\n{marked(ID, '* **T**: text')}")
    assert serialize(insert(document, Entry(OTHER, "U", "x", "A"))).endswith("**U**: x")
    assert serialize(remove(document, ID)) == "### A"


def test_remove_keeps_blocks_apart() -> None:
    text = f"before\n\n{marked(ID, '* **T**: text')}\n=======\nafter\n"
    assert serialize(remove(parse(text), ID)) == "before\n\n=======\nafter\n"
    assert serialize(remove(parse(f"{marked(ID, '* a')}\n\nafter\n"), ID)) == "after\n"


def test_take_and_place_keep_the_source() -> None:
    source = marked(ID, "<!-- {x:  1} -->\n\n-   **T**:\n\n    text")
    left, block = take(lore_document("### A", source, "### B"), ID)
    assert ids(left) == []
    moved = place(lore_document("### B", "note", eol="\r\n"), block, "B")
    assert moved.blocks[2].text == source
    assert_reads_back(moved)


@pytest.mark.parametrize(
    "content",
    [
        marked(OTHER, "* **U**: x"),
        "### Heading",
        "text\n\n#### Peer",
        "<!-- open\n\n<!-- lore:x -->\n* y",
    ],
)
def test_content_of_a_section_that_would_be_structure_is_refused(content: str) -> None:
    document = lore_document("### A", marked(ID, "#### T\n\ntext"), marked(THIRD, "* **V**: y"))
    with pytest.raises(DocumentError):
        replace_fields(document, ID, {"content": content})
    assert_reads_back(replace_fields(document, ID, {"content": "##### Deeper\n\n* item"}))


def test_remove_that_would_close_a_half_typed_comment_is_refused() -> None:
    document = lore_document("<!-- half-typed", "### A", marked(ID, "* **T**: t"), "* **B**: --> x")
    with pytest.raises(DocumentError):
        remove(document, ID)


def test_remove_that_would_give_a_marker_another_body_is_refused() -> None:
    document = parse(f"### A\n\n<!-- lore:{OTHER} -->\n\n{marked(ID, '* **T**: t')}\n\n* item\n")
    with pytest.raises(DocumentError):
        remove(document, ID)


@pytest.mark.parametrize(
    "entry",
    [
        Entry("two words", "T"),
        Entry("", "T"),
        Entry("a>b", "T"),
        Entry(ID, ""),
        Entry(ID, "two\nlines"),
        Entry(ID, "a **b**: c"),
        Entry(ID, "T", category="two\nlines"),
        Entry(ID, "T", category=" spaced "),
        Entry(ID, "T", category="closed #"),
        Entry(ID, "T", confidence=2),
        Entry(ID, "T", extra=(("k", "}"),)),
        Entry(OTHER, "T"),
    ],
)
def test_entries_that_cannot_be_written(entry: Entry) -> None:
    with pytest.raises(DocumentError):
        insert(lore_document("### A", marked(OTHER, "* **U**: x")), entry)


def test_unknown_entries_and_fields_of_the_place() -> None:
    document = lore_document("### A", marked(ID, "* **T**: text"))
    with pytest.raises(UnknownEntryError):
        replace_fields(document, OTHER, {"title": "x"})
    with pytest.raises(UnknownEntryError):
        remove(document, OTHER)
    with pytest.raises(ValueError, match="path"):
        replace_fields(document, ID, {"path": "docs"})


def test_broken_metadata_is_not_written_over() -> None:
    document = lore_document("### A", marked(ID, "<!-- {broken: [} -->\n* **T**: text"))
    with pytest.raises(DocumentError):
        replace_fields(document, ID, {"confidence": 0.5})
    assert "{broken: [}" in text_after(document, ID, title="New")
