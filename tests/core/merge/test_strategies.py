"""What `merge:` chooses for a field, where a person sees the result and in the background."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given

from lorefs.core.document import parse
from lorefs.core.merge import MergedDocument, Settings, Sides, merge_corpus, merge_document
from lorefs.core.merge.sides import Strategy
from lorefs.sync.commits.history import merge_settings
from tests.core.merge.test_properties import versions
from tests.lore import document, entries, entry, ident

FIELDS = ("title", "content", "category", "path", "tags", "confidence")
STRATEGIES: tuple[Strategy, ...] = ("merge", "lww", "union", "conflict", "hold")


def merged(sides: Sides[str], **strategies: Strategy) -> str:
    """What comes of a merge in the background."""
    found = run(sides, Settings(strategies=strategies))
    assert found.conflicts == ()
    return found.text or ""


def run(sides: Sides[str], settings: Settings) -> MergedDocument:
    return merge_document(Sides(*sides), settings=settings)


def texts(*contents: str) -> Sides[str]:
    return Sides(*(document(entry(1, "Alpha", content)) for content in contents))


def metas(*metas: str) -> Sides[str]:
    return Sides(*(document(entry(1, "Alpha", meta=meta)) for meta in metas))


def content(text: str) -> str:
    return entries(text)[ident(1)].content


def test_a_union_of_contents_keeps_both() -> None:
    sides = texts("one two", "one ours", "one theirs")
    assert content(merged(sides, content="union")) == "one ours\none theirs"


def test_a_union_keeps_what_did_not_clash_once() -> None:
    sides = texts("a b c d e", "A b ours d e", "a b theirs d E")
    assert content(merged(sides, content="union")) == "A b ours d E\nA b theirs d E"


def test_a_union_puts_words_inserted_at_one_place_side_by_side() -> None:
    sides = texts("one two.", "one two. More.", "one two. And this.")
    assert content(merged(sides, content="union")) == "one two. And this. More."


def test_a_union_of_an_entry_added_on_both_sides_keeps_both_contents() -> None:
    sides = texts("-", "ours", "theirs")._replace(base=document())
    assert content(merged(sides, content="union")) == "ours\ntheirs"


def test_a_union_gives_up_nothing_and_asks_nobody() -> None:
    sides = texts("one two", "one ours", "one theirs")
    settings = Settings(on_clash="markers", strategies={"content": "union"})
    found = run(sides, settings)
    assert (found.discards, found.conflicts) == ((), ())


@pytest.mark.parametrize(
    ("strategy", "tags"),
    [("merge", ("b", "c")), ("union", ("a", "b", "c")), ("hold", ("a", "b"))],
)
def test_sets(strategy: Strategy, tags: tuple[str, ...]) -> None:
    sides = metas("tags: [a, b]", "tags: [b]", "tags: [a, b, c]")
    sides = sides._replace(theirs=sides.theirs.replace("[a, b, c]", "[a, c, b]"))
    assert entries(merged(sides, tags=strategy))[ident(1)].tags == tags


def test_a_last_write_of_a_set_takes_one_side_as_a_whole() -> None:
    sides = metas("tags: [a, b]", "tags: [b]", "tags: [a, b, c]")
    tags = entries(merged(sides, tags="lww"))[ident(1)].tags
    assert tags in {("b",), ("a", "b", "c")}


@pytest.mark.parametrize("field", ["title", "content", "category", "confidence"])
def test_hold_keeps_the_value_of_the_base_in_the_background(field: str) -> None:
    base, ours, theirs = (
        document(
            entry(2, "Other"),
            f"### {category}",
            entry(1, title, content, meta=f"confidence: {confidence}"),
        )
        for title, content, confidence, category in (
            ("Base", "base", "0.1", "A"),
            ("Ours", "ours", "0.2", "B"),
            ("Theirs", "theirs", "0.3", "C"),
        )
    )
    strategy: Strategy = "hold"
    found = entries(merged(Sides(base, ours, theirs), **{field: strategy}))[ident(1)]
    expected = {"title": "Base", "content": "base", "category": "A", "confidence": 0.1}
    assert getattr(found, field) == expected[field]


@pytest.mark.parametrize("field", FIELDS)
def test_there_is_nothing_to_hold_without_a_base(field: str) -> None:
    one = {"a/.lore.md": document(entry(1, "Ours", "ours", meta="confidence: 0.2"))}
    two = {"b/.lore.md": document(entry(1, "Theirs", "theirs", meta="confidence: 0.3"))}
    found = merge_corpus(Sides({}, one, two), settings=Settings(strategies={field: "hold"}))
    (text,) = (text for text in found.documents.values() if "lore:" in text)
    value = entries(text)[ident(1)]
    assert value.title in {"Ours", "Theirs"}
    assert value.content in {"ours", "theirs"}
    assert value.confidence in {0.2, 0.3}


@pytest.mark.parametrize("eol", ["\n", "\r\n"])
@pytest.mark.parametrize("strategy", ["conflict", "hold"])
def test_a_category_left_to_a_person_stands_at_both_places(strategy: Strategy, eol: str) -> None:
    def under(category: str) -> str:
        text = document(entry(2, "Other"), f"### {category}", entry(1, "Alpha"))
        return text.replace("\n", eol)

    sides = Sides(under("A"), under("B"), under("C"))
    settings = Settings(on_clash="markers", strategies={"category": strategy})
    found = run(sides, settings)
    assert [clash.field for clash in found.conflicts] == ["category"]
    lines = (found.text or "").split(eol)
    assert not any("\n" in line for line in lines)
    for side, category in (("ours", "B"), ("theirs", "C")):
        resolved = eol.join(resolve(lines, side))
        assert entries(resolved)[ident(1)].category == category


def resolve(lines: list[str], side: str) -> list[str]:
    """What is left where somebody takes one side of each conflict."""
    kept, now = [], "both"
    for line in lines:
        marks = {"<": "ours", "=": "theirs", ">": "both"}
        if line[:7] == line[:1] * 7 and line[:1] in marks:
            now = marks[line[0]]
        elif now in {"both", side}:
            kept.append(line)
    return kept


@given(versions(), st.dictionaries(st.sampled_from(FIELDS), st.sampled_from(STRATEGIES)))
def test_every_choice_is_symmetric_clean_and_loses_nothing(
    sides: Sides[str], strategies: dict[str, Strategy]
) -> None:
    settings = Settings(strategies=strategies)
    found = run(sides, settings)
    assert found == run(Sides(sides.base, sides.theirs, sides.ours), settings)._replace(
        discards=found.discards
    )
    assert found.conflicts == ()
    before, ours, theirs = ({b.id for b in parse(text).blocks if b.id} for text in sides)
    after = {b.id for b in parse(found.text or "").blocks if b.id}
    assert before & ours & theirs <= after


@pytest.mark.parametrize("words", ["[]", "{title: [lww], delete_edit: {}}", "{title: 1}"])
def test_what_is_no_setting_is_left_out(words: str) -> None:
    text = f"---\nlorefs: 1\nmerge: {words}\n---\n"
    assert merge_settings(text, Settings()) == Settings()
