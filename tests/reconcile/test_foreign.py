"""Rows written by other programs through plain SQL: into the file, or taken back with a word."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from lorefs.api import Workspace
from tests.gitrepo import Repo
from tests.lore import document, entries, entry, ident
from tests.reconcile.conftest import BASE

Sql = Callable[..., None]


@pytest.fixture
def sql(workspace: Workspace) -> Iterator[Sql]:
    """Another program, which commits each statement."""
    path = workspace.paths.lorefs_dir / "index.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:

        def run(statement: str, *values: object) -> None:
            connection.execute(statement, values)

        yield run


def test_a_replaced_row_keeps_its_place_and_its_neighbours(
    workspace: Workspace, team: Repo, sql: Sql
) -> None:
    columns = "id, title, content, category"
    sql(f"INSERT OR REPLACE INTO entries ({columns}) VALUES (?, 'Beta', 'New text.', 'Gotcha')",
        ident(2))  # fmt: skip
    workspace.reconcile()
    assert team.read(".lore.md") == BASE.replace("The beta text.", "New text.")
    assert len(workspace.store.entries.rows()) == 3
    assert workspace.store.entries.resolve(ident(2)).entry.content == "New text."


def test_an_update_of_nothing_touches_no_file(workspace: Workspace, team: Repo, sql: Sql) -> None:
    sql("UPDATE entries SET title = title")
    before = team.path.joinpath(".lore.md").stat()
    workspace.reconcile()
    assert team.path.joinpath(".lore.md").stat() == before
    assert not workspace.store.outbox


NOT_WRITABLE = {
    "a title that reads back as another": "title = 'a**: b'",
    "a category that is no heading": "category = 'x ##'",
    "YAML that is none": 'extra = \'{"a": "[1, 2"}\'',
    "a directory that is not there": "path = 'nowhere'",
}


@pytest.mark.parametrize("change", NOT_WRITABLE.values(), ids=NOT_WRITABLE)
def test_what_no_document_can_hold_is_taken_back_alone(
    workspace: Workspace, team: Repo, sql: Sql, change: str
) -> None:
    sql(f"UPDATE entries SET {change}, status = 'archived' WHERE id = '{ident(2)}'")
    sql("UPDATE entries SET content = 'Good.' WHERE id = ?", ident(3))
    report = workspace.reconcile()
    (refusal,) = report.refusals
    assert "another program" in refusal.message
    assert "ledger" in (refusal.hint or "")
    assert team.read(".lore.md") == BASE.replace("The gamma text.", "Good.")
    rows = {row.entry.id: row.entry for row in workspace.store.entries.rows()}
    assert rows == entries(team.read(".lore.md"))

    column = change.partition(" = ")[0].replace("extra", "a")  # recorded key by key
    records = workspace.store.ledger.records(open_only=True)
    assert {record.discard.field for record in records} == {column, "status"}
    for record in records:
        discard = record.discard
        assert (discard.entry, discard.reason) == (ident(2), "refused")
        assert discard.chosen == discard.base != discard.theirs
    again = workspace.reconcile()
    assert (again.refusals, again.changes) == ((), 0)


def test_half_of_an_edit_is_taken_back_too(workspace: Workspace, team: Repo, sql: Sql) -> None:
    team.path.joinpath("docs").mkdir()
    sql("UPDATE entries SET path = 'docs', title = 'a**: b' WHERE id = ?", ident(2))
    assert len(workspace.reconcile().refusals) == 1
    assert team.read(".lore.md") == BASE
    assert not list(team.path.joinpath("docs").iterdir())
    assert workspace.store.entries.resolve(ident(2)).document == ".lore.md"


def test_a_new_row_that_no_document_can_hold(workspace: Workspace, team: Repo, sql: Sql) -> None:
    sql("INSERT INTO entries (id, title, content) VALUES (?, 'a**: b', 'Kept.')", ident(9))
    (refusal,) = workspace.reconcile().refusals
    assert refusal.found == "a**: b"
    assert team.read(".lore.md") == BASE
    kept = {r.discard.field: r.discard.theirs for r in workspace.store.ledger.records()}
    assert (kept["title"], kept["content"]) == ("a**: b", "Kept.")
    assert len(workspace.store.entries.rows()) == 3


def test_commands_go_on_after_such_a_row(workspace: Workspace, sql: Sql) -> None:
    sql("UPDATE entries SET title = 'a**: b' WHERE id = ?", ident(2))
    assert workspace.update(ident(2), {"title": "Good"}).entry.title == "Good"
    assert workspace.status().open_conflicts == 1


def test_a_row_whose_directory_is_gone_waits_for_it(
    workspace: Workspace, team: Repo, sql: Sql
) -> None:
    """Rows of a document whose directory does not exist here wait; no directory is made."""
    team.commit("more", **{"sub/.lore.md": document(entry(7, "Below"), entry(8, "Beside"))})
    workspace.reconcile(discover=True)
    sql("UPDATE entries SET content = 'By SQL.' WHERE id = ?", ident(7))
    shutil.rmtree(team.path / "sub")
    for _ in range(2):
        waiting = workspace.reconcile().waiting
        assert [each.reason for each in waiting] == ["its directory is not there"]
        assert waiting[0].document == "sub/.lore.md"
    team.write(".lore.md", BASE.replace("The beta", "Another beta"))
    assert workspace.get(ident(2)).entry.content == "Another beta text."
    (team.path / "sub").mkdir()
    assert workspace.reconcile().written == ("sub/.lore.md",)
    assert entries(team.read("sub/.lore.md")).keys() == {ident(7)}


def sources(workspace: Workspace, entry_id: str) -> list[tuple[str, str]]:
    """What the log says of an entry but its first sight: how and through what, the newest first."""
    return [(each.op, each.source) for each in workspace.log(entry_id) if each.op != "ingest"]


def test_the_log_tells_rows_of_other_programs_from_saves(
    workspace: Workspace, team: Repo, sql: Sql
) -> None:
    sql("UPDATE entries SET content = 'By SQL.' WHERE id = ?", ident(2))
    sql("INSERT INTO entries (id, title) VALUES (?, 'New')", ident(9))
    sql("DELETE FROM entries WHERE id = ?", ident(3))
    team.write(".lore.md", BASE.replace("The alpha", "An alpha"))
    workspace.reconcile()
    assert sources(workspace, ident(1)) == [("edit", "editor")]
    assert sources(workspace, ident(2)) == [("edit", "sql")]
    assert sources(workspace, ident(3)) == [("delete", "sql")]
    assert sources(workspace, ident(9)) == [("add", "sql")]


def test_a_change_beside_rows_of_other_programs_and_a_save(
    workspace: Workspace, team: Repo, sql: Sql
) -> None:
    sql("UPDATE entries SET content = 'By SQL.' WHERE id = ?", ident(2))
    team.write(".lore.md", BASE.replace("The alpha", "An alpha"))
    workspace.update(ident(3), {"title": "Delta"})
    found = [sources(workspace, ident(number)) for number in (1, 2, 3)]
    assert found == [[("edit", "editor")], [("edit", "sql")], [("edit", "cli")]]


def test_undo_takes_back_what_another_program_did_and_nothing_beside_it(
    workspace: Workspace, team: Repo, sql: Sql
) -> None:
    sql("INSERT INTO entries (id, title) VALUES (?, 'New')", ident(9))
    sql("UPDATE entries SET content = 'By SQL.' WHERE id = ?", ident(2))
    saved = BASE.replace("The alpha", "An alpha")
    team.write(".lore.md", saved)
    workspace.reconcile()
    team.write(".lore.md", team.read(".lore.md").replace("An alpha", "One more alpha"))
    assert {each.source for each in workspace.undo()} == {"editor"}
    assert {each.source for each in workspace.undo()} == {"editor"}
    assert {each.source for each in workspace.undo()} == {"sql"}
    assert entries(team.read(".lore.md")) == entries(BASE)


def test_what_git_brings_and_what_another_program_wrote_are_told_apart(
    workspace: Workspace, team: Repo, sql: Sql
) -> None:
    team("switch", "-qc", "other")
    team.commit("other", **{".lore.md": BASE.replace("The alpha", "An alpha")})
    workspace.reconcile()
    sql("UPDATE entries SET content = 'By SQL.' WHERE id = ?", ident(2))
    team("switch", "-q", "main")
    workspace.reconcile()
    assert sources(workspace, ident(1))[0] == ("edit", "git")
    assert sources(workspace, ident(2)) == [("edit", "sql")]
    assert team.read(".lore.md") == BASE.replace("The beta text.", "By SQL.")
