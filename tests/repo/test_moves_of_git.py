"""What real git writes into its reflog, and whether the rules of `lorefs.core.moves` hold for it.

Each test makes a place, lets git do something, and says which of the steps behind the place are
the user's own commits: those whose content came from the user's fingers.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from lorefs.core.moves import path_of, undecided
from lorefs.repo import Git, commit_messages, locate, observe_head
from tests.gitrepo import Repo

NAME = ".lore.md"


class Witness:
    """Looks at a repository from time to time, as a reconcile with sync on does."""

    def __init__(self, repo: Repo) -> None:
        self.repo = repo
        self.paths = locate(repo.path)
        self.place = observe_head(self.paths).place

    def look(self) -> None:
        """Take note of what git is doing; go on from here unless it is in the middle of it."""
        head = observe_head(self.paths, self.place)
        self.place = head.held if head.operation else head.place

    def own(self) -> list[str]:
        """The subjects of the commits since the place that were the user's own."""
        self.repo("reset", "--quiet", "--hard")  # a move, so that they are told
        steps = observe_head(self.paths, self.place).steps
        messages = commit_messages(Git(self.paths, os.environ), undecided(steps))
        return [
            self.repo("show", "-s", "--format=%s", s.after) for s in path_of(steps, messages).own
        ]

    def base(self) -> str | None:
        """The commit that the newest move led to."""
        return path_of(observe_head(self.paths, self.place).steps).base


@pytest.fixture
def fork(repo: Repo) -> Repo:
    """Two branches that clash in one file and not in another; `main` is checked out."""
    repo.once(make_fork, make_fork)
    return repo


def make_fork(repo: Repo) -> None:
    repo.commit("before", **{NAME: "before\n"})
    repo.commit("base", **{NAME: "base\n", "other": "1\n"})
    repo("tag", "root")
    repo("switch", "--quiet", "--create", "topic")
    repo.commit("clash of topic", **{NAME: "topic\n"})
    repo.commit("more of topic", more="topic\n")
    repo("switch", "--quiet", "main")
    repo.commit("clash of main", **{NAME: "main\n"})


@pytest.fixture
def witness(fork: Repo) -> Witness:
    return Witness(fork)


def resolve(repo: Repo) -> None:
    """Settle the conflict as a person does."""
    assert "<<<<<<<" in repo.read(NAME)
    repo.write(NAME, "resolved\n")
    repo("add", NAME)


def test_commits_are_own(fork: Repo, witness: Witness) -> None:
    fork.commit("one", **{NAME: "1\n"})
    fork.write(NAME, "2\n")
    fork("commit", "--quiet", "--all", "--amend", "--message", "one, amended")
    fork("commit", "--quiet", "--allow-empty", "--allow-empty-message", "--message", "")
    assert witness.base() is None
    assert witness.own() == ["one", "one, amended", ""]


def test_the_first_commit_is_own(repo: Repo) -> None:
    witness = Witness(repo)
    repo.commit("first", **{NAME: "1\n"})
    assert witness.base() is None
    assert witness.own() == ["first"]


def test_the_first_commit_of_an_orphan_branch_is_not(fork: Repo, witness: Witness) -> None:
    fork("checkout", "--quiet", "--orphan", "orphan")
    fork("commit", "--quiet", "--message", "all that main had")
    assert witness.own() == []


