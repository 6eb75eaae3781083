"""Programs that follow the log: positions, an iterator, and a function that is called."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable

import pytest

from lorefs.api import Workspace
from lorefs.errors import UsageError
from lorefs.store import Change
from tests.cli.terminal import Lorefs
from tests.clones import Clone
from tests.gitrepo import Repo


@pytest.fixture
def clone(repo: Repo) -> Clone:
    repo.commit("code", **{"README.md": "code\n"})
    return Clone(repo)


def wait_until(true: Callable[[], object], seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "it did not come true"
        time.sleep(0.02)


def brief(changes: list[Change]) -> list[tuple[str, str, str]]:
    return [(each.op, each.field, each.source) for each in changes]


def test_changes_since_a_position(clone: Clone) -> None:
    with clone.open() as workspace:
        assert workspace.position() == 0
        assert workspace.changes_since(0) == []
        one = workspace.add("One").entry.id
        first = workspace.position()
        workspace.update(one, {"title": "Uno", "confidence": 0.5})
        found = workspace.changes_since(first)
        assert sorted(brief(found)) == [("edit", "confidence", "cli"), ("edit", "title", "cli")]
        assert [each.seq for each in found] == [first + 1, first + 2]
        assert workspace.changes_since(first, limit=1) == found[:1]
        assert workspace.changes_since(found[-1].seq) == []
        # all from the start, as `log` has it
        assert workspace.changes_since(0) == workspace.log(limit=None)[::-1]


def test_a_save_is_among_the_changes(clone: Clone) -> None:
    clone.add("One")
    with clone.open() as workspace:
        position = workspace.position()
        clone.edit("**One**", "**Uno**")
        assert brief(workspace.changes_since(position)) == [("edit", "title", "editor")]


def test_a_position_of_a_log_that_was_made_anew(clone: Clone) -> None:
    ident = clone.add("One")
    for number in range(5):
        clone.update(ident, title=f"Title {number}")
    with clone.open() as workspace:
        position = workspace.position()
    Workspace.rebuild(clone.path, env=dict(os.environ), clock=clone.tick)
    with clone.open() as workspace, pytest.raises(UsageError, match="before position"):
        workspace.changes_since(position)


def test_the_iterator_hears_of_everybody(clone: Clone) -> None:
    ident = clone.add("One")
    heard: list[Change] = []
    ended = threading.Event()

    def listen() -> None:
        with clone.open() as workspace:
            ready.set()
            for changes in workspace.follow(0, interval=0.02, until=ended):
                heard.extend(changes)

    ready = threading.Event()
    thread = threading.Thread(target=listen)
    thread.start()
    try:
        ready.wait(30)
        wait_until(lambda: len(heard) == 1)
        Lorefs(clone.path)("edit", ident, "--confidence", "0.5")
        wait_until(lambda: len(heard) == 2)
        clone.edit("**One**", "**Uno**")
        wait_until(lambda: len(heard) == 3)
        other = sqlite3.connect(clone.path / ".git" / "lorefs" / "index.db")
        with other:
            other.execute("UPDATE entries SET title = 'Eins' WHERE id = ?", (ident,))
        other.close()
        wait_until(lambda: len(heard) == 4)
    finally:
        ended.set()
        thread.join()
    assert [each.field for each in heard] == ["", "confidence", "title", "title"]
    assert [each.source for each in heard[:3]] == ["cli", "cli", "editor"]
    assert [each.seq for each in heard] == [1, 2, 3, 4]


def test_the_iterator_ends_in_time_and_has_own_changes(clone: Clone) -> None:
    with clone.open() as workspace:
        assert list(workspace.follow(timeout=0.05, interval=0.01)) == []
        following = workspace.follow(0, timeout=20, interval=0.01)
        workspace.add("One")
        assert brief(next(following)) == [("add", "", "cli")]
        workspace.add("Two")
        assert brief(next(following)) == [("add", "", "cli")]


def test_a_function_is_told_of_changes_until_it_is_closed(clone: Clone) -> None:
    heard: list[Change] = []
    with clone.open() as workspace:
        workspace.add("Before")
        subscription = workspace.on_change(heard.extend, interval=0.02)
        workspace.add("One")
        wait_until(lambda: len(heard) == 1)
        clone.add("Two")
        wait_until(lambda: len(heard) == 2)
        subscription.close()
        subscription.close()
        workspace.add("Three")
        time.sleep(0.1)
    assert [each.op for each in heard] == ["add", "add"]


def test_closing_the_workspace_ends_what_waits(clone: Clone) -> None:
    before = threading.active_count()
    with clone.open() as workspace:
        workspace.on_change(lambda _: None, interval=10)
        assert threading.active_count() == before + 1
    assert threading.active_count() == before


def test_what_the_function_raises_is_raised_by_close(clone: Clone) -> None:
    calls = []

    def fail(changes: list[Change]) -> None:
        calls.append(changes)
        raise ValueError("mine")

    with clone.open() as workspace:
        subscription = workspace.on_change(fail, interval=0.02)
        workspace.add("One")
        wait_until(lambda: calls)
        workspace.add("Two")
        time.sleep(0.1)
        with pytest.raises(ValueError, match="mine"):
            subscription.close()
    assert len(calls) == 1
