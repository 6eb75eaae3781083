"""Files, rows and edits meet in one function; nothing that anybody wrote is lost."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from lorefs.api import Workspace
from lorefs.errors import ConflictError, DocumentError, UsageError
from lorefs.store import CorruptDatabaseError, NewerDatabaseError
from lorefs.store.bulk import PORTION
from tests.gitrepo import Repo
from tests.lore import document, entries, entry, ident
from tests.reconcile.conftest import BASE, opened


def rows(workspace: Workspace) -> dict[str, str]:
    """Title by id, as another process reads the table."""
    path = workspace.paths.lorefs_dir / "index.db"
    with closing(sqlite3.connect(path)) as connection:
        return dict(connection.execute("SELECT id, title FROM entries").fetchall())


def sql(workspace: Workspace, *statements: str) -> None:
    """Another program that knows nothing of lorefs changes rows."""
    connection = sqlite3.connect(workspace.paths.lorefs_dir / "index.db")
    with connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


def lore(team: Repo) -> Path:
    return team.path / ".lore.md"


def assert_equal(workspace: Workspace, team: Repo) -> None:
    """Rows and file say the same."""
    found = entries(team.read(".lore.md"))
    assert rows(workspace) == {i: e.title for i, e in found.items()}
    for row in workspace.store.entries.rows():
        assert row.entry == found[row.entry.id]
    check = "INSERT INTO entries_fts (entries_fts, rank) VALUES ('integrity-check', 1)"
    workspace.store.connection.execute(check)


def test_an_editors_save_reaches_the_rows(workspace: Workspace, team: Repo) -> None:
    before = workspace.get(ident(2))
    team.write(".lore.md", BASE.replace("The beta text.", "A better text."))
    report = workspace.reconcile()
    assert report.edited == (ident(2),)
    assert report.written == ()
    after = workspace.get(ident(2))
    assert (after.entry.content, after.rev) == ("A better text.", before.rev + 1)
    assert team.read(".lore.md") == BASE.replace("The beta text.", "A better text.")


@pytest.mark.parametrize("name", [".lore.md", ".lore.local.md"])
def test_the_first_document_at_the_top_is_found_by_any_command(repo: Repo, name: str) -> None:
    repo.commit("code", **{"a.py": "x = 1\n"})
    with opened(repo) as workspace:
        assert workspace.entries() == []
    repo.write(name, document(entry(1, "Alpha")))
    with opened(repo) as workspace:
        assert [row.entry.title for row in workspace.entries()] == ["Alpha"]


def test_nothing_changed_writes_nothing(workspace: Workspace, team: Repo) -> None:
    version = workspace.store.data_version
    stamp = lore(team).stat().st_mtime_ns
    assert workspace.reconcile() == workspace.reconcile()
    assert workspace.entries()
    assert workspace.store.data_version == version
    assert lore(team).stat().st_mtime_ns == stamp


@pytest.mark.parametrize(
    "statement",
    [
        f"UPDATE entries SET title = 'By SQL' WHERE id = '{ident(2)}'",
        f"UPDATE entries SET tags = '[\"b\", \"a\"]', category = 'Pattern' WHERE id = '{ident(2)}'",
        f"DELETE FROM entries WHERE id = '{ident(2)}'",
        "INSERT INTO entries (title, content, category) VALUES ('New', 'By SQL', 'Pattern')",
    ],
)
def test_rows_that_another_program_writes_reach_the_file(
    workspace: Workspace, team: Repo, statement: str
) -> None:
    sql(workspace, statement)
    report = workspace.reconcile()
    assert report.changes == 1
    assert report.written == (".lore.md",)
    assert_equal(workspace, team)
    assert workspace.reconcile().changes == 0


def test_a_save_and_a_row_that_changed_meanwhile_both_stand(
    workspace: Workspace, team: Repo
) -> None:
    sql(workspace, f"UPDATE entries SET title = 'By SQL' WHERE id = '{ident(2)}'")
    team.write(".lore.md", BASE.replace("The beta text.", "By hand."))
    workspace.reconcile()
    found = entries(team.read(".lore.md"))[ident(2)]
    assert (found.title, found.content) == ("By SQL", "By hand.")
    assert_equal(workspace, team)


def test_in_a_clash_the_file_wins_and_the_ledger_keeps_the_row(
    workspace: Workspace, team: Repo
) -> None:
    sql(workspace, f"UPDATE entries SET title = 'By SQL' WHERE id = '{ident(2)}'")
    team.write(".lore.md", BASE.replace("**Beta**", "**By hand**"))
    workspace.reconcile()
    assert workspace.get(ident(2)).entry.title == "By hand"
    (record,) = workspace.store.ledger.records(open_only=True)
    assert (record.discard.field, record.discard.ours) == ("title", "By SQL")


def test_a_hand_written_line_is_an_entry_and_keeps_its_id(workspace: Workspace, team: Repo) -> None:
    team.write(".lore.md", BASE + "\n* **By hand**: no marker\n")
    (added,) = workspace.reconcile().added
    assert "By hand" in team.read(".lore.md")
    assert added not in team.read(".lore.md"), "a clean tracked file is never touched"
    team.write(".lore.md", BASE + "\n* **By hand**: another text\n")
    assert workspace.reconcile().edited == (added,)
    team.write(".lore.md", BASE + "\n* **Another title**: another text\n")
    assert workspace.reconcile().edited == (added,)
    assert f"<!-- lore:{added} -->\n* **Another title**" in team.read(".lore.md")


def test_two_clones_give_a_hand_written_line_one_id(repo: Repo, tmp_path: Path) -> None:
    repo.commit("base", **{"docs/.lore.md": document("* **By hand**: a text")})
    other = repo.clone(tmp_path / "other")
    with opened(repo) as one, opened(other) as two:
        assert [r.entry.id for r in one.entries()] == [r.entry.id for r in two.entries()]


def test_a_move_between_documents_is_no_deletion(workspace: Workspace, team: Repo) -> None:
    (team.path / "docs").mkdir()
    before = workspace.get(ident(2))
    moved = workspace.move(ident(2), "docs")
    assert (moved.entry.path, moved.rev) == ("docs", before.rev + 1)
    assert entries(team.read("docs/.lore.md")).keys() == {ident(2)}
    assert ident(2) not in team.read(".lore.md")
    assert [change.op for change in workspace.log(ident(2))] == ["edit", "ingest"]


def test_a_stale_revision_is_refused_with_the_current_row(workspace: Workspace, team: Repo) -> None:
    read = workspace.get(ident(2))
    workspace.update(ident(2), {"title": "First"}, if_rev=read.rev)
    before = team.read(".lore.md")
    for stale in (read.rev, read.hash):
        with pytest.raises(ConflictError) as caught:
            workspace.update(ident(2), {"title": "Second"}, if_rev=stale)
        assert caught.value.current == workspace.get(ident(2))
    assert team.read(".lore.md") == before
    current = workspace.get(ident(2)).hash
    assert workspace.update(ident(2), {"title": "Third"}, if_rev=current).entry.title == "Third"


def test_undo_takes_back_own_changes_and_spares_later_ones(
    workspace: Workspace, team: Repo
) -> None:
    workspace.update(ident(2), {"title": "Second", "tags": ("a",)})
    team.write(".lore.md", team.read(".lore.md").replace("beta text", "beta words"))
    workspace.undo(2)
    found = workspace.get(ident(2)).entry
    assert (found.title, found.tags, found.content) == ("Beta", (), "The beta text.")
    workspace.remove([ident(1)])
    workspace.undo()
    assert workspace.get(ident(1)).entry.content == "The alpha text."
    assert_equal(workspace, team)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (BASE.encode() + b"\x97", "UTF-8"),
        (BASE.encode() + b"\0", "NUL"),
        (f"<<<<<<< HEAD\n{BASE}=======\n{BASE}>>>>>>> x\n".encode(), "conflict markers"),
    ],
)
def test_a_file_that_cannot_be_taken_in_changes_nothing(
    workspace: Workspace, team: Repo, data: bytes, words: str
) -> None:
    team.write(".lore.md", data)
    report = workspace.reconcile()
    (refusal,) = report.refusals
    assert words in str(refusal)
    assert refusal.path == ".lore.md"
    assert refusal.line
    assert report.changes == 0
    assert rows(workspace).keys() == {ident(1), ident(2), ident(3)}
    workspace.update(ident(1), {"title": "While it is broken"})
    assert lore(team).read_bytes() == data, "a file that was not taken in was written over"
    team.write(".lore.md", BASE.replace("The gamma", "A gamma"))
    workspace.reconcile()
    assert workspace.get(ident(1)).entry.title == "While it is broken"
    assert workspace.get(ident(3)).entry.content == "A gamma text."
    assert_equal(workspace, team)


def test_a_symbolic_link_is_never_followed(
    workspace: Workspace, team: Repo, tmp_path: Path
) -> None:
    outside = tmp_path / "outside.md"
    outside.write_text(document(entry(9, "Outside")))
    lore(team).unlink()
    lore(team).symlink_to(outside)
    report = workspace.reconcile()
    assert isinstance(report.refusals[0], DocumentError)
    assert ident(9) not in rows(workspace)
    workspace.update(ident(1), {"title": "Row"})
    assert "Row" not in outside.read_text()


def test_a_removed_tracked_file_deletes_its_entries(workspace: Workspace, team: Repo) -> None:
    lore(team).unlink()
    assert len(workspace.reconcile().deleted) == 3
    team("checkout", "--", ".lore.md")
    assert len(workspace.reconcile().added) == 3


def test_a_removed_personal_document_asks_first(workspace: Workspace, team: Repo) -> None:
    mine = team.write(".lore.local.md", document(entry(8, "Mine")))
    workspace.reconcile(discover=True)
    mine.unlink()
    report = workspace.reconcile()
    assert [question.document for question in report.questions] == [".lore.local.md"]
    assert ident(8) in rows(workspace)
    assert workspace.reconcile(restore=True).written == (".lore.local.md",)
    assert "Mine" in mine.read_text()
    mine.unlink()
    assert workspace.reconcile(accept_deletions=True).deleted == (ident(8),)


def test_most_of_a_personal_document_vanishing_asks_first(workspace: Workspace, team: Repo) -> None:
    many = [entry(n, f"Title {n}") for n in range(10, 20)]
    team.write(".lore.local.md", document(*many))
    workspace.reconcile(discover=True)
    team.write(".lore.local.md", document(*many[:2]))
    report = workspace.reconcile()
    assert "8 of 10" in report.questions[0].reason
    assert len(rows(workspace)) == 13
    assert len(workspace.reconcile(accept_deletions=True).deleted) == 8


def test_a_directory_that_cannot_be_read_deletes_nothing(workspace: Workspace, team: Repo) -> None:
    team.commit("docs", **{"docs/.lore.md": document(entry(8, "In docs"))})
    workspace.reconcile(discover=True)
    hidden = team.path / "hidden"
    (team.path / "docs").rename(hidden)
    (team.path / "docs").write_text("a file where the directory was")
    report = workspace.reconcile()
    assert report.waiting[0].document == "docs/.lore.md"
    assert ident(8) in rows(workspace)


def test_a_renamed_document_keeps_its_entries(workspace: Workspace, team: Repo) -> None:
    before = workspace.get(ident(2))
    (team.path / "docs").mkdir()
    lore(team).rename(team.path / "docs/.lore.md")
    report = workspace.reconcile(discover=True)
    assert report.deleted == ()
    assert workspace.get(ident(2)).entry.path == "docs"
    assert workspace.get(ident(2)).created_at == before.created_at


def test_a_copied_document_is_reported(workspace: Workspace, team: Repo) -> None:
    team.write("docs/.lore.md", BASE + "\n" + entry(9, "Own") + "\n")
    report = workspace.reconcile(discover=True)
    assert report.added == (ident(9),)
    assert {copy.entry for copy in report.copies} == {ident(1), ident(2), ident(3)}
    assert workspace.get(ident(2)).document == ".lore.md"


def test_branches_with_sync_off_rows_follow_the_file(workspace: Workspace, team: Repo) -> None:
    team("switch", "--quiet", "--create", "topic")
    team.commit("topic", **{".lore.md": BASE + "\n" + entry(4, "Delta") + "\n"})
    workspace.reconcile()
    assert ident(4) in rows(workspace)
    team("switch", "--quiet", "-")
    assert workspace.reconcile().deleted == (ident(4),)
    team("switch", "--quiet", "topic")
    assert workspace.reconcile().added == (ident(4),)
    assert team("status", "--porcelain") == ""


def test_a_stale_buffer_is_applied_and_the_ledger_keeps_what_it_took_back(
    workspace: Workspace, team: Repo
) -> None:
    workspace.update(ident(2), {"title": "By lorefs"})
    team.write(".lore.md", BASE.replace("The gamma", "A gamma"))
    workspace.reconcile()
    assert workspace.get(ident(2)).entry.title == "Beta"
    (record,) = workspace.store.ledger.records(open_only=True)
    assert record.discard.reason == "overwritten"
    assert (record.discard.entry, record.discard.ours) == (ident(2), "By lorefs")


def test_a_stale_buffer_without_a_new_entry_is_kept_as_its_source(
    workspace: Workspace, team: Repo
) -> None:
    added = workspace.add("New", content="by lorefs").entry.id
    team.write(".lore.md", BASE.replace("The gamma", "A gamma"))
    workspace.reconcile()
    (record,) = workspace.store.ledger.records(open_only=True)
    assert (record.discard.field, record.discard.chosen) == ("existence", None)
    assert record.discard.ours == f"<!-- lore:{added} -->\n* **New**: by lorefs"


def test_a_file_that_is_deleted_and_comes_back_takes_nothing_back(
    workspace: Workspace, team: Repo
) -> None:
    workspace.update(ident(2), {"title": "By lorefs"})
    lore(team).unlink()
    workspace.reconcile()
    team("checkout", "--quiet", "--", ".lore.md")
    workspace.reconcile()
    assert workspace.get(ident(2)).entry.title == "Beta"
    assert workspace.store.ledger.records(open_only=True) == []


def test_a_save_between_the_look_and_the_replacement_is_merged(team: Repo) -> None:
    saves = iter([BASE.replace("The gamma", "A gamma")])

    def step(name: str) -> None:
        if name == "write the new file":
            text = next(saves, None)
            if text is not None:
                team.write(".lore.md", text)

    with opened(team) as plain:
        plain.reconcile()
    with Workspace.open(team.path, env={}, clock=lambda: 1, step=step) as workspace:
        workspace.update(ident(1), {"title": "By lorefs"})
        found = entries(team.read(".lore.md"))
        assert found[ident(1)].title == "By lorefs"
        assert found[ident(3)].content == "A gamma text."
        workspace.reconcile()
        assert_equal(workspace, team)


def test_an_entry_of_a_directory_that_is_not_there(workspace: Workspace) -> None:
    with pytest.raises(UsageError):
        workspace.add("Nowhere", path="not/here")
    with pytest.raises(UsageError):
        workspace.add("Outside", path="../..")


@pytest.mark.parametrize("damage", ["delete", "truncate", "garbage", "empty"])
def test_the_database_is_an_index(team: Repo, damage: str) -> None:
    with opened(team) as workspace:
        workspace.add("Added by lorefs", content="Kept in the file.")
        before = {row.entry for row in workspace.entries()}
        path = workspace.paths.lorefs_dir / "index.db"
    text = team.read(".lore.md")
    match damage:
        case "delete":
            path.unlink()
        case "truncate":
            path.write_bytes(path.read_bytes()[:5000])
        case "garbage":
            path.write_bytes(b"no database at all" * 1000)
        case _:
            path.write_bytes(b"")
    if damage in {"truncate", "garbage"}:
        with pytest.raises(CorruptDatabaseError) as refused, opened(team) as workspace:
            workspace.entries()
        assert "lorefs rebuild" in str(refused.value.hint)
        assert team.read(".lore.md") == text
        Workspace.rebuild(team.path, env={}, clock=lambda: 1)
    with opened(team) as workspace:
        assert {row.entry for row in workspace.entries()} == before
    assert team.read(".lore.md") == text


def test_a_newer_database_is_refused_with_the_version(workspace: Workspace, team: Repo) -> None:
    workspace.store.connection.execute("PRAGMA user_version = 99")
    with pytest.raises(NewerDatabaseError, match="99"):
        opened(team)


def test_a_rebuilt_database_starts_revisions_anew(workspace: Workspace, team: Repo) -> None:
    old = workspace.get(ident(2)).rev
    workspace.close()
    Workspace.rebuild(team.path, env={}, clock=lambda: 1)
    with opened(team) as rebuilt:
        assert rebuilt.get(ident(2)).rev > old
        with pytest.raises(ConflictError):
            rebuilt.update(ident(2), {"title": "x"}, if_rev=old)


def test_only_content_decides_not_the_clock(workspace: Workspace, team: Repo) -> None:
    stamp = lore(team).stat()
    team.write(".lore.md", BASE.replace("The beta", "the beta"))
    os.utime(lore(team), ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert lore(team).stat().st_size == stamp.st_size
    assert workspace.reconcile().edited == (ident(2),)


@pytest.mark.parametrize("how", ["rename", "in place", "delete and create", "sed"])
def test_every_way_to_save_is_an_update(workspace: Workspace, team: Repo, how: str) -> None:
    text = BASE.replace("The beta text.", "Saved.")
    match how:
        case "rename":
            team.write("4913", text)
            (team.path / "4913").rename(lore(team))
        case "in place":
            with lore(team).open("r+") as file:
                file.truncate()
                file.write(text)
        case "delete and create":
            lore(team).unlink()
            lore(team).write_text(text)
        case _:
            command = ["sed", "-i", "s/The beta text\\./Saved./", str(lore(team))]
            subprocess.run(command, check=True)
    assert workspace.reconcile().edited == (ident(2),)


def test_what_git_did_is_not_undone(workspace: Workspace, team: Repo) -> None:
    team("switch", "--quiet", "--create", "topic")
    team.commit("topic", **{".lore.md": BASE.replace("**Beta**", "**Beta of topic**")})
    team("switch", "--quiet", "-")
    workspace.reconcile()
    team("merge", "--quiet", "topic")
    workspace.reconcile()
    assert workspace.log()[0].source == "git"
    assert workspace.undo() == []
    assert workspace.get(ident(2)).entry.title == "Beta of topic"


def test_undo_spares_a_save_that_a_command_found(workspace: Workspace, team: Repo) -> None:
    team.write(".lore.md", BASE.replace("The gamma", "A gamma"))
    added = workspace.add("New", content="By lorefs.", category="Gotcha")
    workspace.undo()
    assert added.entry.id not in team.read(".lore.md")
    assert "A gamma" in team.read(".lore.md")


def test_more_entries_than_one_portion_are_all_there(workspace: Workspace, team: Repo) -> None:
    idents = [ident(n) for n in range(101, PORTION + 103)]
    more = (entry(n, f"Many {n}") for n in range(101, PORTION + 103))
    team.write(".lore.md", document(*more))
    assert set(workspace.reconcile().added) == set(idents)
    assert rows(workspace).keys() == set(idents)
    assert workspace.search(f"Many {PORTION + 102}", limit=1)[0].row.entry.id == idents[-1]
    assert sorted(change.entry for change in workspace.log(limit=len(idents))) == idents
