"""Documents that change at random, with ids that stand in several: each id has one row."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given, settings
from hypothesis import strategies as st

from lorefs.core import edit
from lorefs.core.document import Document, parse
from lorefs.core.model import PERSONAL, scope_of
from lorefs.sync.corpus import EMPTY
from lorefs.sync.reconcile.differences import Places, differences
from tests.lore import document, entry, ident

PATHS = (".lore.md", ".lore.local.md", ".lore.review.md", "api/.lore.md", "api/.lore.local.md")

Texts = dict[str, dict[int, str]]  # by path, the text of each entry that stands there

states = st.dictionaries(
    st.sampled_from(PATHS),
    st.dictionaries(st.integers(1, 4), st.sampled_from("ab"), max_size=4),
)


def written(texts: dict[int, str]) -> Document:
    if not texts:
        return EMPTY
    return parse(document(*(entry(n, f"Title {n}", text) for n, text in sorted(texts.items()))))


def ids(found: Document) -> set[str]:
    return {block.id for block in found.blocks if block.id}


def text_of(found: Document, ident_: str) -> str:
    return found.blocks[edit.find(found, ident_)].text


def holders(documents: dict[str, Document]) -> dict[str, set[str]]:
    """The documents that hold each id."""
    found = {ident(n): {p for p in PATHS if ident(n) in ids(documents[p])} for n in range(1, 5)}
    return {each: paths for each, paths in found.items() if paths}


@settings(max_examples=80)
@given(st.lists(states, min_size=1, max_size=5))
def test_each_id_has_one_row_and_all_copies_are_known(changes: Iterable[Texts]) -> None:
    documents = dict.fromkeys(PATHS, EMPTY)
    rows: dict[str, tuple[str, str]] = {}  # the document and text of each row
    copies: dict[str, frozenset[str]] = {}

    def owners(wanted: Iterable[str]) -> dict[str, str]:
        return {each: rows[each][0] for each in wanted if each in rows}

    for change in changes:
        before = {path: documents[path] for path in change}
        documents |= {path: written(texts) for path, texts in change.items()}
        after = {path: documents[path] for path in change}
        found = differences(before, after, Places(owners, copies, documents.__getitem__))
        for path, doubles in found.doubles.items():
            for each in doubles:
                text = text_of(documents[path], each)
                shared = (p for p in holders(documents)[each] if scope_of(p) != PERSONAL)
                assert any(text_of(documents[other], each) == text for other in shared)
            documents[path] = edit.remove_all(documents[path], doubles)
        for each, holding in found.added.items():
            assert each not in rows
            rows[each] = holding.document, holding.block.text
        for each_edit in found.edits:
            old, new = each_edit.before, each_edit.after
            assert old is not None
            assert old.content in rows[old.id][1]
            if new is None:
                del rows[old.id]
            else:
                rows[old.id] = each_edit.document, text_of(documents[each_edit.document], old.id)
        copies = {k: v for k, v in {**copies, **found.standing}.items() if v}
        check(documents, rows, copies)


def check(
    documents: dict[str, Document],
    rows: dict[str, tuple[str, str]],
    copies: dict[str, frozenset[str]],
) -> None:
    held = holders(documents)
    assert rows.keys() == held.keys()
    for each, (path, text) in rows.items():
        assert path in held[each]
        assert text == text_of(documents[path], each)
        shared = {p for p in held[each] if scope_of(p) != PERSONAL}
        assert path in (shared or held[each])
        assert copies.get(each, frozenset()) == held[each] - {path}
        for other in held[each] - {path}:
            differs = text_of(documents[other], each) != text
            assert differs or not shared or scope_of(other) != PERSONAL
