"""Who watches all files names those that may have changed, and no other is looked at.

Whatever may not be told by a name alone makes everything be looked at, all the same.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from lorefs.api import Workspace
from tests.gitrepo import Repo
from tests.lore import document, entry, ident
from tests.reconcile.conftest import opened

HERE, THERE = "a/.lore.md", "b/.lore.md"


@pytest.fixture
def two(repo: Repo) -> Iterator[Workspace]:
    """A workspace that has taken in two documents, each with an entry."""
    texts = {HERE: document(entry(1, "Alpha", "Old.")), THERE: document(entry(2, "Beta", "Old."))}
    repo.commit("base", **texts)
    with opened(repo) as workspace:
        workspace.reconcile()
        yield workspace


def edit(repo: Repo, *paths: str) -> None:
    for path in paths:
        repo.write(path, repo.read(path).replace("Old.", "New."))


def contents(workspace: Workspace) -> list[str]:
    """The contents of both entries, as they stand in the rows."""
    rows = {row.entry.id: row for row in workspace.store.entries.rows()}
    return [rows[ident(n)].entry.content if ident(n) in rows else "" for n in (1, 2)]


def test_no_other_file_is_looked_at(two: Workspace, repo: Repo) -> None:
    edit(repo, HERE, THERE)
    assert two.take_in([HERE]).edited == (ident(1),)
    assert contents(two) == ["New.", "Old."]
    assert two.take_in([HERE]).edited == ()
    assert contents(two) == ["New.", "Old."]
    assert two.take_in([THERE]).edited == (ident(2),)
    assert contents(two) == ["New.", "New."]


def test_without_a_name_no_file_is_looked_at(two: Workspace, repo: Repo) -> None:
    edit(repo, HERE, THERE)
    assert two.take_in([]).changes == 0
    assert two.take_in().edited == (ident(1), ident(2))


def sql(repo: Repo, workspace: Workspace) -> None:
    """Another program changes a row."""
    with closing(sqlite3.connect(workspace.paths.lorefs_dir / "index.db")) as rows, rows:
        rows.execute("UPDATE entries SET title = 'Changed' WHERE id = ?", (ident(1),))
    del repo


def commit(repo: Repo, workspace: Workspace) -> None:
    """HEAD moves."""
    repo.commit("another", **{"README.md": "text\n"})
    del workspace


def gone(repo: Repo, workspace: Workspace) -> None:
    """A file that was named is not there."""
    (repo.path / HERE).unlink()
    del workspace


def killed(repo: Repo, workspace: Workspace) -> None:
    """A process was ended before it could write the file of a row."""
    with workspace.store.write():
        workspace.store.documents.put_pending(THERE, b"intended")
    del repo


def unknown(repo: Repo, workspace: Workspace) -> None:
    """A document that nobody knows takes the place of the one that was named."""
    (repo.path / HERE).rename(repo.path / "a" / ".lore.local.md")
    del workspace


@pytest.mark.parametrize("reason", [sql, commit, gone, killed, unknown])
def test_another_reason_has_everything_looked_at(
    two: Workspace, repo: Repo, reason: Callable[[Repo, Workspace], None]
) -> None:
    edit(repo, THERE)
    reason(repo, two)
    two.take_in([HERE])
    assert contents(two)[1] == "New."
