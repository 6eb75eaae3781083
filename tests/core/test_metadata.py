"""Metadata comments keep every byte that no change names; values mean what YAML says."""

from __future__ import annotations

import contextlib
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from lorefs.core import metadata
from lorefs.core.flow import DEPTH_LIMIT, SIZE_LIMIT
from lorefs.core.lines import is_metadata
from lorefs.core.metadata import (
    MetadataError,
    field_source,
    plain,
    problem,
    read_fields,
    split,
    value,
    with_items,
)
from lorefs.core.model import Relation
from tests import strategies as lore

ID = "019e8d03-3fdf-7c3a-9d1e-2f1f6b1f0a11"
ODD = "<!--{ 'a b' : \"x, y\",c:  [1,{d: e}] ,url: http://x/y,it: it's }-->"


def yaml(source: str) -> object:
    return YAML(typ="safe", pure=True).load(source)


def test_split() -> None:
    assert split(ODD) == (
        ("a b", '"x, y"'),
        ("c", "[1,{d: e}]"),
        ("url", "http://x/y"),
        ("it", "it's"),
    )
    assert split("<!-- {} -->") == ()
    assert split("<!-- {a: 1, } -->") == (("a", "1"),)
    assert split("<!-- {a: , b: 'it''s, }', c: \"\\\", {\"} -->") == (
        ("a", ""),
        ("b", "'it''s, }'"),
        ("c", '"\\", {"'),
    )


@pytest.mark.parametrize(
    "inner",
    [
        "a",
        "a: 1,, b: 2",
        ", a: 1",
        "a: [1",
        "a: 1]",
        "a: [1}",
        "a: 'x",
        'a: "x\\"',
        "a: 1, a: 2",
        "a: 1, 'a': 2",
        "a: &x [1]",
        "a: [*x]",
        "a: " + "[" * (DEPTH_LIMIT + 1) + "]" * (DEPTH_LIMIT + 1),
        "a: " + "x" * SIZE_LIMIT,
    ],
)
def test_what_is_no_flow_mapping(inner: str) -> None:
    with pytest.raises(MetadataError):
        split(f"<!-- {{{inner}}} -->")
    assert read_fields(f"<!-- {{{inner}}} -->") == {}
    assert problem(f"<!-- {{{inner}}} -->") is not None


def test_no_mapping_at_all() -> None:
    with pytest.raises(MetadataError):
        split("<!-- a comment -->")


@given(lore.metadata_comments())
def test_items_are_those_that_yaml_reads(source: str) -> None:
    loaded = yaml(source[4:-3])
    assert {key: value(text) for key, text in split(source)} == loaded


@given(
    st.one_of(
        lore.metadata_comments(),
        st.lists(st.text(st.sampled_from("ab: ,[]{}'\"-1&"), max_size=9), max_size=3).map(
            lambda items: f"<!-- {{{', '.join(items)}}} -->"
        ),
    )
)
@example("<!-- {a: 1, } -->")
@example("<!-- {a: [, ], b: [a,b , c]} -->")
def test_the_fast_path_only_saves_time(source: str) -> None:
    found = metadata._split_plain(source)  # noqa: SLF001
    if found is not None:
        items = metadata._items(source)  # noqa: SLF001
        assert found == tuple((item.key, source[item.value : item.end]) for item in items)


@given(lore.metadata_comments(), st.data())
def test_changes_leave_all_other_bytes(source: str, data: st.DataObject) -> None:
    before = dict(split(source))
    keys = st.sampled_from((*before, "new", "another key"))
    sources = st.one_of(st.none(), st.sampled_from(("1", "[a, b]", '"x, {y"', "word")))
    changes = data.draw(st.dictionaries(keys, sources, max_size=4))
    after = with_items(source, changes)
    expected = {key: changes.get(key, text) for key, text in before.items()}
    expected |= {key: text for key, text in changes.items() if key not in before}
    expected = {key: text for key, text in expected.items() if text is not None}
    if not after:
        assert not expected
        return
    assert list(split(after)) == list(expected.items()), "order and values stand"
    assert is_metadata(after)
    if not before:
        return
    for key, text in before.items():
        if key not in changes:
            assert re.search(rf"{re.escape(key)}['\"]? *: *{re.escape(text)}", after)
    if not any(text is None for text in changes.values()):
        undone = with_items(after, {key: before.get(key) for key in changes})
        assert undone == source, "what was set is all that changed"


def test_with_items() -> None:
    assert with_items("", {}) == ""
    assert with_items("", {"a": None}) == ""
    assert with_items("", {"a": "1", "b c": "[x]"}) == '<!-- {a: 1, "b c": [x]} -->'
    assert with_items("<!-- {a: 1} -->", {"a": None}) == ""
    assert with_items("<!-- {} -->", {}) == "<!-- {} -->"
    assert with_items("<!--{a: 1,  b: 2 , c: 3}-->", {"b": None}) == "<!--{a: 1 , c: 3}-->"
    assert with_items("<!--{a: 1,  b: 2 , c: 3}-->", {"a": None}) == "<!--{b: 2 , c: 3}-->"
    assert with_items("<!--{a: 1,  b: 2 , c: 3}-->", {"b": "x"}) == "<!--{a: 1,  b: x , c: 3}-->"
    assert with_items("<!--{a: 1, }-->", {"b": "x"}) == "<!--{a: 1, b: x, }-->"
    assert with_items("<!-- {a:[1]} -->", {"a": "2"}) == "<!-- {a: 2} -->"
    assert with_items("<!-- {'a':1} -->", {"a": "2"}) == "<!-- {'a':2} -->"
    assert with_items("<!-- {a: 1} -->", {"a": None, "b": "2"}) == "<!-- {b: 2} -->"


