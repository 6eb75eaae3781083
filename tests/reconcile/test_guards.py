"""With sync on, and for personal documents: what looks like a deletion is none until confirmed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.gitrepo import Repo
from tests.lore import document, entry
from tests.reconcile.conftest import BASE, opened

TEAM, PERSONAL = ".lore.md", ".lore.local.md"
MINE = document(*(entry(n, f"Mine {n}") for n in range(20, 23)))
MANY = document(*(entry(n, f"Many {n}") for n in range(30, 40)))


@pytest.fixture(params=["tracked", "ignored", "personal"])
def kept(request: pytest.FixtureRequest, repo: Repo) -> tuple[Repo, str]:
    """A repository and a document whose file alone does not decide."""
    repo.write(".git/info/exclude", PERSONAL + "\n")
    repo.commit("nothing", **{"README.md": "x\n"})
    name = PERSONAL if request.param == "personal" else TEAM
    if request.param != "personal":
        repo("config", "lorefs.sync.enabled", "true")
    if request.param == "ignored":
        repo.write(".git/info/exclude", TEAM + "\n")
    repo.write(name, MINE)
    if request.param == "tracked":
        repo.commit("lore")
    with opened(repo) as workspace:
        workspace.reconcile()
    return repo, name


def empty(repo: Repo, name: str) -> None:
    repo.write(name, "")


def blank(repo: Repo, name: str) -> None:
    repo.write(name, "\n\n")


def remove(repo: Repo, name: str) -> None:
    (repo.path / name).unlink()


def clean(repo: Repo, name: str) -> None:
    repo("clean", "--quiet", "-fdX")
    if (repo.path / name).exists():
        pytest.skip("git cleans nothing that it tracks")


DAMAGES = [empty, blank, remove, clean]


@pytest.mark.parametrize("damage", DAMAGES)
def test_nothing_is_deleted_until_it_is_confirmed(
    kept: tuple[Repo, str], damage: Callable[[Repo, str], None]
) -> None:
    repo, name = kept
    damage(repo, name)
    with opened(repo) as workspace:
        for _ in range(2):
            report = workspace.reconcile()
            assert report.questions or report.waiting
            assert (report.deleted, report.written) == ((), ())
        assert len(workspace.store.entries.rows()) == 3
        assert len(workspace.reconcile(accept_deletions=True).deleted) == 3
        assert workspace.reconcile().changes == 0


@pytest.mark.parametrize("damage", DAMAGES)
def test_the_file_is_written_again_on_request(
    kept: tuple[Repo, str], damage: Callable[[Repo, str], None]
) -> None:
    repo, name = kept
    damage(repo, name)
    with opened(repo) as workspace:
        workspace.reconcile()
        report = workspace.reconcile(restore=True)
        assert report.deleted == ()
        if repo("ls-files", name):
            repo("restore", name)  # what git holds comes back by git
        assert repo.read(name) == MINE
        again = workspace.reconcile()
        assert (again.questions, again.waiting, again.written) == ((), (), ())


@pytest.mark.parametrize("damage", DAMAGES[:3])
def test_a_file_that_comes_back_changes_nothing(
    kept: tuple[Repo, str], damage: Callable[[Repo, str], None]
) -> None:
    repo, name = kept
    damage(repo, name)
    with opened(repo) as workspace:
        workspace.reconcile()
        repo.write(name, MINE)
        report = workspace.reconcile()
        assert (report.changes, report.questions, report.waiting) == (0, (), ())


def test_a_truncated_file_asks(kept: tuple[Repo, str]) -> None:
    repo, name = kept
    repo.write(name, MANY)
    with opened(repo) as workspace:
        workspace.reconcile()
        before = len(workspace.store.entries.rows())
        repo.write(name, MANY[: len(MANY) // 4])
        assert "entries vanish" in workspace.reconcile().questions[0].reason
        assert len(workspace.store.entries.rows()) == before


def test_the_pull_of_a_commit_that_untracks_the_document(repo: Repo) -> None:
    repo("config", "lorefs.sync.enabled", "true")
    repo.commit("lore", **{TEAM: BASE})
    repo("switch", "--quiet", "--create", "untrack")
    repo("rm", "--quiet", "--cached", TEAM)
    repo.commit("ignore it", **{".gitignore": TEAM + "\n"})
    (repo.path / TEAM).unlink()
    repo("switch", "--quiet", "main")
    with opened(repo) as workspace:
        workspace.reconcile()
        repo("merge", "--quiet", "untrack")
        assert not (repo.path / TEAM).exists()
        report = workspace.reconcile()
        assert (report.deleted, report.questions) == ((), ())
        assert repo.read(TEAM) == BASE


def test_with_sync_off_an_emptied_team_document_is_empty(repo: Repo) -> None:
    repo.commit("lore", **{TEAM: BASE})
    with opened(repo) as workspace:
        workspace.reconcile()
        empty(repo, TEAM)
        assert len(workspace.reconcile().deleted) == 3
