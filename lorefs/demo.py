"""`lorefs demo`: two clones and a bare remote, the same clashing edits with and without lorefs.

Everything is real: the repositories, git and what it prints. Only the edits are made by this
module, as text, the way an editor would save them.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from lorefs.api import Workspace
from lorefs.install import init
from lorefs.repo import Git, locate
from lorefs.repo.git import clean_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from lorefs.core.model import Entry

DOCUMENT: Final = ".lore.md"
LORE: Final = """\
# Lore of the payment service

### Gotcha

<!-- lore:019e8d03-3fdf-7c3a-9d1e-2f1f6b1f0a11 -->
<!-- {confidence: 0.8, tags: [sqlite]} -->
* **Checkpoints block long readers**: a reader open for minutes keeps the WAL growing.

<!-- lore:019e8d03-4a10-7b52-8f3c-5d0e9a7c2b44 -->
* **Retries are not idempotent**: the gateway books twice when we repeat a request.
"""

ADA: Final = (
    ("confidence: 0.8, tags: [sqlite]", "confidence: 0.95, tags: [sqlite]"),
    ("for minutes keeps", "for a few minutes keeps"),
    ("request.\n", "request.\n\n* **Amounts are in cents**: floats lost us money in March.\n"),
)
BEN: Final = (
    ("confidence: 0.8, tags: [sqlite]", "confidence: 0.8, tags: [sqlite, wal]"),
    ("the WAL growing.", "the WAL growing, and the disk fills up."),
    ("request.\n", "request.\n\n* **Time zones are UTC**: reports convert them at the very end.\n"),
)
ADA_AGAIN: Final = (("books twice when", "charges the card twice when"),)
BEN_AGAIN: Final = (("books twice when", "may book two times when"),)


@dataclass(frozen=True, slots=True)
class Scene:
    """One thing to show. "run" is a command, "output" what it printed."""

    kind: Literal["title", "say", "run", "output", "good", "bad"]
    text: str


def play(env: Mapping[str, str], clock: Callable[[], int], *, keep: bool) -> Iterator[Scene]:
    """Play the demonstration in a temporary directory, scene by scene."""
    stage = Path(tempfile.mkdtemp(prefix="lorefs-demo-")).resolve()
    try:
        yield Scene("say", f"Ada and Ben share a repository that holds {DOCUMENT}. Both edit it.")
        yield from _plain_git(_Team(stage / "plain", env, clock))
        yield from _with_lorefs(_Team(stage / "lorefs", env, clock))
        if keep:
            yield Scene("say", f"\nThe repositories are in {stage}")
    finally:
        if not keep:
            shutil.rmtree(stage, ignore_errors=True)


def _plain_git(team: _Team) -> Iterator[Scene]:
    yield Scene("title", "Plain git")
    team.set_up()
    team.ada.edit(ADA, "Ada's week")
    team.ada.git("push", "--quiet")
    team.ben.edit(BEN, "Ben's week")
    yield Scene("say", "Ada changed an entry and added one; Ben did, too, and pulls.")
    yield from team.ben.show("pull", "--no-rebase", "--no-edit")
    yield from team.ben.show_document()
    yield Scene("bad", "Nobody disagreed with anybody, and Ben has to sort it out by hand.")


def _with_lorefs(team: _Team) -> Iterator[Scene]:
    yield Scene("title", "The same with lorefs")
    team.set_up()
    yield Scene("run", "lorefs init")
    team.ada.init()
    team.ada.edit(ADA, "Ada's week")
    team.ada.git("push", "--quiet")
    team.ben.init()
    team.ben.edit(BEN, "Ben's week")
    yield from team.ben.show("pull", "--no-rebase", "--no-edit")
    yield from team.ben.show_document()
    yield Scene("run", "lorefs list")
    yield Scene("output", "\n".join(team.ben.titles()))
    yield Scene("good", "Every change of both is there, in the file and in the database.")
    yield from _real_clash(team)


def _real_clash(team: _Team) -> Iterator[Scene]:
    yield Scene("title", "And when they really disagree")
    team.ben.git("push", "--quiet")
    team.ada.git("pull", "--quiet", "--no-rebase", "--no-edit")
    team.ada.edit(ADA_AGAIN, "Ada's words")
    team.ada.git("push", "--quiet")
    team.ben.edit(BEN_AGAIN, "Ben's words")
    yield Scene("say", "Both reword one sentence. Only that entry gets conflict markers.")
    yield from team.ben.show("pull", "--no-rebase", "--no-edit")
    yield from team.ben.show_document()
    yield Scene("good", "One question is left, and it is the one that people have to answer.")


class _Team:
    """A bare remote and the clones of two people."""

    def __init__(self, stage: Path, env: Mapping[str, str], clock: Callable[[], int]) -> None:
        self.stage = stage
        self.ada = _Person("Ada", stage / "ada", env, clock)
        self.ben = _Person("Ben", stage / "ben", env, clock)

    def set_up(self) -> None:
        """Make the remote with one commit, and two clones of it."""
        remote = self.stage / "remote.git"
        remote.mkdir(parents=True)
        git = self.ada
        git.git("init", "--quiet", "--bare", "--initial-branch=main", ".", cwd=remote)
        git.git("clone", "--quiet", str(remote), str(self.ada.path), cwd=self.stage)
        (self.ada.path / DOCUMENT).write_text(LORE, encoding="utf-8")
        git.git("add", DOCUMENT)
        git.git("commit", "--quiet", "--message", "Our lore")
        git.git("push", "--quiet", "--set-upstream", "origin", "HEAD:main")
        git.git("clone", "--quiet", str(remote), str(self.ben.path), cwd=self.stage)


class _Person:
    """A clone, and the one who works in it."""

    def __init__(
        self, name: str, path: Path, env: Mapping[str, str], clock: Callable[[], int]
    ) -> None:
        self.name = name
        self.path = path
        self.clock = clock
        # nobody's own configuration: no signing, no hooks of theirs, no other pull strategy
        self.env = clean_environment(env) | {
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": name,
            "GIT_AUTHOR_EMAIL": f"{name.lower()}@example.invalid",
            "GIT_COMMITTER_NAME": name,
            "GIT_COMMITTER_EMAIL": f"{name.lower()}@example.invalid",
            "GIT_MERGE_AUTOEDIT": "no",
        }

    def git(self, *arguments: str, cwd: Path | None = None) -> str:
        """What a git command prints; it may well fail, which is what is to be seen."""
        done = subprocess.run(
            ["git", *arguments],
            cwd=cwd or self.path,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        return done.stdout

    def show(self, *arguments: str) -> Iterator[Scene]:
        """Run a git command for all to see, without what it says about the transfer."""
        output = self.git(*arguments)
        words = [line for line in output.split("\n") if not line.startswith(("From ", "   "))]
        yield Scene("run", f"git {arguments[0]}")
        yield Scene("output", "\n".join(words).strip("\n"))

    def show_document(self) -> Iterator[Scene]:
        """The document as it is now, without its title."""
        _, _, entries = (self.path / DOCUMENT).read_text(encoding="utf-8").partition("### Gotcha\n")
        yield Scene("run", f"cat {DOCUMENT}")
        yield Scene("output", f"…\n{entries.strip()}")

    def edit(self, changes: tuple[tuple[str, str], ...], message: str) -> None:
        """Save an edited document, as an editor would, and commit it."""
        file = self.path / DOCUMENT
        text = file.read_text(encoding="utf-8")
        for before, after in changes:
            text = text.replace(before, after)
        file.write_text(text, encoding="utf-8")
        self.git("commit", "--quiet", "--all", "--message", message)

    def init(self) -> None:
        """What `lorefs init` does."""
        init(Git(locate(self.path), self.env))
        self.git("add", ".gitattributes")
        self.git("commit", "--quiet", "--message", "Merge lore by entry")
        with self._workspace() as workspace:
            workspace.reconcile(discover=True)

    def titles(self) -> list[str]:
        """The rows, a line each."""
        with self._workspace() as workspace:
            rows = workspace.entries()
        return [_row_line(row.entry) for row in rows]

    def _workspace(self) -> Workspace:
        return Workspace.open(self.path, env=self.env, clock=self.clock)


def _row_line(entry: Entry) -> str:
    tags = "".join(f"  #{tag}" for tag in entry.tags)
    confidence = f"  {entry.confidence:.0%}" if entry.confidence < 1 else ""
    return f"{entry.id[-8:]}  {entry.title}{tags}{confidence}"
