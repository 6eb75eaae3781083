"""Versions of an entry, found again from what a log says of them."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from lorefs.core.model import Entry
from lorefs.core.rewind import Change, Version, pick, versions
from tests.lore import ident


class Line(NamedTuple):
    """A line of the log; `title` is the one before, "" for not there."""

    batch: str
    op: str
    rev: int
    title: str = ""
    entry: str = ident(1)


def named(title: str) -> Entry:
    return Entry(ident(1), title)


def before(_: Entry | None, change: Change) -> Entry | None:
    assert isinstance(change, Line)
    return named(change.title) if change.title else None


LOG = (
    Line("f", "resolve", 31),
    Line("e", "edit", 30, "Three"),
    Line("d", "add", 30),
    Line("c", "delete", 12, "Two"),
    Line("b", "edit", 10, "half"),
    Line("b", "edit", 10, "One"),
    Line("a", "ingest", 10),
)
KNOWN = versions(Version(31, named("Four")), LOG, before)


def test_a_batch_is_one_step_and_a_resolution_none() -> None:
    assert [each.entry and each.entry.title for each in KNOWN] == [
        "Four", "Three", None, "Two", "One", None
    ]  # fmt: skip
    assert [each.rev for each in KNOWN] == [31, 30, 0, 12, 10, 0]


@pytest.mark.parametrize(
    ("rev", "title"),
    [
        (31, "Four"), (30, "Three"), (12, "Two"), (11, "Two"), (10, "One"),
        (-1, "Three"), (-3, "Two"), (-4, "One"),
    ],
)  # fmt: skip
def test_a_revision_is_found(rev: int, title: str) -> None:
    found = pick(KNOWN, rev)
    assert found is not None
    assert found.entry == named(title)


@pytest.mark.parametrize("rev", [32, 9, 0, -6])
def test_a_revision_that_never_was_is_not(rev: int) -> None:
    assert pick(KNOWN, rev) is None


def test_a_step_to_where_there_was_nothing_is_told_apart() -> None:
    found = pick(KNOWN, -2)
    assert found is not None
    assert found.entry is None
