"""Search: any query gets an answer, the best first; what is alike is found."""

from __future__ import annotations

import sqlite3

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from lorefs.core.model import Entry
from lorefs.store import Edit, Filter, Store
from lorefs.store.bulk import MANY
from lorefs.store.search import MARK
from tests.lore import ident
from tests.store.conftest import DOCUMENT, ORIGIN, Program, add, change, check_index, made


def found(store: Store, query: str, where: Filter | None = None, limit: int = 20) -> list[str]:
    return [hit.row.entry.title for hit in store.search.find(query, where or Filter(), limit)]


@pytest.fixture
def library(store: Store) -> Store:
    """Entries about caches and locks, with code in them."""
    add(
        store,
        made(10, "Cache invalidation", "Call `cache.clear_all()` after a deploy; see src/cache.py"),
        made(11, "Locks", "The cache is guarded by `db.transaction`."),
        made(12, "Café opening hours", "Straße, naïve, 日本語, e\u0301tude."),
        made(13, "AND or NOT", 'NEAR the title: a quote " and a star *')._replace(tags=("odd",)),
        made(14, "Empty", ""),
    )
    return store


def _settings(store: Store) -> tuple[object, ...]:
    """What a bulk puts aside: triggers, the size of the cache, options of the index."""
    triggers = store.connection.execute(
        "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' ORDER BY name"
    ).fetchall()
    (pages,) = store.connection.execute("PRAGMA cache_size").fetchone()
    options = dict(store.connection.execute("SELECT k, v FROM entries_fts_config"))
    found = options.get("hashsize", 1 << 20), options.get("automerge", 4)
    return triggers, pages, found