@pytest.mark.parametrize("text", ["1, b: 2", "]", "[", "'", "a --> b", "a\nb", "x } y", " 1"])
def test_values_that_would_change_the_comment(text: str) -> None:
    with pytest.raises(MetadataError):
        with_items("<!-- {a: 0, c: 1} -->", {"a": text})


PLAIN = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(10**18), 10**18),
        st.floats(allow_nan=False),
        st.text(max_size=20),
        st.sampled_from(
            ("true", "null", "~", "1", "a--b", "-->", "--!>", "a: b", ID, "2024-01-01")
        ),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


@given(PLAIN)
@example(float("inf"))
@example("\x85\u2028\ud83e")
def test_plain_values_are_read_back(found: object) -> None:
    source = plain(found)
    assert value(source) == found
    assert "\n" not in source
    assert "--" not in source
    comment = with_items("", {"key": source})
    assert is_metadata(comment)
    assert split(comment) == (("key", source),)


def test_plain_sets_are_sorted() -> None:
    assert plain({"b", "a"}) == "[a, b]"
    assert plain(frozenset()) == "[]"


@pytest.mark.parametrize("source", ["a, b", "a], [b", "a] b", "[a"])
def test_what_is_not_one_value(source: str) -> None:
    with pytest.raises(MetadataError):
        value(source)


SCALARS = st.one_of(
    st.sampled_from(
        "a true True null ~ 0 -1 007 1.5 1e5 .5 1. 0x1f 0o17 1_000 .inf - a-b a/b.c a@b y no 'x' "
        '"x" [] [a] [a,b] [true,1] [a,[b]] {a:b} 2024-01-01 12:30 <<'.split()
    ),
    st.text(st.sampled_from("ab01.-_+e"), min_size=1, max_size=6),
    lore.uuids(),
)


@given(SCALARS)
@example("9" * 400)
@example("-0")
def test_values_are_those_that_yaml_reads(source: str) -> None:
    try:
        expected = yaml(f"[{source}]")
    except Exception:  # noqa: BLE001 - whatever the parser does, ours has one error
        with pytest.raises(MetadataError):
            value(source)
    else:
        assert repr(value(source)) == repr(expected[0])  # type: ignore[index]


@given(st.text(st.sampled_from("a1 ,:[]{}'\"\\#&*!|>-?%@`\n\t\0\x85~"), max_size=20))
def test_values_fail_in_one_way(source: str) -> None:
    with contextlib.suppress(MetadataError):
        value(source)


def test_fields() -> None:
    source = (
        "<!-- {confidence: 1, status: archived, sensitivity: restricted, tags: [b, a, 2024, true, "
        f"b], relations: {{supports: x, supersedes: [{ID}, y]}}, "
        "approved_by: 7, z: '1', k: [v]} -->"
    )
    assert read_fields(source) == {
        "confidence": 1.0,
        "status": "archived",
        "sensitivity": "restricted",
        "tags": ("2024", "a", "b", "true"),
        "relations": (
            Relation("supersedes", ID),
            Relation("supersedes", "y"),
            Relation("supports", "x"),
        ),
        "approved_by": "7",
        "extra": (("k", "[v]"), ("z", "'1'")),
    }
    assert problem(source) is None


@pytest.mark.parametrize(
    ("item", "reads"),
    [
        ("confidence: high", {}),
        ("confidence: 1.5", {}),
        ("confidence: true", {}),
        ("confidence: .nan", {}),
        ("status: done", {}),
        ("status: [active]", {}),
        ("sensitivity: secret", {"sensitivity": "restricted"}),
        ("tags: 7", {}),
        ("tags: [[a]]", {}),
        ("relations: a", {}),
        ("relations: [a]", {}),
        ("relations: {supports: [[a]]}", {}),
        ("relations: {likes: [a]}", {"relations": (Relation("likes", "a"),)}),
        ("proposed_by: [ada]", {}),
        ("tags: [!!int x]", {}),
    ],
)
def test_values_that_no_field_has(item: str, reads: dict[str, object]) -> None:
    assert read_fields(f"<!-- {{{item}}} -->") == reads
    assert problem(f"<!-- {{{item}}} -->") is not None


def test_unknown_keys_must_be_yaml_too() -> None:
    assert problem("<!-- {key: [!!int x]} -->") is not None
    assert problem("<!-- {key: 2024-01-01} -->") is None


@pytest.mark.parametrize(
    ("field", "found", "source"),
    [
        ("confidence", 1, None),
        ("confidence", 0.8, "0.8"),
        ("status", "active", None),
        ("status", "pending", "pending"),
        ("tags", [], None),
        ("tags", ["b", "a", "b"], "[a, b]"),
        ("tags", "one", "[one]"),
        ("tags", {"b", "a"}, "[a, b]"),
        ("relations", (), None),
        ("relations", [("supports", "x"), ("supports", ID)], f"{{supports: [{ID}, x]}}"),
        ("relations", [{"type": "supports", "id": "x"}], "{supports: [x]}"),
        ("relations", {"supports": ["x"]}, "{supports: [x]}"),
        ("proposed_by", "", None),
        ("proposed_by", "Ada Example", '"Ada Example"'),
    ],
)
def test_field_source(field: str, found: object, source: str | None) -> None:
    assert field_source(field, found) == source


@pytest.mark.parametrize(
    ("field", "found"),
    [("confidence", 2), ("confidence", "1"), ("status", ""), ("tags", None), ("relations", [1])],
)
def test_fields_refuse_values(field: str, found: object) -> None:
    with pytest.raises(MetadataError, match=field):
        field_source(field, found)
