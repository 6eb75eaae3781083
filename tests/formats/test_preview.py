"""An import does what its preview shows, or nothing."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from lorefs.api import Workspace
from lorefs.errors import ConflictError, LorefsError, RefusedError
from tests.gitrepo import START, Repo
from tests.lore import document, entry, ident


@pytest.fixture
def workspace(repo: Repo) -> Iterator[Workspace]:
    """The workspace of a repository with two entries and a directory."""
    repo.commit("lore", **{".lore.md": document(entry(1, "One"), entry(2, "Two"))})
    (repo.path / "src").mkdir()
    with Workspace.open(repo.path, env=os.environ, clock=lambda: START * 1000) as found:
        yield found


def source(tmp_path: Path, *records: dict[str, object]) -> Path:
    path = tmp_path / "in.jsonl"
    path.write_text("\n".join(map(json.dumps, records)))
    return path


def test_an_entry_that_changed_since_the_preview_stops_it(
    workspace: Workspace, tmp_path: Path
) -> None:
    path = source(tmp_path, {"title": "New"}, {"id": ident(1), "title": "Uno"})
    preview = workspace.preview_import(path)
    workspace.update(ident(1), {"title": "Eins"})
    with pytest.raises(ConflictError):
        workspace.import_entries(preview)
    assert [row.entry.title for row in workspace.entries()] == ["Eins", "Two"]


def test_an_entry_that_came_meanwhile_stops_it(workspace: Workspace, tmp_path: Path) -> None:
    preview = workspace.preview_import(source(tmp_path, {"title": "New"}))
    workspace.import_entries(preview)
    with pytest.raises(RefusedError, match="came to be here"):
        workspace.import_entries(preview)
    assert workspace.preview_import(source(tmp_path, {"title": "New"})).added == ()


def test_an_entry_moves_where_the_file_says(workspace: Workspace, tmp_path: Path) -> None:
    path = source(
        tmp_path,
        {"id": ident(1), "title": "One", "path": "src"},
        {"id": ident(2), "title": "Two", "scope": "personal", "tags": ["x"], "status": "archived"},
    )
    before = {row.entry.id: row.entry for row in workspace.entries()}
    workspace.import_entries(workspace.preview_import(path))
    assert workspace.get(ident(1)).document == "src/.lore.md"
    two = workspace.get(ident(2))
    assert (two.document, two.entry.tags, two.entry.status) == (
        ".lore.local.md",
        ("x",),
        "archived",
    )
    workspace.undo()
    assert {row.entry.id: row.entry for row in workspace.entries()} == before


def test_what_no_document_can_take_changes_nothing(repo: Repo, workspace: Workspace) -> None:
    text = f"{document(entry(1, 'One'))}\n<!-- a comment that\n\n### Gotcha\n\nnever ends\n"
    repo.write(".lore.md", text)
    workspace.reconcile()
    path = source(repo.path, {"title": "New", "category": "Zoo", "content": "a\n\n-->\n"})
    try:
        workspace.import_entries(workspace.preview_import(path))
    except LorefsError:
        assert repo.read(".lore.md") == text
    titles = [row.entry.title for row in workspace.entries()]
    assert titles in (["One"], ["One", "New"])


def test_the_import_tells_how_far_it_is(workspace: Workspace, tmp_path: Path) -> None:
    read: list[int] = []
    written: list[int] = []
    path = source(tmp_path, {"title": "A"}, {"id": ident(1), "title": "B"}, {"title": "C"})
    preview = workspace.preview_import(path, tell=read.append)
    workspace.import_entries(preview, written.append)
    assert read == [1, 2, 3]
    assert written == [1, 3]
