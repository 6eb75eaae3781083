"""With sync on, git's moves are no edits: versions come and go, and rows keep the team's state."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

from lorefs.api import Workspace
from tests.gitrepo import Repo
from tests.lore import entries, entry, ident
from tests.reconcile.conftest import BASE, opened

DELTA = "\n" + entry(4, "Delta", "From a colleague.") + "\n"


@pytest.fixture
def team(repo: Repo) -> Repo:
    """A repository with sync on, a first commit without lore, and a colleague's branch."""
    repo("config", "lorefs.sync.enabled", "true")
    repo.commit("before lore", **{"README.md": "x\n"})
    repo.commit("base", **{".lore.md": BASE})
    repo("branch", "first", "HEAD~1")
    repo("switch", "--quiet", "--create", "colleague")
    repo.commit("theirs", **{".lore.md": BASE.replace("**Beta**", "**Their Beta**") + DELTA})
    repo("switch", "--quiet", "main")
    return repo


@pytest.fixture
def workspace(team: Repo) -> Iterator[Workspace]:
    with opened(team) as found:
        found.reconcile()
        yield found


def titles(workspace: Workspace) -> set[str]:
    return {row.entry.title for row in workspace.entries()}


ALL = {"Alpha", "Beta", "Gamma"}


def test_looking_at_a_colleagues_branch_publishes_nothing(workspace: Workspace, team: Repo) -> None:
    for branch in ("colleague", "main", "colleague", "main"):
        team("switch", "--quiet", branch)
        assert titles(workspace) == ALL
        assert team("status", "--porcelain") == ""


def test_an_old_commit_deletes_nothing_and_coming_back_works(
    workspace: Workspace, team: Repo
) -> None:
    team("switch", "--quiet", "--detach", "first")
    assert titles(workspace) == ALL
    workspace.add("Epsilon", content="Added meanwhile.", category="Gotcha")
    assert not (team.path / ".lore.md").exists(), "a one-entry file would block the way back"
    team("switch", "--quiet", "main")
    assert titles(workspace) == ALL | {"Epsilon"}
    assert "Epsilon" in team.read(".lore.md"), "the row never reached the file"


def test_an_edit_on_a_colleagues_branch_is_an_edit_and_no_more(
    workspace: Workspace, team: Repo
) -> None:
    team("switch", "--quiet", "colleague")
    workspace.reconcile()
    team.write(".lore.md", team.read(".lore.md").replace("The gamma", "A gamma"))
    assert titles(workspace) == ALL
    assert workspace.get(ident(3)).entry.content == "A gamma text."


def test_an_edit_saved_right_after_a_switch_counts(workspace: Workspace, team: Repo) -> None:
    team("switch", "--quiet", "colleague")
    team.write(".lore.md", team.read(".lore.md").replace("The gamma", "A gamma"))
    assert titles(workspace) == ALL
    assert workspace.get(ident(3)).entry.content == "A gamma text."


def test_a_row_changed_on_a_colleagues_branch_spares_their_entries(
    workspace: Workspace, team: Repo
) -> None:
    team("switch", "--quiet", "colleague")
    workspace.update(ident(3), {"content": "By lorefs."})
    found = entries(team.read(".lore.md"))
    assert found[ident(3)].content == "By lorefs."
    assert found[ident(2)].title == "Their Beta"
    assert found[ident(4)].title == "Delta"
    assert titles(workspace) == ALL


def test_a_deletion_that_was_committed_before_a_switch_reaches_the_rows(
    workspace: Workspace, team: Repo
) -> None:
    team.commit("delete", **{".lore.md": BASE.replace(entry(2, "Beta", "The beta text."), "")})
    team("switch", "--quiet", "--create", "x")
    assert titles(workspace) == ALL - {"Beta"}


def test_a_commit_that_a_switch_took_away_reaches_the_rows(
    workspace: Workspace, team: Repo
) -> None:
    team.commit("edit", **{".lore.md": BASE.replace("The gamma", "A gamma")})
    team("switch", "--quiet", "colleague")
    assert workspace.get(ident(3)).entry.content == "A gamma text."
    assert titles(workspace) == ALL


@pytest.mark.parametrize("how", ["squash and reset", "merge and reset", "pull and revert"])
def test_what_git_brings_and_takes_away_is_no_edit(
    workspace: Workspace, team: Repo, how: str
) -> None:
    match how:
        case "squash and reset":
            team("merge", "--quiet", "--squash", "colleague")
            assert titles(workspace) == ALL
            team("reset", "--quiet", "--hard")
            (team.path / ".git/SQUASH_MSG").unlink(missing_ok=True)
        case "merge and reset":
            team("merge", "--quiet", "--no-ff", "colleague")
            assert titles(workspace) == ALL
            team("reset", "--quiet", "--hard", "HEAD~1")
        case _:
            team("merge", "--quiet", "colleague")
            assert titles(workspace) == ALL
            team("revert", "--no-edit", "HEAD")
    assert titles(workspace) == ALL


def test_a_row_that_changes_during_a_rebase_is_written_when_it_is_over(
    workspace: Workspace, team: Repo
) -> None:
    team.commit("mine", **{"README.md": "mine\n"})
    team("switch", "--quiet", "colleague")
    team.commit("theirs", **{"README.md": "theirs\n"})
    assert team.run("rebase", "main").returncode == 1
    before = team.read(".lore.md")
    workspace.update(ident(1), {"content": "During the rebase."})
    assert team.read(".lore.md") == before
    team("checkout", "--theirs", "README.md")
    team("add", "README.md")
    team("-c", "core.editor=true", "rebase", "--continue")
    workspace.reconcile()
    assert entries(team.read(".lore.md"))[ident(1)].content == "During the rebase."
    assert titles(workspace) == ALL


def test_a_row_that_another_program_changes_reaches_a_tracked_file(
    workspace: Workspace, team: Repo
) -> None:
    connection = sqlite3.connect(workspace.paths.lorefs_dir / "index.db")
    with connection:
        connection.execute("UPDATE entries SET title = 'By SQL' WHERE id = ?", (ident(2),))
    connection.close()
    workspace.reconcile()
    assert entries(team.read(".lore.md"))[ident(2)].title == "By SQL"


def test_most_entries_vanishing_at_once_asks_first(workspace: Workspace, team: Repo) -> None:
    more = "".join("\n" + entry(n, f"Title {n}") + "\n" for n in range(10, 16))
    team.write(".lore.md", BASE + more)
    workspace.reconcile()
    team.write(".lore.md", BASE.split("<!--")[0])
    report = workspace.reconcile()
    assert report.questions[0].document == ".lore.md"
    assert len(workspace.store.entries.rows()) == 9
    assert len(workspace.reconcile(accept_deletions=True).deleted) == 9