ENDED = {
    "a merge": (("merge", "topic"), ("commit", "--no-edit")),
    "a merge, continued": (("merge", "topic"), ("-c", "core.editor=true", "merge", "--continue")),
    "a merge without conflict": (("merge", "--no-edit", "topic~2"), ("merge", "-Xours", "topic")),
    "a cherry-pick": (("cherry-pick", "topic~1"), ("commit", "--no-edit")),
    "a cherry-pick of two": (
        ("cherry-pick", "topic~1", "topic"), ("commit", "--no-edit"), ("cherry-pick", "--continue"),
    ),
    "a revert": (("revert", "--no-edit", "root"), ("commit", "--no-edit")),
    "a revert, in other words": (("revert", "--no-commit", "HEAD"), ("commit", "--no-edit")),
    "a squash": (("merge", "--squash", "topic"), ("commit", "--no-edit")),
    "a rebase": (("rebase", "topic"), ("commit", "--no-edit"), ("rebase", "--continue")),
    "a rebase in other words": (
        ("rebase", "topic"), ("commit", "--message", "mine"), ("rebase", "--continue"),
    ),
    "a rebase by patches": (
        ("rebase", "--apply", "topic"), ("commit", "--message", "mine"), ("rebase", "--skip"),
    ),
    "a pull with rebase": (
        ("pull", "--rebase", ".", "topic"), ("commit", "--message", "x"), ("rebase", "--continue"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("commands", ENDED.values(), ids=ENDED)
def test_a_commit_that_ends_what_git_began_is_a_move(
    fork: Repo, witness: Witness, commands: tuple[tuple[str, ...], ...]
) -> None:
    first, *rest = commands
    fork(*first, ok=False)
    if fork("ls-files", "--unmerged"):
        resolve(fork)
    for command in rest:
        fork(*command)
    assert witness.base() == fork("rev-parse", "HEAD")
    assert witness.own() == []


SEEN = {
    "a revert": ("revert", "--no-commit", "HEAD"),
    "a revert of two": ("revert", "--no-edit", "root", "HEAD"),
    "a squash": ("merge", "--squash", "topic"),
    "a cherry-pick without commit": ("cherry-pick", "--no-commit", "topic~1"),
}


@pytest.mark.parametrize("command", SEEN.values(), ids=SEEN)
def test_what_was_seen_under_way_tells_of_a_commit_in_own_words(
    fork: Repo, witness: Witness, command: tuple[str, ...]
) -> None:
    fork.commit("own before", other="2\n")
    fork(*command, ok=False)
    if fork("ls-files", "--unmerged"):
        fork.write(NAME, "resolved\n")
        fork("rm", "--quiet", "--cached", "--ignore-unmatch", "other")
    fork.write("another", "so that there is something to commit\n")
    fork("add", "--all")
    witness.look()
    fork("commit", "--quiet", "--message", "my own words")
    fork.commit("own after", other="3\n")
    assert witness.own() == ["own before", "own after"]


def test_what_was_seen_and_given_up_does_not(fork: Repo, witness: Witness) -> None:
    fork("merge", "--squash", "topic", ok=False)
    witness.look()
    fork("reset", "--quiet", "--hard")
    fork.commit("own after", other="3\n")
    assert witness.own() == ["own after"]


def test_an_amended_commit_at_a_stop_of_a_rebase_is_own(fork: Repo, witness: Witness) -> None:
    fork("switch", "--quiet", "topic")
    fork("-c", "sequence.editor=sed -i s/^pick/edit/", "rebase", "--interactive", "root")
    fork.write(NAME, "amended\n")
    fork("commit", "--quiet", "--all", "--amend", "--message", "amended at the stop")
    fork("reset", "--quiet", "HEAD^")
    fork.commit("split off")
    fork("rebase", "--continue")
    fork("rebase", "--continue")
    fork.commit("afterwards", **{NAME: "afterwards\n"})
    assert witness.own() == ["amended at the stop", "afterwards"]


def test_a_rebase_that_was_left_is_over(fork: Repo, witness: Witness) -> None:
    fork("rebase", "topic", ok=False)
    fork("rebase", "--quit")
    fork("switch", "--quiet", "--force", "main")
    fork.commit("afterwards", **{NAME: "afterwards\n"})
    assert witness.own() == ["afterwards"]


MOVES: dict[str, Callable[[Repo], object]] = {
    "a switch": lambda repo: repo("switch", "--quiet", "topic"),
    "a look at an old commit": lambda repo: repo("checkout", "--quiet", "root"),
    "a reset": lambda repo: repo("reset", "--quiet", "--hard", "root"),
    "a reset to HEAD": lambda repo: repo("reset", "--quiet", "--hard"),
    "a stash": lambda repo: (repo.write("other", "2\n"), repo("stash", "--quiet")),
    "a fast-forward": lambda repo: repo("merge", "--quiet", "main-ahead"),
    "a pull": lambda repo: repo("pull", "--quiet", "--ff-only", ".", "main-ahead"),
    "a merge": lambda repo: repo("merge", "--quiet", "-Xours", "--no-edit", "topic"),
    "a cherry-pick": lambda repo: repo("cherry-pick", "topic"),
    "a revert": lambda repo: repo("revert", "--no-edit", "HEAD"),
    "a bisect": lambda repo: (
        repo("bisect", "start", "topic", "root"), repo("bisect", "reset", "topic~1"),
    ),
    "another branch's name": lambda repo: repo("symbolic-ref", "HEAD", "refs/heads/topic"),
    "plumbing": lambda repo: repo("update-ref", "refs/heads/main", "topic"),
    "another worktree": lambda repo: (
        repo("worktree", "add", "--quiet", "--detach", "../linked"),
        Repo(repo.path.parent / "linked")("update-ref", "refs/heads/main", "topic"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES)
def test_all_else_is_a_move_to_where_head_is(fork: Repo, move: Callable[[Repo], object]) -> None:
    fork("switch", "--quiet", "--create", "main-ahead")
    fork.commit("ahead", ahead="1\n")
    fork("switch", "--quiet", "main")
    witness = Witness(fork)
    move(fork)
    assert witness.base() == fork("rev-parse", "HEAD")
    assert witness.own() == []


def test_a_patch_is_a_move(fork: Repo, witness: Witness, tmp_path: Path) -> None:
    patch = tmp_path / "0001.patch"
    patch.write_text(fork("format-patch", "--stdout", "-1", "topic") + "\n")
    fork("am", str(patch))
    assert witness.base() == fork("rev-parse", "HEAD")


def test_a_new_branch_here_is_no_move(fork: Repo, witness: Witness) -> None:
    fork.commit("own", **{NAME: "1\n"})
    fork("switch", "--quiet", "--create", "new")
    fork("branch", "--move", "newer")
    assert witness.base() is None
    assert witness.own() == ["own"]


def test_looking_twice_tells_each_step_once(fork: Repo, witness: Witness) -> None:
    fork.commit("one", **{NAME: "1\n"})
    witness.look()
    fork.commit("two", **{NAME: "2\n"})
    assert witness.own() == ["two"]


def test_while_git_is_at_something_the_place_stays(fork: Repo, witness: Witness) -> None:
    fork.commit("one", **{NAME: "1\n"})
    fork("merge", "topic", ok=False)
    for _ in range(3):
        witness.look()
    fork("merge", "--abort")
    assert witness.own() == ["one"]
