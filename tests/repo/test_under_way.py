"""What git is in the middle of, for every operation that can stop half-way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lorefs.repo import locate, operation
from tests.gitrepo import Repo

NAME = ".lore.md"
Command = tuple[str, ...]


@pytest.fixture
def fork(repo: Repo) -> Repo:
    """Two branches that clash; `main` is checked out."""
    repo.once(make_fork, make_fork)
    return repo


def make_fork(repo: Repo) -> None:
    repo.commit("before", **{NAME: "before\n"})
    repo.commit("base", **{NAME: "base\n"})
    repo("tag", "root")
    repo("switch", "--quiet", "--create", "topic")
    repo.commit("clash of topic", **{NAME: "topic\n"})
    repo.commit("more of topic", more="topic\n")
    repo("switch", "--quiet", "main")
    repo.commit("clash of main", **{NAME: "main\n"})


def under_way(repo: Repo) -> str | None:
    return operation(locate(repo.path))


STOPPED: dict[str, tuple[Command, str, Command]] = {
    "merge": (("merge", "topic"), "merge", ("merge", "--abort")),
    "merge --no-commit": (
        ("merge", "--no-commit", "-Xours", "topic"), "merge", ("merge", "--abort"),
    ),
    "pull": (("pull", "--no-rebase", ".", "topic"), "merge", ("merge", "--abort")),
    "merge --squash": (("merge", "--squash", "topic"), "squash", ("reset", "--hard")),
    "squash without conflict": (
        ("merge", "--squash", "-Xours", "topic"), "squash", ("switch", "--force", "topic"),
    ),
    "rebase": (("rebase", "topic"), "rebase", ("rebase", "--abort")),
    "rebase --apply": (("rebase", "--apply", "topic"), "rebase", ("rebase", "--abort")),
    "pull --rebase": (("pull", "--rebase", ".", "topic"), "rebase", ("rebase", "--skip")),
    "an edit in a rebase": (
        ("-c", "sequence.editor=sed -i s/^pick/edit/", "rebase", "--interactive", "root"),
        "rebase", ("rebase", "--continue"),
    ),
    "a break in a rebase": (
        ("-c", "sequence.editor=sed -i 1ibreak", "rebase", "--interactive", "root"),
        "rebase", ("rebase", "--continue"),
    ),
    "cherry-pick": (("cherry-pick", "topic~1"), "cherry-pick", ("cherry-pick", "--abort")),
    "cherry-pick --skip": (("cherry-pick", "topic~1"), "cherry-pick", ("cherry-pick", "--skip")),
    "cherry-pick --no-commit": (
        ("cherry-pick", "--no-commit", "topic"), "cherry-pick", ("reset", "--hard"),
    ),
    "revert": (("revert", "root"), "revert", ("revert", "--abort")),
    "revert --no-commit": (("revert", "--no-commit", "HEAD"), "revert", ("revert", "--quit")),
    "bisect": (("bisect", "start", "topic", "root"), "bisect", ("bisect", "reset")),
}  # fmt: skip


@pytest.mark.parametrize(("start", "expected", "end"), STOPPED.values(), ids=STOPPED)
def test_from_the_stop_to_the_end(fork: Repo, start: Command, expected: str, end: Command) -> None:
    assert under_way(fork) is None
    fork(*start, ok=False)
    assert under_way(fork) == expected
    fork(*end)
    assert under_way(fork) is None


def resolve(repo: Repo) -> None:
    repo.write(NAME, "resolved\n")
    repo("add", NAME)


@pytest.mark.parametrize("command", ["cherry-pick", "revert"])
def test_between_the_commits_of_a_series(fork: Repo, command: str) -> None:
    commits = {"cherry-pick": ("topic~1", "topic"), "revert": ("root", "HEAD")}[command]
    fork(command, "--no-edit" if command == "revert" else "-x", *commits, ok=False)
    resolve(fork)
    fork("commit", "--no-edit")
    heads = {path.name for path in (fork.path / ".git").glob("*_HEAD")}
    assert not heads & {"CHERRY_PICK_HEAD", "REVERT_HEAD"}, "nothing but the series tells"
    assert under_way(fork) == command
    fork(command, "--quit")
    assert under_way(fork) is None


def test_am(fork: Repo, tmp_path: Path) -> None:
    patch = tmp_path / "0001.patch"
    patch.write_text(fork("format-patch", "--stdout", "-1", "topic~1") + "\n")
    fork("am", str(patch), ok=False)
    assert under_way(fork) == "am"
    fork("am", "--abort")
    assert under_way(fork) is None


def test_an_autostash_waits_with_its_merge_or_rebase(fork: Repo) -> None:
    fork.commit("other", other="1\n")
    fork.write("other", "not committed\n")
    fork("-c", "sequence.editor=sed -i s/^pick/edit/", "rebase", "-i", "--autostash", "HEAD^")
    assert (fork.path / ".git" / "rebase-merge" / "autostash").exists()
    assert under_way(fork) == "rebase"
    fork("rebase", "--continue")
    assert fork.read("other") == "not committed\n"
    assert under_way(fork) is None
    fork("merge", "--autostash", "topic", ok=False)
    assert (fork.path / ".git" / "MERGE_AUTOSTASH").exists()
    assert under_way(fork) == "merge"
    resolve(fork)
    fork("commit", "--no-edit")
    assert fork.read("other") == "not committed\n"
    assert under_way(fork) is None


def test_a_proposed_message_stays_with_what_was_picked(fork: Repo) -> None:
    """A rebase that is left leaves content and message behind, and the next commit takes both."""
    fork("rebase", "topic", ok=False)
    fork("rebase", "--quit")
    assert under_way(fork) == "cherry-pick"
    fork("reset", "--quiet", "--hard")
    assert under_way(fork) is None


ENDED: dict[str, tuple[Command, ...]] = {
    "merge": (("merge", "topic"), ("commit", "--no-edit")),
    "squash": (("merge", "--squash", "topic"), ("commit", "--no-edit")),
    "cherry-pick": (("cherry-pick", "topic~1"), ("commit", "--no-edit")),
    "revert": (("revert", "root"), ("commit", "--no-edit")),
    "rebase": (("rebase", "topic"), ("-c", "core.editor=true", "rebase", "--continue")),
}


@pytest.mark.parametrize("commands", ENDED.values(), ids=ENDED)
def test_what_was_resolved_and_committed_is_over(
    fork: Repo, commands: tuple[Command, Command]
) -> None:
    fork(*commands[0], ok=False)
    resolve(fork)
    assert under_way(fork) is not None
    fork(*commands[1])
    assert under_way(fork) is None


NOTHING: dict[str, Callable[[Repo], object]] = {
    "a commit": lambda repo: repo.commit("one", more="1\n"),
    "a commit that was given up": lambda repo: (
        repo.write(NAME, "x\n"), repo("-c", "core.editor=false", "commit", "--all", ok=False),
    ),
    "a stash": lambda repo: (repo.write(NAME, "x\n"), repo("stash", "--quiet")),
    "a stash that clashed": lambda repo: (
        repo.write(NAME, "x\n"), repo("stash"), repo.commit("y", **{NAME: "y\n"}),
        repo("stash", "pop", ok=False),
    ),
    "a fetch": lambda repo: repo("fetch", "--quiet", ".", "topic"),
    "a fast-forward": lambda repo: repo("merge", "--ff-only", "main"),
    "a merge": lambda repo: repo("merge", "-Xours", "--no-edit", "topic"),
    "a rebase": lambda repo: repo("rebase", "-Xours", "topic"),
    "a detached HEAD": lambda repo: repo("switch", "--detach", "topic"),
}  # fmt: skip


@pytest.mark.parametrize("done", NOTHING.values(), ids=NOTHING)
def test_what_is_done_is_not_under_way(fork: Repo, done: Callable[[Repo], object]) -> None:
    done(fork)
    assert under_way(fork) is None


def test_each_worktree_has_its_own(fork: Repo, tmp_path: Path) -> None:
    fork("worktree", "add", "--quiet", "--detach", str(tmp_path / "linked"), "main")
    linked = Repo(tmp_path / "linked")
    linked("merge", "topic", ok=False)
    assert under_way(linked) == "merge"
    assert under_way(fork) is None
    fork("bisect", "start", "topic", "root")
    assert under_way(fork) == "bisect"
    assert under_way(linked) == "merge"
