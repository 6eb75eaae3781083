"""The user's own store: shown in all repositories of a user, and only read there."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from platformdirs import user_data_path

from lorefs.api import Workspace
from lorefs.api.context import Question
from lorefs.core.model import Entry
from lorefs.doctor.database import check_rows
from lorefs.doctor.finding import Place
from lorefs.errors import GuestError, LorefsError, UsageError
from lorefs.mcp.tools import Tools
from lorefs.store import OWN
from lorefs.sync.guests import user_store
from tests.cli.terminal import TIMEOUT, Lorefs, command, environment
from tests.gitrepo import Repo
from tests.guests.conftest import SHOWN, STORE, User, titles
from tests.lore import document, entry, ident


def taken_in(user: User, repo: Repo) -> Workspace:
    workspace = user.open(repo)
    workspace.reconcile(discover=True)
    return workspace


def test_it_is_found_wherever_entries_are_read(user: User, project: Repo) -> None:
    with taken_in(user, project) as workspace:
        assert titles(workspace) == ["Ours", "Tabs"]
        assert titles(workspace, "user") == ["Tabs"]
        assert titles(workspace, "here") == ["Ours"]
        row = workspace.get(ident(1))
        assert (row.document, row.entry.scope, row.entry.path) == (
            "user://.lore.md",
            "personal",
            "",
        )
        assert [hit.row.entry.title for hit in workspace.search("indent")] == ["Tabs"]
        assert [hit.row.entry.title for hit in workspace.similar("indent with tabs")] == ["Tabs"]
        pieces = workspace.context(Question(query="indent tabs")).pieces
        assert [piece.row.entry.title for piece in pieces] == ["Tabs"]
        status = workspace.status()
        assert (status.entries, dict(status.elsewhere)) == (1, {"user": 1})


def test_only_what_stands_here_is_suggested_for_the_team(user: User, project: Repo) -> None:
    with taken_in(user, project) as workspace:
        assert workspace.suggest() == []
        workspace.add("Mine", personal=True)
        assert [each.row.entry.title for each in workspace.suggest()] == ["Mine"]


def test_it_is_seen_in_all_repositories_of_the_user_and_in_no_other_home(
    user: User, make_repo: Callable[..., Repo], tmp_path: Path
) -> None:
    first, second = make_repo("first"), make_repo("second")
    for repo in (first, second):
        with user.open(repo) as workspace:
            assert titles(workspace) == ["Tabs"]
    with User(tmp_path / "stranger").open(first) as workspace:
        assert titles(workspace) == []
        assert not workspace.store.guests
    with user.open(first) as workspace:
        assert titles(workspace) == ["Tabs"]


def test_it_follows_what_an_editor_saves(user: User, project: Repo) -> None:
    with taken_in(user, project) as workspace:
        rev = workspace.get(ident(1)).rev
        user.write(
            document(entry(1, "Spaces", "Indent with spaces.", SHOWN), entry(3, "Brief", "", SHOWN))
        )
        assert titles(workspace) == ["Brief", "Ours", "Spaces"]
        assert workspace.get(ident(1)).rev > rev
        assert workspace.search("tabs") == []
        user.write(document(entry(1, "Spaces", "Not for all any more.")))
        assert titles(workspace) == ["Ours"]
        user.write(STORE)
        user.store.unlink()
        assert titles(workspace) == ["Ours"]
        assert not workspace.store.guests


@pytest.mark.parametrize("data", [b"\xff\xfe", b"a\0b", b"<<<<<<< x\na\n=======\nb\n>>>>>>> y\n"])
def test_what_cannot_be_read_changes_nothing_and_is_told(
    user: User, project: Repo, data: bytes
) -> None:
    with taken_in(user, project) as workspace:
        user.store.write_bytes(data)
        assert titles(workspace) == ["Ours", "Tabs"]
        (refusal,) = workspace.status().report.refusals
        assert str(user.store) in (refusal.path, refusal.message.split(" ")[0])


def test_a_link_is_not_followed(user: User, project: Repo, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.md"
    shutil.move(user.store, elsewhere)
    user.store.symlink_to(elsewhere)
    with taken_in(user, project) as workspace:
        assert titles(workspace) == ["Ours"]
        (refusal,) = workspace.status().report.refusals
        assert refusal.path == str(user.store)


# ---------------------------------------------------------------- read-only

WRITES: dict[str, Callable[[Workspace], object]] = {
    "update": lambda w: w.update(ident(1), {"title": "Mine"}),
    "rm": lambda w: w.remove([ident(1)]),
    "mv": lambda w: w.move(ident(1), "docs"),
    "confirm": lambda w: w.confirm([ident(1)]),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_change_is_refused_and_says_where_it_stands(
    user: User, project: Repo, write: Callable[[Workspace], object]
) -> None:
    (project.path / "docs").mkdir()
    with taken_in(user, project) as workspace:
        before = workspace.get(ident(1)), workspace.log()
        with pytest.raises(GuestError, match="stands in your own store") as caught:
            write(workspace)
        assert caught.value.path == str(user.store)
        assert (workspace.get(ident(1)), workspace.log()) == before
    assert user.store.read_text(encoding="utf-8") == STORE
    assert project("status", "--porcelain") == ""


SQL = {
    "update": "UPDATE entries SET title = 'Mine', confidence = 0.5 WHERE id = ?",
    "move": "UPDATE entries SET scope = 'team', path = 'docs' WHERE id = ?",
    "own": "UPDATE entries SET document = '.lore.md' WHERE id = ?",
    "delete": "DELETE FROM entries WHERE id = ?",
    "replace": "INSERT OR REPLACE INTO entries (id, title) VALUES (?, 'Mine')",
}


@pytest.mark.parametrize("statement", SQL.values(), ids=SQL)
def test_a_row_that_another_program_wrote_to_is_put_back(
    user: User, project: Repo, statement: str
) -> None:
    project.commit("docs", **{"docs/.lore.md": document(entry(8, "Docs"))})
    with taken_in(user, project) as workspace:
        before = workspace.get(ident(1)).entry
        with closing(sqlite3.connect(workspace.paths.lorefs_dir / "index.db")) as program, program:
            program.execute(statement, (ident(1),))
        report = workspace.reconcile()
        row = workspace.get(ident(1))
        assert (row.entry, row.document) == (before, "user://.lore.md")
        assert [hit.row.entry.title for hit in workspace.search("indent")] == ["Tabs"]
        words = [str(error) for error in report.refusals]
        assert all("your own store" in each for each in words)
        assert bool(words) is ("document =" not in statement)
        assert "Mine" not in project.read(".lore.md") + project.read("docs/.lore.md")
    assert user.store.read_text(encoding="utf-8") == STORE


# ---------------------------------------------------------------- ids that are held twice


def test_an_own_entry_wins_and_the_guest_comes_back(user: User, project: Repo) -> None:
    base = project.read(".lore.md")
    with taken_in(user, project) as workspace:
        project.write(".lore.md", base + "\n" + entry(1, "Tabs of ours") + "\n")
        assert titles(workspace) == ["Ours", "Tabs of ours"]
        assert workspace.update(ident(1), {"confidence": 0.5}).document == ".lore.md"
        user.write(STORE.replace("Indent with tabs.", "Changed meanwhile."))
        assert titles(workspace) == ["Ours", "Tabs of ours"]
        workspace.remove([ident(1)])
        row = workspace.get(ident(1))
        assert (row.entry.content, row.document) == ("Changed meanwhile.", "user://.lore.md")
        workspace.undo()
        assert workspace.get(ident(1)).entry.title == "Tabs of ours"
        user.store.unlink()
        workspace.remove([ident(1)])
        assert titles(workspace) == ["Ours"]


def test_an_own_entry_that_came_first_is_not_touched(user: User, project: Repo) -> None:
    project.write(".lore.md", document(entry(1, "First")))
    with taken_in(user, project) as workspace:
        assert titles(workspace) == ["First"]
        assert workspace.status().report.copies == ()
        workspace.remove([ident(1)])
        assert titles(workspace) == ["Tabs"]


# ---------------------------------------------------------------- what it must not disturb


def rows_of(workspace: Workspace) -> set[tuple[Entry, str]]:
    return {(row.entry, row.document) for row in workspace.entries()}


def test_a_rebuilt_database_is_equal(user: User, project: Repo) -> None:
    project.write(".lore.md", document(entry(1, "First"), entry(9, "Ours")))
    user.write(STORE + "\n" + entry(4, "Brief", "", SHOWN) + "\n")
    with taken_in(user, project) as workspace:
        before = rows_of(workspace)
        hidden = workspace.store.connection.execute("SELECT * FROM guests_hidden").fetchall()
        assert hidden == [(ident(1), "user://.lore.md")]
    env = {**os.environ, **user.env}
    Workspace.rebuild(project.path, env=env, clock=lambda: 1_800_000_000_000)
    with user.open(project) as workspace:
        assert rows_of(workspace) == before
        query = "SELECT * FROM guests_hidden"
        assert workspace.store.connection.execute(query).fetchall() == hidden


def test_a_database_that_was_deleted_has_them_again(user: User, project: Repo) -> None:
    with taken_in(user, project) as workspace:
        folder = workspace.paths.lorefs_dir
    for file in folder.glob("index.db*"):
        file.unlink()
    with user.open(project) as workspace:
        assert titles(workspace, "user") == ["Tabs"]


def test_doctor_finds_nothing_wrong_but_a_wrong_row(user: User, project: Repo) -> None:
    taken_in(user, project).close()
    place = Place.around(project.path, {**os.environ, **user.env}, 1_800_000_000_000)
    assert list(check_rows(place)) == []
    with user.open(project) as workspace, workspace.store.write():
        workspace.store.connection.execute("UPDATE entries SET title = 'x' WHERE id = ?",
                                           (ident(1),))  # fmt: skip
    assert [finding.check for finding in check_rows(place)] == ["rows"]


def test_restoring_and_the_log_know_nothing_of_it(user: User, project: Repo) -> None:
    with taken_in(user, project) as workspace:
        assert {change.entry for change in workspace.log()} == {ident(9)}
        assert workspace.past.commit("HEAD").differences == ()
        assert [row.entry.title for row in workspace.entries(OWN)] == ["Ours"]
        assert workspace.documents().keys() == {".lore.md"}


# ---------------------------------------------------------------- adding


def test_what_is_added_everywhere_is_in_the_store_alone(
    project: Repo, make_repo: Callable[..., Repo], tmp_path: Path
) -> None:
    user = User(tmp_path / "new")
    with user.open(project) as workspace:
        row = workspace.add_everywhere("Brief", content="Be brief.", category="Preference")
        assert (row.document, row.entry.scope) == ("user://.lore.md", "personal")
    assert user.store.stat().st_mode & 0o777 == 0o600
    assert user.store.parent.stat().st_mode & 0o777 == 0o700
    assert list(user.store.parent.iterdir()) == [user.store]
    assert project("status", "--porcelain") == ""
    with user.open(make_repo("other")) as workspace:
        assert titles(workspace) == ["Brief"]
        workspace.add_everywhere("Also")
    with user.open(project) as workspace:
        assert titles(workspace, "user") == ["Also", "Brief"]


def test_adding_keeps_what_is_there_to_the_byte(user: User, project: Repo) -> None:
    text = STORE.replace("\n", "\r\n") + "Prose at the end"
    user.store.write_bytes(text.encode())
    user.store.chmod(0o640)
    with user.open(project) as workspace:
        workspace.add_everywhere("Zeal", category="Zeal")
    data = user.store.read_bytes().decode()
    assert data.replace("\r\n", "\n").startswith(STORE)
    assert data.count("Prose at the end") == 1
    assert user.store.stat().st_mode & 0o777 == 0o640


def test_nothing_that_is_added_at_once_is_lost(project: Repo, user: User) -> None:
    started = [
        subprocess.Popen(
            command("add", f"At once {number}", "--everywhere"),
            cwd=project.path,
            env=environment(user.env),
            stdout=subprocess.DEVNULL,
        )
        for number in range(5)
    ]
    assert [process.wait(TIMEOUT) for process in started] == [0] * 5
    with user.open(project) as workspace:
        added = {f"At once {number}" for number in range(5)}
        assert set(titles(workspace, "user")) == {"Tabs"} | added
    assert list(user.store.parent.iterdir()) == [user.store]


def test_adding_to_a_store_that_cannot_be_read_changes_nothing(user: User, project: Repo) -> None:
    user.store.write_bytes(b"\xff")
    with user.open(project) as workspace, pytest.raises(LorefsError):
        workspace.add_everywhere("Brief")
    assert user.store.read_bytes() == b"\xff"


def test_it_stands_where_platformdirs_says(monkeypatch: pytest.MonkeyPatch, user: User) -> None:
    for name, value in user.env.items():
        monkeypatch.setenv(name, value)
    assert user_store(user.env) == user.store
    assert user.store == user_data_path("lorefs") / "personal" / ".lore.md"
    monkeypatch.delenv("XDG_DATA_HOME")
    bare = {"HOME": str(user.home)}
    assert user_store(bare) == user_data_path("lorefs") / "personal" / ".lore.md"
    assert user_store({}) is None
    relative = bare | {"XDG_DATA_HOME": "data"}
    monkeypatch.setenv("XDG_DATA_HOME", "data")
    assert user_store(relative) == user_data_path("lorefs") / "personal" / ".lore.md"


# ---------------------------------------------------------------- agents, and the command line


def test_agents_see_the_source_and_can_only_read(user: User, project: Repo) -> None:
    tools = Tools(lambda: taken_in(user, project))
    listed = tools.list_entries()["entries"]
    assert {each["title"]: each["source"] for each in listed} == {"Ours": "here", "Tabs": "user"}
    assert [each["title"] for each in tools.list_entries(source="here")["entries"]] == ["Ours"]
    assert tools.search("indent")["entries"][0]["id"] == ident(1)
    assert ident(1) in tools.context(query="indent tabs")["ids"]
    for write in (tools.archive, lambda id: tools.relate(id, "supports", ident(9))):
        with pytest.raises(GuestError):
            write(ident(1))
    with pytest.raises(UsageError):
        tools.list_entries(source="nowhere")


def test_the_command_line(user: User, project: Repo) -> None:
    lorefs = Lorefs(project.path)
    ident_ = lorefs("add", "Brief", "--everywhere", "--tag", "style", env=user.env).out.strip()
    listed = lorefs("list", "--json", env=user.env).json
    assert {each["title"]: each["source"] for each in listed} == {
        "Brief": "user",
        "Ours": "here",
        "Tabs": "user",
    }
    rows = lorefs("list", "--source", "user", env=user.env).lines
    assert [row.split("\t")[1] for row in rows] == ["user://.lore.md"] * 2
    shown = lorefs.on_terminal("list", env=user.env).out
    assert "your own store, only read here" in shown
    done = lorefs("edit", ident_, "--title", "x", status=5, env=user.env)
    assert str(user.store) in done.err
    assert "stands in your own store" in done.err
    lorefs("edit", ident_, status=5, env=user.env | {"GIT_EDITOR": "false"})
    assert "Tabs" not in lorefs("export", "--private", env=user.env).out
    assert "Tabs" in lorefs("export", "--private", "--source", "user", env=user.env).out
    assert lorefs("stats", "--json", env=user.env).json["entries"] == 1
    assert lorefs("status", "--json", env=user.env, status=0).json["elsewhere"] == {"user": 2}
    lorefs("list", "--source", "nowhere", status=2, env=user.env)
    lorefs("add", "x", "--everywhere", "--path", ".", status=2, env=user.env)
