"""What settles a record: properties of the outcomes, of every field that a record can have."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from lorefs.core.ledger import Discard
from lorefs.core.merge import Settings, Sides, merge_document
from lorefs.core.merge.text import ours_and_theirs
from lorefs.core.metadata import MetadataError
from lorefs.core.model import RELATION_TYPES, SENSITIVITIES, STATUSES, Entry, Relation
from lorefs.core.resolution import (
    Leave,
    Move,
    Recreate,
    Remove,
    Rewrite,
    SetFields,
    SetMetadata,
    choices,
    is_settled,
    losers,
    outcome,
    present,
    put,
    read_value,
    readings,
    texts_of,
)
from lorefs.core.words import word_diff
from lorefs.errors import UsageError
from tests.lore import document, entries, entry, ident

WORDS = st.lists(st.sampled_from("one two three four\n a.\n\n b".split(" ")), max_size=8).map(
    " ".join
)
LINES = st.lists(st.sampled_from(["", "one two", "- three", "four five six"]), max_size=5).map(
    "\n".join
)
ENTRIES = st.builds(
    Entry,
    id=st.just(ident(1)),
    title=st.sampled_from(["A", "B c", "`x`: y"]),
    content=st.sampled_from(["", "Text.", "One.\n\nTwo."]),
    category=st.sampled_from(["Gotcha", "Decision"]),
    path=st.sampled_from(["", "docs"]),
    scope=st.just("team"),
    confidence=st.sampled_from([0.0, 0.5, 1.0]),
    status=st.sampled_from(STATUSES),
    sensitivity=st.sampled_from(SENSITIVITIES),
    tags=st.sets(st.sampled_from(["a", "b c", "2024", "null", "-"])).map(
        lambda found: tuple(sorted(found))
    ),
    relations=st.sets(
        st.builds(Relation, st.sampled_from(RELATION_TYPES), st.sampled_from([ident(2), ident(3)]))
    ).map(lambda found: tuple(sorted(found))),
    proposed_by=st.sampled_from(["", "ada@example.invalid", "x: y"]),
    extra=st.sampled_from([(), (("owner", "'x'"),)]),
)


@given(ENTRIES)
def test_every_value_is_read_back_from_its_text(found: Entry) -> None:
    for field, text in texts_of(found).items():
        if field in Entry._fields:
            assert read_value(field, text) == getattr(found, field)
        if field not in {"path", "scope"}:
            assert present(found, field) == text


@given(ENTRIES, ENTRIES)
def test_what_a_save_took_back_can_be_put_back_field_by_field(old: Entry, new: Entry) -> None:
    new = new._replace(path=old.path)
    before, after = texts_of(old), texts_of(new)
    now = old
    for field in {**before, **after}:
        base, lost = before.get(field), after.get(field)
        if base == lost:
            continue
        discard = Discard(ident(1), field, base, lost, base, base, "overwritten")
        assert losers(discard) == [lost]
        assert not is_settled(discard, now)
        action = put(discard, outcome(discard, "ours", now), now)
        assert isinstance(action, SetFields)
        changes: dict[str, Any] = dict(action.changes)
        for name, value in changes.items():
            if name in Entry._fields:
                now = now._replace(**{name: value})
            else:
                kept = {key: text for key, text in now.extra if key != name}
                now = now._replace(
                    extra=tuple(sorted((kept | ({name: str(value)} if value else {})).items()))
                )
        assert is_settled(discard, now)
        assert put(discard, outcome(discard, "ours", now), now) == Leave()
    assert now == new


@given(LINES, LINES, LINES)
def test_a_union_loses_no_line_that_a_side_added(base: str, ours: str, theirs: str) -> None:
    united = ours_and_theirs(Sides(base, ours, theirs)).split("\n")
    for side in (ours, theirs):
        assert set(side.split("\n")) - {"", *base.split("\n")} <= set(united)


@given(WORDS, WORDS)
def test_a_word_diff_joins_to_both_texts(before: str, after: str) -> None:
    stretches = word_diff(before, after)
    assert "".join(text for kind, text in stretches if kind != "new") == before
    assert "".join(text for kind, text in stretches if kind != "gone") == after
    assert all(text for _, text in stretches)
    assert (before == after) == all(kind == "same" for kind, _ in stretches)


def test_a_long_text_is_compared_as_a_whole() -> None:
    before, after = "a b " * 2000, "b a " * 2000
    assert [kind for kind, _ in word_diff(before, after)] == ["gone", "new"]


# ---------------------------------------------------------------- records of real merges

NOW = Entry(ident(1), "A", "Chosen.", "Gotcha")
BASE = document(entry(1, "A", "The gateway books twice. Nobody in the team knows why."))
SIDES = Sides(
    BASE,
    BASE.replace("books", "counts").replace("Nobody", "No one"),
    BASE.replace("books", "charges").replace("why.", "why, or when."),
)


def clash(sides: Sides[str], settings: Settings | None = None) -> tuple[Discard, Entry]:
    merged = merge_document(sides, settings=settings or Settings())
    (discard,) = merged.discards
    return discard, entries(merged.text or "")[ident(1)]


def test_only_the_words_at_stake_change_with_a_choice() -> None:
    discard, now = clash(SIDES)
    assert discard.reason == "last-write"
    sides = readings(discard)
    texts = {
        f"The gateway {verb} twice. No one in the team knows why, or when."
        for verb in ("counts", "charges")
    }
    assert {sides.ours, sides.theirs} == texts
    assert outcome(discard, "ours", now) == sides.ours
    edited = now._replace(content=f"Note: {now.content}")
    assert outcome(discard, "ours", edited) == f"Note: {sides.ours}"


def test_a_value_that_is_held_back_has_two_losers() -> None:
    sides = Sides(*(text.replace("books", word) for text, word in
                    zip([BASE] * 3, ("books", "counts", "charges"), strict=True)))  # fmt: skip
    discard, now = clash(sides, Settings(strategies={"content": "hold"}))
    assert discard.reason == "held"
    assert len(losers(discard)) == 2
    assert not is_settled(discard, now)
    assert is_settled(discard, now._replace(content=now.content.replace("books", "counts")))


@pytest.mark.parametrize(
    ("discard", "value", "now", "action"),
    [
        (("existence", "x"), None, NOW, Remove()),
        (("existence", "x"), None, None, Leave()),
        (("existence", "x"), entry(1, "A"), None, Recreate(entry(1, "A"))),
        (("existence", "x"), entry(1, "A"), NOW, Leave()),
        (("path", ".lore.md"), "docs/.lore.md", NOW, Move("docs/.lore.md")),
        (("path", ""), "docs", NOW, Move("docs/.lore.md")),
        (("path", "docs"), ".lore.md", NOW, Leave()),
        (("scope", "team"), "review", NOW, Move(".lore.review.md")),
        (("metadata", "x"), "<!-- {a: 1} -->", NOW, SetMetadata("<!-- {a: 1} -->")),
        (("title", "A"), "B", NOW, SetFields({"title": "B"})),
        (("confidence", "0.5"), None, NOW, Leave()),
        (("owner", "'x'"), "'y'", NOW, SetFields({"owner": "'y'"})),
    ],
)
def test_what_has_to_be_done(
    discard: tuple[str, str], value: str | None, now: Entry | None, action: object
) -> None:
    field, chosen = discard
    found = Discard(ident(1), field, None, value, chosen, chosen, "last-write")
    assert put(found, value, now) == action


def test_prose_is_rewritten_where_the_chosen_text_stands() -> None:
    found = Discard("", "prose", "b", "ours", "theirs", "theirs", "last-write")
    assert put(found, outcome(found, "ours", None), None) == Rewrite("theirs", "ours")
    assert put(found, outcome(found, "theirs", None), None) == Leave()
    with pytest.raises(UsageError):
        put(found._replace(field="docs/.lore.md", chosen=None), "ours", None)


def test_what_has_one_value_has_no_both() -> None:
    found = Discard(ident(1), "title", "A", "B", "C", "C", "last-write")
    assert choices(found) == ["ours", "theirs"]
    assert choices(found._replace(field="tags")) == ["ours", "theirs", "both"]
    with pytest.raises(UsageError):
        outcome(found, "both", NOW)


SOURCE = entry(1, "A", "Chosen.")


@pytest.mark.parametrize(
    ("field", "lost", "now", "settled"),
    [
        ("existence", None, None, True),
        ("existence", None, NOW, False),
        ("existence", SOURCE, NOW, True),
        ("existence", SOURCE.partition("\n")[2], NOW, True),  # written by hand, without a marker
        ("existence", SOURCE, NOW._replace(title="B"), False),
        ("existence", "no source", NOW, False),
        ("title", "A", NOW, True),
        ("title", "A", None, False),
        ("path", ".lore.md", NOW, True),
        ("path", "docs/.lore.md", NOW, False),
        ("confidence", None, NOW, True),
        ("confidence", "much", NOW, False),
        ("owner", "'x'", NOW._replace(extra=(("owner", "'x'"),)), True),
        ("owner", None, NOW, True),
        ("metadata", "<!-- {a: 1} -->", NOW, False),
    ],
)
def test_a_record_is_settled_by_the_value_that_lost(
    field: str, lost: str | None, now: Entry | None, settled: bool
) -> None:
    found = Discard(ident(1), field, "base", lost, "chosen", "chosen", "last-write")
    assert is_settled(found, now) == settled
    assert not is_settled(found._replace(entry=""), now)


def test_both_sets_are_united_with_what_came_since() -> None:
    found = Discard(ident(1), "tags", "[a, b]", "[a, b, c]", "[b]", "[b]", "last-write")
    now = NOW._replace(tags=("b", "d"))
    assert outcome(found, "both", now) == "[a, b, c, d]"
    assert outcome(found, "theirs", now) == "[b, d]"
    assert outcome(found, "both", None) == "[a, b, c]"


def test_both_texts_stand_one_after_the_other() -> None:
    discard, now = clash(SIDES)
    both = outcome(discard, "both", now)
    assert both is not None
    first, second = both.split("\n\n")
    assert "counts" in first
    assert "charges" in second
    listed = Sides("- a\n", "- a\n- b\n", "- a\n- c\n")
    assert ours_and_theirs(listed) == "- a\n- b\n- c\n"


def test_the_source_of_an_entry_sets_all_that_it_says() -> None:
    found = Discard(ident(1), "existence", SOURCE, None, SOURCE, SOURCE, "delete-edit")
    edited = entry(1, "B", "Chosen.", meta="confidence: 0.5")
    assert put(found, edited, NOW, whole=True) == SetFields({"title": "B", "confidence": 0.5})
    assert put(found, SOURCE, NOW, whole=True) == Leave()
    by_hand = SOURCE.partition("\n")[2]
    assert put(found, by_hand, None) == Recreate(SOURCE)
    for wrong in ("", f"{SOURCE}\n\n{entry(2, 'Other')}", entry(2, "Other")):
        with pytest.raises(UsageError):
            put(found, wrong, None)


def test_what_cannot_be_put_is_refused() -> None:
    found = Discard(ident(1), "title", "A", "B", "C", "C", "last-write")
    with pytest.raises(UsageError):
        put(found, "B", None)
    with pytest.raises(UsageError):
        put(found._replace(field="scope"), "nowhere", NOW)
    assert put(found._replace(field="scope"), "team", NOW) == Leave()
    with pytest.raises(MetadataError):
        put(found._replace(field="confidence"), "much", NOW)


def test_an_editors_buffer_costs_prose_no_line_end() -> None:
    found = Discard("", "front_matter.a", "a: 1\n", "a: 2\n", "a: 3\n", "a: 3\n", "last-write")
    assert put(found, "a: 4", None) == Rewrite("a: 3\n", "a: 4\n")


def test_what_no_document_can_hold_is_kept_as_it_is() -> None:
    assert texts_of(NOW._replace(status="odd"))["status"] == "odd"
