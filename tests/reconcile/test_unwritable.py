"""A full disk, a read-only directory, one that cannot be read: nothing changes, and it ends well.

Each error names the file and what to do; rows and files are as before; and once the cause is
gone, the same command works.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.terminal import Lorefs
from tests.gitrepo import Repo
from tests.limits import filled, powerless, small_disk
from tests.lore import document, entry, ident
from tests.reconcile.conftest import BASE

DISK = 3 << 20  # bytes
DOCS = document(entry(8, "In docs", "The docs text."))


@pytest.fixture
def team(repo: Repo) -> Repo:
    """Two documents, one of them in a directory of its own, and a personal one there."""
    repo.commit("base", **{".lore.md": BASE, "docs/.lore.md": DOCS})
    repo.write(".git/info/exclude", ".lore.local.md\n")
    personal = document(*(entry(n, f"Mine {n}") for n in range(20, 27)))
    repo.write("docs/.lore.local.md", personal)
    return repo


@pytest.fixture
def lorefs(team: Repo, tmp_path: Path) -> Lorefs:
    """The command line, for which permissions hold."""
    found = Lorefs(team.path, powerless(tmp_path))
    found("reconcile")
    return found


@pytest.fixture
def closed(team: Repo) -> Iterator[Path]:
    """A directory whose permissions a test takes away."""
    folder = team.path / "docs"
    yield folder
    folder.chmod(0o755)


def rows(lorefs: Lorefs) -> Any:  # noqa: ANN401  # JSON
    return Lorefs(lorefs.path)("list", "--json").json


def files(team: Repo) -> dict[str, bytes]:
    return {
        str(path.relative_to(team.path)): path.read_bytes()
        for path in team.path.rglob(".*lore*")
        if path.is_file() and ".git" not in path.relative_to(team.path).parts
    }


CHANGES = (
    ("edit", ident(8), "--title", "Changed"),
    ("add", "New", "--path", "docs"),
    ("rm", ident(8)),
    ("mv", ident(1), "docs"),
)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change[0])
def test_a_read_only_directory(
    lorefs: Lorefs, team: Repo, closed: Path, change: tuple[str, ...]
) -> None:
    before = rows(lorefs), files(team)
    closed.chmod(0o555)
    failed = lorefs(*change, status=5)
    assert "docs/.lore.md cannot be written: Permission denied" in failed.err
    assert "make the directory docs writable" in failed.err
    assert (rows(lorefs), files(team)) == before
    assert lorefs("status", status=0).out
    closed.chmod(0o755)
    lorefs(*change)
    assert rows(lorefs) != before[0]
    assert files(team) != before[1]


def test_another_programs_row_waits_for_a_read_only_directory(
    lorefs: Lorefs, team: Repo, closed: Path
) -> None:
    import sqlite3

    connection = sqlite3.connect(team.path / ".git/lorefs/index.db")
    with connection:
        connection.execute("UPDATE entries SET title = 'By SQL' WHERE id = ?", (ident(8),))
        connection.execute("UPDATE entries SET title = 'By SQL' WHERE id = ?", (ident(1),))
    connection.close()
    closed.chmod(0o555)
    failed = lorefs("reconcile", status=1)
    assert "docs/.lore.md cannot be written" in failed.err
    assert "By SQL" in team.read(".lore.md"), "one document kept another from being written"
    assert team.read("docs/.lore.md") == DOCS
    assert "cannot be written" in lorefs("status", status=1).err
    assert '"By SQL"' in lorefs("list", "--json").out
    closed.chmod(0o755)
    lorefs("status")
    assert "By SQL" in team.read("docs/.lore.md")


@pytest.mark.parametrize("sync", [False, True], ids=["sync off", "sync on"])
def test_a_directory_that_cannot_be_read(
    lorefs: Lorefs, team: Repo, closed: Path, sync: bool
) -> None:
    team("config", "lorefs.sync.enabled", str(sync).lower())
    lorefs("reconcile")
    before = rows(lorefs), files(team)
    closed.chmod(0)
    told = lorefs("reconcile", status=1).out
    for name in ("docs/.lore.md", "docs/.lore.local.md"):
        assert f"{name}: it cannot be read; make it and its directory readable" in told
    assert lorefs("list", "--json").json == before[0]
    closed.chmod(0o755)
    lorefs("reconcile")
    assert (rows(lorefs), files(team)) == before
    lorefs(*CHANGES[0])
    assert "Changed" in team.read("docs/.lore.md")


def test_a_file_that_cannot_be_read(lorefs: Lorefs, team: Repo) -> None:
    before = rows(lorefs)
    file = team.path / "docs/.lore.md"
    file.chmod(0)
    assert "docs/.lore.md: it cannot be read" in lorefs("reconcile", status=1).out
    assert lorefs("list", "--json").json == before
    file.chmod(0o644)
    lorefs("reconcile")
    assert rows(lorefs) == before


def test_a_database_that_cannot_be_written(lorefs: Lorefs, team: Repo) -> None:
    before = rows(lorefs), files(team)
    folder = team.path / ".git/lorefs"
    names = [folder, *folder.iterdir()]
    for path in names:
        path.chmod(0o555 if path.is_dir() else 0o444)
    failed = lorefs(*CHANGES[0], status=5)
    assert "hint: make" in failed.err
    assert "writable" in failed.err or "accessible" in failed.err
    for path in names:
        path.chmod(0o755 if path.is_dir() else 0o644)
    assert (rows(lorefs), files(team)) == before
    lorefs(*CHANGES[0])


# ---- a full disk


@pytest.fixture(params=["all", "files", "database"])
def full(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Lorefs, Repo, Path]]:
    """A repository of which all, the files or the git directory are on a small disk."""
    with small_disk(tmp_path / "disk", DISK) as disk:
        (tmp_path / "plain").mkdir()
        home = {"all": (disk, disk), "files": (disk, tmp_path), "database": (tmp_path, disk)}
        work, git = home[request.param]
        repo = Repo(work / "work")
        repo.path.mkdir()
        repo("init", "--quiet", "--separate-git-dir", str(git / "git"))
        repo.commit("base", **{".lore.md": BASE})
        lorefs = Lorefs(repo.path)
        lorefs("reconcile")
        yield lorefs, repo, disk


def test_a_full_disk(full: tuple[Lorefs, Repo, Path]) -> None:
    lorefs, repo, disk = full
    before = rows(lorefs), files(repo)
    change = ("edit", ident(2), "--content", "A long text. " * 2000)
    with filled(disk):
        failed = lorefs(*change, status=5)
        assert "hint: make room" in failed.err
        assert ".lore.md" in failed.err or "the database" in failed.err
        assert files(repo) == before[1]
    assert (rows(lorefs), files(repo)) == before
    lorefs(*change)
    assert "A long text." in repo.read(".lore.md")
    assert rows(lorefs) != before[0]


def test_an_editors_save_waits_for_room(full: tuple[Lorefs, Repo, Path]) -> None:
    lorefs, repo, disk = full
    longer = BASE.replace("The gamma text.", "A long text. " * 2000)
    repo.write(".lore.md", longer)
    with filled(disk):
        told = lorefs("reconcile", status=5 if disk in _git_dir(repo).parents else 0)
        assert "Traceback" not in told.err
        assert repo.read(".lore.md") == longer
    lorefs("reconcile")
    assert "A long text." in lorefs("show", ident(3)).out


def _git_dir(repo: Repo) -> Path:
    return Path(repo("rev-parse", "--absolute-git-dir"))
