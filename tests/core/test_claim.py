"""Hand-written entries have one id everywhere, and keep it."""

from __future__ import annotations

from hypothesis import given

from lorefs.core.claim import claim, identify, with_markers
from lorefs.core.document import ENTRY, UNCLAIMED, Document, parse, serialize
from lorefs.core.ids import derived_id
from lorefs.core.source import cut
from tests import strategies as lore

PATH = ".lore.md"
ID = "019e8d03-3fdf-7c3a-9d1e-2f1f6b1f0a11"
OTHER = "019e8d03-3fdf-7c3a-9d1e-2f1f6b1f0a12"


def document(*items: str) -> Document:
    return parse("### Gotcha\n\n" + "\n\n".join(items) + "\n")


def marked(ident: str, item: str) -> str:
    return f"<!-- lore:{ident} -->\n{item}"


def ids(found: Document) -> list[str]:
    return [block.id for block in found.blocks if block.kind in {ENTRY, UNCLAIMED}]


def identified(*items: str, base: Document | None = None) -> list[str]:
    return ids(identify(document(*items), PATH, base))


@given(lore.documents())
def test_identifying_changes_no_byte(text: str) -> None:
    found = identify(parse(text), PATH)
    assert serialize(found) == text
    derived = [block.id for block in found.blocks if block.kind == UNCLAIMED]
    assert all(derived)
    assert len(set(derived)) == len(derived)
    assert not set(derived) & {block.id for block in found.blocks if block.kind == ENTRY}
    assert identify(found, PATH) == found
    assert identify(found, PATH, found) == found


@given(lore.documents())
def test_claimed_documents_are_read_back(text: str) -> None:
    found = claim(parse(text), PATH)
    again = parse(serialize(found))
    assert again == found
    assert not any(block.kind == UNCLAIMED for block in again.blocks)
    assert claim(again, PATH) == again


@given(lore.documents())
def test_claiming_gives_the_ids_that_were_derived(text: str) -> None:
    assert ids(claim(parse(text), PATH)) == ids(identify(parse(text), PATH))


def test_ids_come_from_path_title_and_ordinal() -> None:
    found = identified("* **A**: one", "* **B**: two", "* **A**: three")
    assert found == [derived_id(PATH, "A"), derived_id(PATH, "B"), derived_id(PATH, "A", 1)]


def test_an_ordinal_skips_the_id_of_a_claimed_entry() -> None:
    first = derived_id(PATH, "A")
    assert identified(marked(first, "* **A**: one"), "* **A**: two")[1] == derived_id(PATH, "A", 1)


def test_editing_the_text_keeps_the_id() -> None:
    base = document(marked(ID, "* **A**: one"))
    assert identified("* **A**: two", base=base) == [ID]


def test_retitling_keeps_the_id() -> None:
    base = identify(document("* **A**: one"), PATH)
    assert identified("* **B**: one", base=base) == [derived_id(PATH, "A")]
    assert identified("* **B**: one", base=document("* **A**: one")) == [derived_id(PATH, "A")]


def test_an_empty_text_is_no_sign() -> None:
    assert identified("* **B**:", base=document(marked(ID, "* **A**:"))) == [derived_id(PATH, "B")]


def test_an_entry_that_still_stands_is_not_matched() -> None:
    base = document(marked(ID, "* **A**: one"))
    found = identified(marked(ID, "* **A**: one"), "* **A**: one", base=base)
    assert found == [ID, derived_id(PATH, "A")]


def test_each_entry_of_the_base_is_matched_once() -> None:
    base = document(marked(ID, "* **A**: one"), marked(OTHER, "* **A**: two"))
    assert identified("* **A**: two", "* **A**: one", base=base) == [OTHER, ID]
    assert identified("* **A**: 2", "* **A**: 1", "* **A**: 0", base=base)[:2] == [ID, OTHER]
    assert identified("* **A**: two", "* **A**: two", base=base) == [OTHER, ID]


def test_the_category_tells_equal_titles_apart() -> None:
    base = parse(
        f"### A\n\n{marked(ID, '* **T**: one')}\n\n### B\n\n{marked(OTHER, '* **T**: two')}\n"
    )
    found = identify(parse("### B\n\n* **T**: new\n\n### A\n\n* **T**: newer\n"), PATH, base)
    assert ids(found) == [OTHER, ID]


def test_a_marker_has_the_line_end_of_the_document() -> None:
    found = claim(parse("### A\r\n\r\n* **T**: text\r\n"), PATH)
    assert serialize(found) == (
        f"### A\r\n\r\n<!-- lore:{derived_id(PATH, 'T')} -->\r\n* **T**: text\r\n"
    )


def test_markers_can_be_written_for_some() -> None:
    found = identify(document("* **A**: one", "* **B**: two"), PATH)
    written = with_markers(found, lambda block: cut(block).title == "B")
    assert [block.kind for block in written.blocks[1:]] == [UNCLAIMED, ENTRY]


def test_many_equal_titles_take_no_long_time() -> None:
    found = identified(*(f"* **A**: {n}" for n in range(3000)))
    assert len(set(found)) == 3000
