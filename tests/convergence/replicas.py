"""A model of what replicas know, to say what has to come out in the end.

Each edit is an operation with a causal past: the operations that its replica knew of. Of the
operations on one value only the maximal ones count, those in nobody's past.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import pygit2
import uuid_utils

from lorefs.api import Workspace
from lorefs.core.document import parse
from lorefs.remote import Moved, Pushed, Refused
from lorefs.sync.branch.here import Here
from tests.clones import BRANCH, Clone, Team
from tests.gitrepo import Repo

EXISTENCE = "existence"
ROOM = 64 << 20  # bytes that an example may take


class Operation(NamedTuple):
    """One edit of one value; `value` is None for a removal."""

    number: int
    entry: str
    field: str
    value: object
    past: frozenset[int]


@dataclass
class Model:
    """All operations, and what each replica and the remote know of."""

    operations: list[Operation] = field(default_factory=list)
    known: dict[str, set[int]] = field(default_factory=dict)

    def note(self, replica: str, entry: str, name: str, value: object) -> None:
        past = self.known.setdefault(replica, set())
        number = len(self.operations)
        self.operations.append(Operation(number, entry, name, value, frozenset(past)))
        past.add(number)

    def exchange(self, replica: str, remote: str = "remote") -> None:
        both = self.known.setdefault(replica, set()) | self.known.setdefault(remote, set())
        self.known[replica] = set(both)
        self.known[remote] = set(both)

    def maximal(self, entry: str, name: str | None = None) -> list[Operation]:
        """The operations on an entry, or on one field of it, that nobody built on."""
        found = [
            each
            for each in self.operations
            if each.entry == entry and (name is None or each.field == name)
        ]
        return [one for one in found if not any(one.number in each.past for each in found)]

    def last(self, entry: str, name: str) -> list[Operation]:
        """The maximal operations on a field, without those that went with a removal."""
        removals = [each for each in self.operations if each.entry == entry and each.value is None]
        return [
            one
            for one in self.maximal(entry, name)
            if not any(one.number in each.past for each in removals)
        ]

    def entries(self) -> set[str]:
        return {each.entry for each in self.operations}

    def survives(self, entry: str) -> bool:
        """An entry is gone only if all who touched it last removed it."""
        return any(each.value is not None for each in self.maximal(entry))


class InProcess:
    """A remote on a bare repository of this machine, through libgit2 alone."""

    def __init__(self, workspace: Workspace, path: Path) -> None:
        self.name = "bare"
        self.slug = "bare"
        self.ours = pygit2.Repository(str(workspace.paths.git_dir))
        self.path = path
        self.ref = f"refs/heads/{BRANCH}"

    def poll(self) -> str | None:
        found = pygit2.Repository(str(self.path)).references.get(self.ref)
        return None if found is None else str(found.target)

    def fetch(self) -> str | None:
        tip = self.poll()
        if tip is not None and tip not in self.ours:
            remote = self.ours.remotes.create_anonymous(str(self.path))
            remote.fetch([f"+{self.ref}:refs/lorefs/fetched/bare"])
        return tip

    def push(self, oid: str, expected: str | None) -> Pushed | Moved | Refused:
        if self.poll() != expected:
            return Moved()
        remote = self.ours.remotes.create_anonymous(str(self.path))
        self.ours.references.create("refs/lorefs/push", oid, force=True)
        remote.push([f"refs/lorefs/push:{self.ref}"])
        return Pushed() if self.poll() == oid else Moved()


class BareHere(Here):
    """The sync branch of a clone, exchanged without starting git."""

    def __init__(self, workspace: Workspace, path: Path) -> None:
        super().__init__(workspace.site)
        self.remote = InProcess(workspace, path)

    def remotes(  # type: ignore[override]
        self, *, interactive: bool = False, seconds: float | None = None
    ) -> list[InProcess]:
        del interactive, seconds
        return [self.remote]


class Numbers:
    """Ids that are the same in each run, as those of UUIDv7 are not."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> uuid.UUID:
        self.count += 1
        return uuid.UUID(f"019e0000-0000-7000-8000-{self.count:012x}")


NUMBERS = Numbers()


@contextmanager
def repeatable() -> Iterator[None]:
    """Nothing is left to chance inside: the same actions make the same commits."""
    before = uuid_utils.uuid7
    uuid_utils.uuid7 = NUMBERS  # type: ignore[assignment]  # whose ids are only printed
    try:
        yield
    finally:
        uuid_utils.uuid7 = before


def template(folder: Path, names: tuple[str, ...], remote: Repo | None = None) -> Path:
    """Clones of one remote, to be copied for each example.

    Without a remote to copy one is made, and git is told to leave lore alone.
    """
    team = Team(folder)
    if remote is None:
        team.seed(**{"README.md": "code\n"})
    else:
        remote("push", "-q", "--mirror", str(team.remote.path))
    for name in names:
        clone = team.clone(name, ignored=remote is None)
        clone.sync()
        clone.repo("config", "remote.origin.url", "../remote.git")
        sql(clone, "UPDATE state SET value = ? WHERE key = 'device'", name)
    for config in folder.glob("**/config"):
        shutil.rmtree(config.parent / "hooks")  # samples, a third of what is copied
        Repo(config.parent)("repack", "-adq")
    return folder


def tip_of(repository: Path, ref: str = f"refs/heads/{BRANCH}") -> str:
    """Where a ref leads to, "" for nowhere; starts no process."""
    found = pygit2.Repository(str(repository)).references.get(ref)
    return "" if found is None else str(found.target)


def scratch(source: Path) -> Path:
    """A new directory for an example: in memory where there is room, else beside its template."""
    memory = Path("/dev/shm")  # noqa: S108 (a directory of a random name is made in it)
    fits = os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ROOM
    return Path(tempfile.mkdtemp(prefix="lorefs-", dir=memory if fits else source.parent))


def copied(source: Path, target: Path) -> Path:
    shutil.copytree(source, target, symlinks=True)
    return target


def sql(clone: Clone, statement: str, *values: object) -> None:
    """What another program does to the rows."""
    connection = sqlite3.connect(clone.path / ".git" / "lorefs" / "index.db", timeout=20)
    with connection:
        connection.execute(statement, values)
    connection.close()


def blocks(text: str) -> dict[str, str]:
    """The sources of a document's entries, by id."""
    return {block.id: block.text for block in parse(text).blocks if block.id}
