"""Machines whose document is tracked by HEAD: git moves the file, and lorefs looks on.

What has to come out is weaker than where lorefs owns the file, because git brings older and
newer values by itself; what nobody removed must be there all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from lorefs.api import Workspace
from tests.clones import DOCUMENT, Team
from tests.convergence.fleet import Fleet
from tests.convergence.replicas import blocks, template, tip_of
from tests.gitrepo import Repo
from tests.lore import document, entry, ident

NAMES: Final = ("ada", "bob")
COLLEAGUE: Final = "origin/colleague"
THEIRS: Final = ident(9)
FIRST: Final = {ident(n): f"First {n}" for n in range(1, 5)}
BASE: Final = document(*(entry(n, f"First {n}") for n in range(1, 5)))


def tracked_template(folder: Path) -> Path:
    """Clones of a remote with a document on main, and a branch of somebody without lorefs."""
    seed = Team(folder / "seeding")
    seed.seed(**{"README.md": "code\n"})
    work = seed.clone("work", ignored=False, sync=False).repo
    work.commit("lore", **{DOCUMENT: BASE})
    work.commit("code", **{"code.txt": "1\n"})
    work("switch", "-qc", "colleague")
    text = BASE.replace("**First 2**", "**Their title**")
    work.commit("theirs", **{DOCUMENT: f"{text}\n{entry(9, 'Their entry')}\n", "their.txt": "x\n"})
    work("push", "-q", "origin", "main", "colleague")
    return template(folder / "made", NAMES, remote=seed.remote)


class TrackedFleet(Fleet):
    """Copies of the clones of such a template."""

    def __init__(self, source: Path, folder: Path) -> None:
        super().__init__(source, folder, names=NAMES)
        self.doubtful: set[str] = set()  # entries that git itself may remove or bring back
        self.own: dict[str, bool] = dict.fromkeys(NAMES, False)  # edits that are not committed
        for first, title in FIRST.items():
            self.note_new(NAMES[0], first, title)
        for name in NAMES:
            self.model.exchange(name)

    # ---- edits

    def add(self, name: str) -> str:
        found = super().add(name)
        self.own[name] = True
        return found

    def add_in_the_file(self, name: str) -> str:
        """Add an entry with a marker, as an editor's snippet makes it; else through lorefs."""
        clone = self.clones[name]
        if not (clone.path / DOCUMENT).exists():
            return self.add(name)
        title = self.token()
        number = 1000 + self.count
        clone.write(f"{clone.text()}\n{entry(number, title)}\n")
        self.own[name] = True
        self.take_in(name)
        self.note_new(name, ident(number), title)
        return ident(number)

    def add_by_sql(self, name: str) -> str:
        self.own[name] = True
        return super().add_by_sql(name)

    def remove_by_sql(self, name: str, entry: str) -> None:
        self.own[name] = True
        super().remove_by_sql(name, entry)

    def retitle(self, name: str, entry: str) -> None:
        self.own[name] = True
        super().retitle(name, entry)

    def retitle_by_sql(self, name: str, entry: str) -> None:
        self.own[name] = True
        super().retitle_by_sql(name, entry)

    def retitle_in_the_file(self, name: str, entry: str) -> None:
        if self._in_the_file(name, entry):
            self.own[name] = True
            super().retitle_in_the_file(name, entry)

    def remove(self, name: str, entry: str) -> None:
        self.own[name] = True
        super().remove(name, entry)

    def remove_in_the_file(self, name: str, entry: str) -> None:
        if self._in_the_file(name, entry):
            self.own[name] = True
            super().remove_in_the_file(name, entry)

    def _in_the_file(self, name: str, entry: str) -> bool:
        """Whether the file says of an entry what the row says: people edit what they see."""
        clone, title = self.clones[name], self.title(name, entry)
        if title is None or not (clone.path / DOCUMENT).exists():
            return False
        return f"**{title}**" in blocks(clone.text()).get(entry, "")

    # ---- git

    def git(self, name: str) -> Repo:
        return self.clones[name].repo

    def settle(self, name: str, *, stash: bool = False) -> None:
        """Leave nothing uncommitted, or put it on the stash.

        What was changed in rows while there was no file, or git was at work, comes later.
        """
        repo = self.git(name)
        if repo("status", "--porcelain", "--untracked-files=no"):
            repo(*(("stash", "-q") if stash else ("commit", "-qam", "lore")))
            self.own[name] = False

    def switch(self, name: str, target: str, *, stash: bool) -> None:
        """Go to a branch or commit, which no file of lorefs's may be in the way of."""
        repo = self.git(name)
        self.settle(name, stash=stash)
        if target == "feature" and not repo("branch", "--list", "feature"):
            repo("switch", "-qc", "feature")
        elif target in {"main", "feature"}:
            repo("switch", "-q", target)
        elif not repo.run("rev-parse", "--quiet", "--verify", target).returncode:
            repo("switch", "-q", "--detach", target)

    def combine(self, name: str, command: str, other: str, ending: str) -> None:
        """Merge, squash, rebase or pull; a conflict is given up, or ended by hand."""
        repo = self.git(name)
        self.settle(name)
        if repo.run("rev-parse", "--quiet", "--verify", other).returncode:
            return
        arguments = {
            "merge": ("merge", "-q", "--no-edit", other),
            "squash": ("merge", "-q", "--squash", other),
            "rebase": ("rebase", "-q", other),
        }[command]
        done = repo.run(*arguments)
        if done.returncode and ending == "give up":
            if command == "squash":
                repo("reset", "-q", "--hard")
            else:
                repo(command, "--abort", ok=False)
            return
        if done.returncode:
            if command == "rebase":
                repo("rebase", "--abort")
                return
            repo("checkout", f"--{ending}", "--", DOCUMENT, ok=False)
            repo("add", "-A")
            # who takes one side of a conflict whole drops what the other side had
            self.doubtful |= self.model.entries()
        staged = repo.run("diff", "--cached", "--quiet").returncode
        if done.returncode or (command == "squash" and staged):
            repo("commit", "-q", "--no-edit", "--allow-empty")

    def revert(self, name: str) -> None:
        """Revert the newest commit of a branch; what it touched may come back, or go."""
        repo = self.git(name)
        self.settle(name)
        if len(repo("log", "-1", "--format=%P").split()) != 1:
            return
        before, after = (self.held(name, commit) for commit in ("HEAD~1", "HEAD"))
        if repo.run("revert", "--no-edit", "HEAD").returncode:
            repo("revert", "--abort")
            return
        self.doubtful |= {i for i in {**before, **after} if before.get(i) != after.get(i)}

    def held(self, name: str, commit: str) -> dict[str, str]:
        """The entries of a document in a commit."""
        return blocks(self.git(name)("cat-file", "blob", f"{commit}:{DOCUMENT}", ok=False))

    def reset(self, name: str, target: str) -> None:
        """Throw away what is not committed, and maybe a commit; rows have had it already."""
        self.take_in(name)
        repo = self.git(name)
        if repo("branch", "--show-current") == "":
            return  # leaves no trace there, as `git restore` leaves none: it is an edit
        changed = repo("status", "--porcelain")
        repo("reset", "-q", "--hard", target, ok=False)
        if changed:
            self.own[name] = False

    def stash_and_back(self, name: str, command: str) -> None:
        """Put edits aside and get them back, with looks in between."""
        repo = self.git(name)
        repo("stash", "-q")
        self.take_in(name)
        if not repo("stash", "list"):
            return
        self.own[name] = True
        if repo.run("stash", command, "-q").returncode:
            repo("reset", "-q", "--hard")
            self.own[name] = False

    def pull(self, name: str, *options: str) -> None:
        """Take in what others pushed to main."""
        repo = self.git(name)
        if repo("branch", "--show-current") != "main":
            return
        if "--autostash" not in options:
            self.settle(name)
        if repo.run("pull", "-q", "--no-edit", *(options or ("--no-rebase",))).returncode:
            for command in ("merge", "rebase"):
                repo(command, "--abort", ok=False)
            if repo("ls-files", "--unmerged"):  # of an autostash
                repo("reset", "-q", "--hard")

    def push(self, name: str) -> None:
        """Offer main to others; where they were faster, it waits."""
        self.git(name)("push", "-q", "origin", "main", ok=False)

    def publish(self, name: str) -> None:
        self.own[name] = True
        with self.open(name) as workspace:
            workspace.publish()

    def bisect(self, name: str) -> None:
        """A row changes while git looks for a commit; the file waits."""
        repo, clone = self.git(name), self.clones[name]
        self.settle(name)
        commits = repo("log", "--format=%H", "--first-parent").split()
        start = repo("rev-parse", "--symbolic-full-name", "HEAD")
        if len(commits) < 3 or start == "HEAD":
            return
        for step in ("start", "bad", f"good {commits[2]}"):
            repo("bisect", *step.split(), ok=False)
        file = clone.path / DOCUMENT
        before = file.read_bytes() if file.exists() else None
        self.add(name)
        assert (file.read_bytes() if file.exists() else None) == before, "written during a bisect"
        repo("bisect", "reset")

    # ---- what has to hold, and to come out

    @contextmanager
    def open(self, name: str, step: Callable[[str], None] = lambda _: None) -> Iterator[Workspace]:
        """As for any machine; index, HEAD and branches must stay as they are."""
        before = self._gits(name)
        with super().open(name, step) as workspace:
            yield workspace
        assert self._gits(name) == before, "lorefs touched the index, HEAD or a branch"

    def _gits(self, name: str) -> list[object]:
        git = self.clones[name].path / ".git"
        branches = [tip_of(git, f"refs/heads/{branch}") for branch in ("main", "feature")]
        return [(git / "index").read_bytes(), (git / "HEAD").read_bytes(), branches]

    def sync(self, name: str) -> None:
        """What arrives leaves a clean worktree clean."""
        super().sync(name)
        if not self.own[name]:
            assert not self.git(name)("status", "--porcelain"), "what arrived is in git's way"

    def check_published(self) -> None:
        """Nothing of a colleague's branch is on the sync branch before it is on main."""
        remote = Repo(self.folder / "remote.git", self.git(NAMES[0]).clock)
        if THEIRS in remote("log", "-p", "--format=", "main", "--", DOCUMENT):
            self.doubtful.add(ident(2))  # what the colleague did to it counts, too
            return
        for name in NAMES:
            text = "".join(self.clones[name].tree().values())
            assert THEIRS not in text, f"{name} published a colleague's entry"
            assert "Their title" not in text, f"{name} published a colleague's value"

    def converge(self) -> None:
        for name in NAMES:
            self.take_in(name)
            self.settle(name)
            self.git(name)("fetch", "-q", "origin")
        self.exchange()
        self.check_published()
        rows = self.clones[NAMES[0]].entries()
        written = {(each.entry, each.value) for each in self.model.operations}
        for each in self.model.entries() - self.doubtful:
            removed = (each, None) in written
            assert each in rows or removed, f"{each} is lost, and nobody removed it"
            assert each not in rows or self.model.survives(each), f"{each} came back"
            if each in rows:
                assert rows[each].title == "Their title" or (each, rows[each].title) in written