def test_many_entries_at_once_are_found_and_leave_all_as_usual(
    store: Store, program: Program
) -> None:
    before = _settings(store)
    entries = [made(10_000 + n, f"Title {n}", f"word{n} common") for n in range(MANY)]
    with store.write(), store.adding(MANY):
        for half in (entries[: MANY // 2], entries[MANY // 2 :]):
            store.entries.add(((entry, DOCUMENT) for entry in half), ORIGIN)
    assert _settings(store) == before
    add(store, made(9_999, "The last"))
    assert found(store, f"word{MANY - 1}") == [f"Title {MANY - 1}"]
    assert found(store, "last") == ["The last"]
    check_index(store)
    program("INSERT INTO entries (title) VALUES ('By another')")
    assert program("SELECT op FROM outbox") == [("insert",)]


def test_many_entries_that_fail_leave_all_as_usual(store: Store) -> None:
    before = _settings(store)
    twice = [made(9, "One"), made(9, "Again")]
    with pytest.raises(sqlite3.IntegrityError), store.write(), store.adding(MANY):
        store.entries.add(((entry, DOCUMENT) for entry in twice), ORIGIN)
    assert _settings(store) == before
    assert store.entries.get(ident(9)) is None


FOUND = {
    "cache": ["Cache invalidation", "Locks"],
    "CACHE": ["Cache invalidation", "Locks"],
    "cache deploy": ["Cache invalidation"],
    "cache NOT deploy": ["Locks"],
    "lock*": ["Locks"],
    "title:cache": ["Cache invalidation"],
    "{title tags}: odd": ["AND or NOT"],
    '"guarded by"': ["Locks"],
    "NEAR(cache guarded, 3)": ["Locks"],
    # code, and what else is no query in FTS5's syntax
    "clear_all": ["Cache invalidation"],
    "clear": ["Cache invalidation"],
    "cache.clear_all()": ["Cache invalidation"],
    "db.transaction": ["Locks"],
    "db-transaction": ["Locks"],
    "transaction.db": [],
    "src/cache.py": ["Cache invalidation"],
    "cafe": ["Café opening hours"],
    "cafe\u0301": ["Café opening hours"],
    "étude": ["Café opening hours"],
    "日本語": ["Café opening hours"],
    "AND": ["AND or NOT"],
    "NOT": ["AND or NOT"],
    'title: a quote "': ["AND or NOT"],
    "guarded \udcff": ["Locks"],
    "guarded\0by": ["Locks"],
    "nothing:like this": [],
    "": [],
    "   ": [],
    '"': [],
    "*": [],
    "-": [],
    "(": [],
    "'; DROP TABLE entries; --": [],
    "no such table: x": [],
}


@pytest.mark.parametrize(("query", "titles"), FOUND.items(), ids=map(ascii, FOUND))
def test_queries(library: Store, query: str, titles: list[str]) -> None:
    assert found(library, query) == titles


QUERY = st.one_of(
    st.text(max_size=30),
    st.text(st.sampled_from("ab \"'*()^+-:{}\\\0_.,;|&%\udcff🦉é"), max_size=20),
    st.lists(
        st.sampled_from(
            (
                "cache",
                "AND",
                "OR",
                "NOT",
                "NEAR(",
                ")",
                "(",
                '"',
                "title:",
                "*",
                "^",
                "rank",
                "{",
                "}",
            )
        ),
        max_size=12,
    ).map(" ".join),
)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=QUERY)
def test_no_query_fails(library: Store, query: str) -> None:
    library.search.find(query)
    library.search.find(query, Filter(category="gotcha", tags=("odd",)))
    library.search.similar(query)


@pytest.mark.parametrize("query", ["(" * 5000, "a OR " * 5000 + "cache", "x " * 50_000, '"' * 9999])
def test_no_query_is_too_long(library: Store, query: str) -> None:
    library.search.find(query)


def test_a_title_counts_more_than_a_content(store: Store) -> None:
    add(store, made(5, "Other", "snapshot " * 3), made(6, "Snapshot", "Other words."))
    assert found(store, "snapshot") == ["Snapshot", "Other"]


def test_equal_hits_stand_in_the_order_in_which_they_were_added(store: Store) -> None:
    assert found(store, "something") == ["Title 1", "Title 2", "Title 3"]
    assert found(store, "something", limit=2) == ["Title 1", "Title 2"]


def test_filters_apply_before_the_limit(library: Store) -> None:
    assert found(library, "know OR odd", Filter(tags=("odd",)), 1) == ["AND or NOT"]
    assert found(library, "cache", Filter(category="pattern")) == []


def test_snippets_mark_what_matched(library: Store) -> None:
    (hit,) = library.search.find("guarded")
    assert f"{MARK[0]}guarded{MARK[1]} by" in hit.snippet
    assert hit.score > 0


def test_search_follows_edits(store: Store) -> None:
    change(store, [Edit(made(1), made(1, "Renamed", "zebra"), DOCUMENT), Edit(made(2), None)])
    assert found(store, "zebra") == ["Renamed"]
    assert found(store, "something") == ["Title 3"]


def test_a_row_that_another_program_has_just_deleted_is_left_out(
    store: Store, program: Program
) -> None:
    program("DELETE FROM entries WHERE id = ?", ident(2))
    assert found(store, "something") == ["Title 1", "Title 3"]


def test_similar_entries_stand_by_how_much_they_share(store: Store) -> None:
    add(
        store,
        made(5, "Retry", "a queue retries with backoff and jitter"),
        made(6, "Retries", "the queue retries with backoff"),
        made(7, "Colour", "blue and green"),
    )
    hits = store.search.similar("queue retries with backoff and jitter", limit=3)
    assert [hit.row.entry.title for hit in hits] == ["Retry", "Retries", "Colour"]
    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True)
    assert 0 < scores[-1] < scores[0] <= 1


def test_an_entry_is_not_similar_to_itself(store: Store) -> None:
    hits = store.search.similar("Title 1 Something to know.", without=ident(1))
    assert ident(1) not in {hit.row.entry.id for hit in hits}
    assert hits


def test_words_that_nobody_uses_do_not_hide_those_that_somebody_does(store: Store) -> None:
    add(store, Entry(ident(5), "Zebra", "stripes"))
    unknown = " ".join(f"aaa{n}" for n in range(100))
    (hit,) = store.search.similar(f"{unknown} zebra")
    assert hit.row.entry.title == "Zebra"


@pytest.mark.parametrize("text", ["", "!?", "\udcff", "nobody wrote this"])
def test_nothing_is_similar(store: Store, text: str) -> None:
    assert store.search.similar(text) == []
