"""Machines of one user: each has its own home, its own clone, and one remote for its backup."""

from __future__ import annotations

import os
import shutil
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from lorefs.api import Workspace
from lorefs.api.backing_up import BackupSetup
from lorefs.sync.backup.report import BackupReport
from tests.gitrepo import Repo

BRANCH = "lorefs-backup"
MINE = ".lore.local.md"
SECRET = "the-marker-that-nobody-may-read"  # noqa: S105  # stands in texts, opens nothing


@dataclass(slots=True)
class Machine:
    """A clone with a home of its own. Its clock goes on by a second with each look at it."""

    repo: Repo
    home: Path
    vault: Path
    step: Callable[[str], None] = field(default=lambda _: None)

    @property
    def env(self) -> dict[str, str]:
        """What makes a process one of this machine's."""
        return {
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.home / "config"),
            "XDG_DATA_HOME": str(self.home / "data"),
        }

    @property
    def identity(self) -> Path:
        return self.home / "config" / "lorefs" / "backup.key"

    @property
    def own_store(self) -> Path:
        return self.home / "data" / "lorefs" / "personal" / ".lore.md"

    def tick(self) -> int:
        return self.repo.clock.tick(1) * 1000

    @contextmanager
    def open(self) -> Iterator[Workspace]:
        """The workspace, as another process on this machine would open it."""
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self.env.items():
                patch.setenv(name, value)
            with Workspace.open(
                self.repo.path, env=dict(os.environ), clock=self.tick, source="cli", step=self.step
            ) as workspace:
                yield workspace

    def setup(self, **options: object) -> BackupSetup:
        with self.open() as workspace:
            return workspace.set_up_backup(str(self.vault), **options)  # type: ignore[arg-type]

    def restore(self, **options: object) -> BackupSetup:
        return self.setup(restore=True, **options)

    def backup(self, **options: bool) -> BackupReport:
        """One run, which must leave nothing undone."""
        report = self.try_backup(**options)
        assert report.ok, report
        return report

    def try_backup(self, **options: bool) -> BackupReport:
        with self.open() as workspace:
            return workspace.backup(**options)

    def add(self, title: str, content: str = SECRET, path: str = "") -> str:
        with self.open() as workspace:
            return workspace.add(title, content=content, path=path, personal=True).entry.id

    def update(self, ident: str, **changes: object) -> None:
        with self.open() as workspace:
            workspace.update(ident, changes)

    def remove(self, *idents: str) -> None:
        with self.open() as workspace:
            workspace.remove(idents)

    def titles(self) -> list[str]:
        with self.open() as workspace:
            return sorted(row.entry.title for row in workspace.entries())

    def text(self, path: str = MINE) -> str:
        return self.repo.read(path)

    def write_own_store(self, text: str) -> None:
        self.own_store.parent.mkdir(parents=True, exist_ok=True)
        self.own_store.write_text(text, encoding="utf-8")


@dataclass(slots=True)
class Machines:
    """Machines of one user, and the remote that holds their backup."""

    folder: Path
    code: Repo
    vault: Repo

    def machine(self, name: str, *options: str, key_of: Machine | None = None) -> Machine:
        """One more machine with a clone of the code, and a copy of another one's key."""
        home = self.folder / name / "home"
        home.mkdir(parents=True)
        repo = Repo(self.folder / name / "repo", self.code.clock)
        self.code("clone", "--quiet", *options, f"file://{self.code.path}", str(repo.path))
        exclude = repo.path / ".git" / "info" / "exclude"
        exclude.parent.mkdir(exist_ok=True)
        exclude.write_text(f"{MINE}\n")
        found = Machine(repo, home, self.vault.path)
        if key_of is not None:
            found.identity.parent.mkdir(parents=True)
            shutil.copy(key_of.identity, found.identity)
        return found

    def other(self, *, key_of: Machine) -> Machine:
        """A machine with a clone of another repository, which has a proper address."""
        home = self.folder / "other" / "home"
        home.mkdir(parents=True)
        repo = Repo(self.folder / "other" / "repo", self.code.clock)
        repo.path.mkdir()
        repo("init", "--quiet")
        repo.commit("another code", **{"README.md": "other\n"})
        repo("remote", "add", "origin", "git@example.invalid:ada/other.git")
        found = Machine(repo, home, self.vault.path)
        found.identity.parent.mkdir(parents=True)
        shutil.copy(key_of.identity, found.identity)
        return found

    def tip(self) -> str:
        return self.vault("rev-parse", "--verify", BRANCH)

    def files(self, commit: str = BRANCH) -> list[str]:
        return self.vault("ls-tree", "-r", "--name-only", commit).split()

    def put(self, name: str, data: bytes | None, mode: str = "100644") -> None:
        """Have somebody who may write to the remote put a file there, or take one away."""
        index = {"GIT_INDEX_FILE": str(self.folder / "index")}
        with pytest.MonkeyPatch.context() as patch:
            for key, value in index.items():
                patch.setenv(key, value)
            self.vault("read-tree", BRANCH)
            if data is None:
                gone = f"0 {'0' * 40}\t{name}\n"
                self.vault("update-index", "--index-info", stdin=gone)
            else:
                file = self.folder / "blob"
                file.write_bytes(data)
                oid = self.vault("hash-object", "-w", str(file))
                self.vault("update-index", "--add", "--cacheinfo", f"{mode},{oid},{name}")
            tree = self.vault("write-tree")
        commit = self.vault("commit-tree", tree, "-p", BRANCH, "-m", "something else")
        self.vault("update-ref", f"refs/heads/{BRANCH}", commit)

    def blob(self, name: str, commit: str = BRANCH) -> bytes:
        oid = self.vault("rev-parse", f"{commit}:{name}")
        data = (self.vault.path / "objects" / oid[:2] / oid[2:]).read_bytes()
        return zlib.decompress(data).partition(b"\0")[2]


@pytest.fixture
def machines(tmp_path: Path) -> Machines:
    """A bare repository of code, and another for backups."""
    seed = Repo(tmp_path / "seed")
    seed.path.mkdir()
    seed("init", "--quiet")
    seed.commit("code", **{"README.md": "code\n", "lib/code.py": "pass\n"})
    code = seed.clone(tmp_path / "code.git", "--bare")
    vault = Repo(tmp_path / "vault.git", seed.clock)
    vault.path.mkdir()
    vault("init", "--quiet", "--bare")
    return Machines(tmp_path, code, vault)


@pytest.fixture
def desk(machines: Machines) -> Machine:
    """A machine whose backup is on, with one entry in it."""
    found = machines.machine("desk")
    found.add("Of the desk")
    found.setup()
    return found


@pytest.fixture
def laptop(machines: Machines, desk: Machine) -> Machine:
    """A second machine, which has taken what the backup holds."""
    found = machines.machine("laptop", key_of=desk)
    found.restore()
    return found


def contents(repository: Path) -> list[bytes]:
    """All objects of a repository, reachable or not, and all its other files, as they are read."""
    found: list[bytes] = []
    for path in sorted(repository.rglob("*")):
        if path.is_file() and not path.is_symlink():
            data = path.read_bytes()
            loose = len(path.parent.name) == 2 and path.parent.parent.name == "objects"
            found.append(zlib.decompress(data) if loose else data)
    return found
