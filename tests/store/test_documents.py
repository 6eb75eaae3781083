"""Documents: four texts, told apart by their hashes, each kept once."""

from __future__ import annotations

from pathlib import Path

import hypothesis.strategies as st
from hypothesis import given, settings

from lorefs.store import Store, digest
from tests.store.conftest import DOCUMENT, Program

TEXTS = st.sampled_from((b"", b"one\n", b"two\n", b"three \xff\n"))


def put(store: Store, current: bytes, worktree: bytes | None) -> None:
    with store.write():
        store.documents.put_current(DOCUMENT, "team", current, worktree=worktree)


def test_a_document_that_is_not_known(store: Store) -> None:
    documents = store.documents
    assert documents.state(DOCUMENT) is None
    assert documents.current(DOCUMENT) is None
    assert documents.worktree_base(DOCUMENT) is None
    assert documents.pending(DOCUMENT) is None
    assert documents.states() == []


def test_a_new_document(store: Store) -> None:
    put(store, b"text\n", None)
    (state,) = store.documents.states()
    assert (state.path, state.scope, state.hash) == (DOCUMENT, "team", digest(b"text\n"))
    assert (state.worktree_hash, state.pending_hash, state.tracked) == (None, None, False)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("current"), TEXTS),
        st.tuples(st.just("worktree"), st.one_of(st.none(), TEXTS)),
        st.tuples(st.just("pending"), st.one_of(st.none(), TEXTS)),
        st.tuples(st.just("replaced"), st.one_of(st.none(), TEXTS)),
    ),
    max_size=12,
)


@settings(max_examples=60)
@given(STEPS)
def test_each_text_is_what_was_last_put(steps: list[tuple[str, bytes | None]]) -> None:
    with Store(Path(":memory:")) as store:
        put(store, b"first\n", None)
        documents = store.documents
        expected: dict[str, bytes | None] = {"current": b"first\n"}
        for kind, data in steps:
            expected[kind] = data
            with store.write():
                match kind:
                    case "current":
                        documents.put_current(DOCUMENT, "team", data or b"")
                    case "worktree":
                        documents.put_worktree_base(DOCUMENT, data)
                    case "pending":
                        documents.put_pending(DOCUMENT, data, "head")
                    case _:
                        documents.put_replaced(DOCUMENT, data)
            state = documents.state(DOCUMENT)
            assert state is not None
            found = {
                "current": documents.current(DOCUMENT),
                "worktree": documents.worktree_base(DOCUMENT),
                "pending": documents.pending(DOCUMENT),
                "replaced": documents.replaced(DOCUMENT),
            }
            assert found == {"worktree": None, "pending": None, "replaced": None, **expected}
            for kind_, hash_ in (
                ("worktree", state.worktree_hash),
                ("pending", state.pending_hash),
            ):
                text = found[kind_]
                assert hash_ == (None if text is None else digest(text))


def test_equal_texts_are_stored_once(store: Store, program: Program) -> None:
    put(store, b"text\n", b"text\n")
    with store.write():
        store.documents.put_pending(DOCUMENT, b"text\n", "head")
    assert program("SELECT kind FROM texts") == [("current",)]


def test_a_text_is_updated_in_place(store: Store, program: Program) -> None:
    put(store, b"one\n", None)
    before = program("SELECT rowid FROM texts")
    put(store, b"two\n", None)
    assert program("SELECT rowid FROM texts") == before


def test_a_forgotten_document_leaves_nothing(store: Store, program: Program) -> None:
    put(store, b"one\n", b"two\n")
    with store.write():
        store.documents.put_tracked(DOCUMENT, tracked=True)
        store.documents.forget(DOCUMENT)
    assert program("SELECT count(*) FROM texts") == [(0,)]
    assert store.documents.states() == []
