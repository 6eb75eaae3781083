"""What holds of every merge, whatever the three texts are."""

from __future__ import annotations

from collections import Counter

import hypothesis.strategies as st
from hypothesis import example, given, settings

from lorefs.core.document import Document, parse, serialize
from lorefs.core.merge import Settings, Sides, merge_corpus, merge_document
from tests import lore, strategies

MARKERS = Settings(on_clash="markers")


@st.composite
def versions(draw: st.DrawFn) -> Sides[str]:
    """A document and two versions of it, changed block by block."""
    base = draw(st.one_of(strategies.documents(), full_documents()))
    other = draw(strategies.documents())
    return Sides(base, draw(edited(base, other)), draw(edited(base, other)))


@st.composite
def full_documents(draw: st.DrawFn) -> str:
    """Documents of several entries, so that both sides touch the same ones often."""
    numbers = draw(st.lists(st.integers(1, 9), min_size=3, max_size=6, unique=True))
    return lore.document(*(lore.entry(n, f"Title {n}", f"text {n} of many") for n in numbers))


@st.composite
def edited(draw: st.DrawFn, text: str, other: str) -> str:
    """A text with blocks removed, moved, changed, or taken from another one."""
    document = parse(text)
    blocks = list(document.blocks)
    spare = [block for block in parse(other).blocks if block.kind != "front_matter"]
    for _ in range(draw(st.integers(0, 5))):
        place = draw(st.integers(0, len(blocks)))
        kind = draw(st.sampled_from(("remove", "insert", "append", "move", "move")))
        if kind == "insert" and spare:
            block = draw(st.sampled_from(spare))
            blocks.insert(place, block._replace(lead="\n\n" if place else ""))
        elif place < len(blocks) and kind == "remove":
            del blocks[place]
        elif place < len(blocks) and kind == "append":
            word = draw(st.sampled_from(("one", "two", "three")))
            blocks[place] = blocks[place]._replace(text=f"{blocks[place].text} {word}")
        elif place < len(blocks):
            block = blocks.pop(place)
            blocks.insert(draw(st.integers(0, len(blocks))), block._replace(lead="\n\n"))
    return serialize(Document(document.bom, tuple(blocks), document.tail))


def ids(text: str) -> Counter[str]:
    return Counter(block.id for block in parse(text).blocks if block.id)


def sources(text: str) -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    for block in parse(text).blocks:
        if block.id:
            found.setdefault(block.id, (block.category, block.text))
    return found


@given(versions())
def test_one_side_that_equals_the_base_leaves_the_other(sides: Sides[str]) -> None:
    base, ours, theirs = sides
    assert merge_document(Sides(base, base, theirs)).text == theirs
    assert merge_document(Sides(base, ours, base)).text == ours
    assert merge_document(Sides(base, ours, ours)).text == ours
    assert merge_document(Sides(None, ours, ours)).text == ours


@given(versions())
@settings(max_examples=300)
def test_the_answer_does_not_depend_on_who_is_ours(sides: Sides[str]) -> None:
    base, ours, theirs = sides
    merged = merge_document(Sides(base, ours, theirs))
    assert merge_document(Sides(base, theirs, ours)).text == merged.text
    assert merge_document(Sides(base, ours, theirs)) == merged
    assert not merged.conflicts


@given(versions())
@settings(max_examples=300)
def test_entries_neither_vanish_nor_come_back(sides: Sides[str]) -> None:
    merged = merge_document(Sides(*sides))
    assert merged.text is not None
    found = ids(merged.text)
    base, ours, theirs = map(sources, sides)
    more = {i for side in sides for i, count in ids(side).items() if count > 1}
    assert not [i for i, count in found.items() if count > 1 and i not in more]
    for ident in ours.keys() & theirs.keys():
        assert ident in found, "an entry vanished that both sides have"
    for ident in (ours.keys() ^ theirs.keys()) - base.keys() - more:
        assert ident in found, "an entry vanished that one side added"
    for ident in base.keys() - more:
        sides_have = [side[ident] for side in (ours, theirs) if ident in side]
        if len(sides_have) < 2 and all(source == base[ident] for source in sides_have):
            assert ident not in found, "a deletion came back"


TITLE_ONLY = "<!-- lore:00000000-0000-7000-8000-000000000926 -->\n#### cache\n"


@example(
    # both sides end the front matter, and put half of it into prose that then does not fit
    Sides(
        f"---\nlorefs: 1\n---\ncache cache\n\ncache\n\n{TITLE_ONLY}\n\n# Architecture\n",
        "# Architecture---\nlorefs: 1\n---\ncache cache\n\n"
        f"cache\n\n{TITLE_ONLY}\n\n# Architecture\n",
        f"\n\n---\nlorefs: 1\n---\ncache cache\n\ncache\n\n{TITLE_ONLY}\n"
        f"{TITLE_ONLY}lock\n\n* **cache**: cache\n\n\n# Architecture\n",
    )
)
@given(versions())
def test_what_a_person_has_to_decide_stands_between_markers(sides: Sides[str]) -> None:
    merged = merge_document(Sides(*sides), settings=MARKERS)
    assert merged.text is not None
    before = sum(side.count("<<<<<<< ours") for side in sides)
    assert bool(merged.conflicts) == (merged.text.count("<<<<<<< ours") > before)


@given(st.tuples(*[strategies.hostile_text()] * 3))
@settings(max_examples=300)
def test_no_text_makes_a_merge_fail(texts: tuple[str, str, str]) -> None:
    sides = Sides(*texts)
    merged = merge_document(Sides(*sides))
    mirrored = merge_document(Sides(sides.base, sides.theirs, sides.ours))
    assert merged.text == mirrored.text
    merge_document(Sides(*sides), settings=MARKERS)


@given(versions(), versions())
def test_documents_of_a_tree_merge_as_one(one: Sides[str], two: Sides[str]) -> None:
    trees = Sides(*({".lore.md": a, "b/.lore.md": b} for a, b in zip(one, two, strict=True)))
    merged = merge_corpus(trees)
    mirrored = merge_corpus(Sides(trees.base, trees.theirs, trees.ours))
    assert merged.documents == mirrored.documents
    assert merge_corpus(Sides(trees.base, trees.base, trees.theirs)).documents == trees.theirs


def test_an_entry_moved_on_one_side_and_edited_on_the_other_is_both() -> None:
    head = "### Gotcha\n\n"
    moved = "<!-- lore:01926a3e-5f00-7000-8000-000000000001 -->\n* **Alpha**: one two"
    rest = "<!-- lore:01926a3e-5f00-7000-8000-000000000002 -->\n* **Beta**: three"
    base = {".lore.md": f"{head}{moved}\n\n{rest}\n", "docs/.lore.md": f"{head}{rest[:-5]}\n"}
    base["docs/.lore.md"] = head.strip() + "\n"
    ours = {".lore.md": f"{head}{rest}\n", "docs/.lore.md": f"{head}{moved}\n"}
    theirs = {**base, ".lore.md": base[".lore.md"].replace("one two", "one TWO")}
    merged = merge_corpus(Sides(base, ours, theirs))
    assert merged.documents == {
        ".lore.md": f"{head}{rest}\n",
        "docs/.lore.md": f"{head}{moved.replace('two', 'TWO')}\n",
    }
    assert not merged.discards
