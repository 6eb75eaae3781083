"""Git and lorefs in one worktree: neither gets into the other's way."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

from tests.cli.terminal import Lorefs
from tests.clones import BRANCH, DOCUMENT, Clone, Team, converge
from tests.gitrepo import Repo
from tests.lore import document, entry, ident
from tests.scenarios.colleague import colleague

TOP = Path(__file__).resolve().parents[2]
LOREFS = f"PYTHONPATH={shlex.quote(str(TOP))} {shlex.quote(sys.executable)} -m lorefs"


def state(repo: Repo) -> dict[str, bytes]:
    """All of the worktree and of git's own files that lorefs must leave alone."""
    git = repo.path / ".git"
    kept = {name: (git / name).read_bytes() for name in ("index", "HEAD", "config", "info/exclude")}
    kept["branch"] = repo("rev-parse", "HEAD").encode()
    for path in repo.path.rglob("*"):
        if path.is_file() and ".git" not in path.relative_to(repo.path).parts:
            kept[str(path)] = path.read_bytes()
    return kept


# A hook that syncs and notes what git's own files were before and after.
HOOK = f"""#!/bin/sh
test -n "$GIT_INDEX_FILE" || exit 9
export GIT_DIR="$(git rev-parse --absolute-git-dir)"
sums() {{ cksum "$GIT_INDEX_FILE" "$GIT_DIR/HEAD" "$GIT_DIR/config"; }}
sums >"$GIT_DIR/before"
{LOREFS} sync >"$GIT_DIR/said" 2>&1 || exit 8
sums >"$GIT_DIR/after"
exit 1
"""


@pytest.fixture
def at_work(ada: Clone) -> str:
    """Something staged, something changed since, something untracked, and an entry; its id."""
    ada.repo.write("src/staged.py", "staged\n")
    ada.repo("add", "src/staged.py")
    ada.repo.write("src/staged.py", "changed since\n")
    ada.repo.write("src/untracked.py", "untracked\n")
    return ada.add("One")


def test_scenario_08_sync_with_the_variables_of_a_hook(
    ada: Clone, at_work: str, team: Team
) -> None:
    before = state(ada.repo)
    env = {"GIT_DIR": ".git", "GIT_INDEX_FILE": ".git/index", "GIT_PREFIX": ""}
    assert "sent 1 commit" in Lorefs(ada.path)("sync", env=env).out
    assert state(ada.repo) == before
    assert team.remote("ls-tree", "-r", "--name-only", BRANCH) == DOCUMENT
    assert at_work in team.remote("cat-file", "blob", f"{BRANCH}:{DOCUMENT}")


def test_scenario_08_sync_inside_a_hook(ada: Clone, at_work: str, team: Team) -> None:
    hook = ada.path / ".git" / "hooks" / "pre-commit"
    hook.write_text(HOOK)
    hook.chmod(0o755)
    assert ada.repo.run("commit", "-m", "x").returncode == 1
    git = ada.path / ".git"
    assert "sent 1 commit" in (git / "said").read_text()
    assert (git / "before").read_text() == (git / "after").read_text()
    assert ada.repo("diff", "--cached", "--name-only") == "src/staged.py"
    assert team.remote("ls-tree", "-r", "--name-only", BRANCH) == DOCUMENT
    assert at_work in team.remote("cat-file", "blob", f"{BRANCH}:{DOCUMENT}")


# ---- 15: git moves files while lorefs looks


def history(clone: Clone) -> None:
    """Main with a document and more code, and a colleague's branch from before that code."""
    colleague(clone)
    clone.repo.commit("code", **{"code.txt": "1\n"})


# What people do to their worktree with git; every step is followed by a look of lorefs.
MOVES = {
    "an old commit and back": ["switch -q --detach HEAD~2", "switch -q main"],
    "a colleague's branch and back": ["switch -q colleague", "switch -q main"],
    "stash and pop": ["stash", "switch -q colleague", "switch -q main", "stash pop"],
    "rebase": ["stash", "rebase -q colleague", "stash pop"],
    "bisect": ["stash", "bisect start", "bisect bad", "bisect good HEAD~2", "bisect reset",
               "stash pop"],
    "merge and back": ["stash", "merge -q --no-edit colleague", "reset -q --hard HEAD~1",
                       "stash pop"],
}  # fmt: skip


@pytest.mark.parametrize("name", MOVES)
def test_scenario_15_git_moves_files_with_sync_on(anna: Clone, ben: Clone, name: str) -> None:
    history(anna)
    anna.sync()
    anna.edit("The alpha text.", "My alpha.")
    if name in {"an old commit and back", "a colleague's branch and back"}:
        anna.repo("commit", "-qam", "alpha")
    anna.sync()
    for command in MOVES[name]:
        before = anna.repo("status", "--porcelain")
        anna.repo(*command.split())  # fails the test if a file is in git's way
        anna.sync()
        assert anna.repo("status", "--porcelain") in {before, "", f" M {DOCUMENT}"}
        assert anna.titles() == ["Alpha", "Beta", "Gamma"]
        assert "Their" not in "".join(anna.tree().values())
    converge(anna, ben)
    for clone in (anna, ben):
        found = clone.entries()
        assert set(found) == {ident(1), ident(2), ident(3)}
        assert found[ident(1)].content == "My alpha."
        assert found[ident(2)].content == "The beta text."


def test_scenario_15_rows_follow_the_file_with_sync_off(tracking: Team) -> None:
    clone = tracking.clone("off", ignored=False, sync=False)
    history(clone)
    assert clone.titles() == ["Alpha", "Beta", "Gamma"]
    repo = clone.repo
    for command, titles in (
        ("switch -q --detach HEAD~2", []),
        ("switch -q colleague", ["Alpha", "Gamma", "Their Beta", "Theirs"]),
        ("switch -q main", ["Alpha", "Beta", "Gamma"]),
        ("merge -q --no-edit colleague", ["Alpha", "Gamma", "Their Beta", "Theirs"]),
        ("reset -q --hard HEAD~1", ["Alpha", "Beta", "Gamma"]),
        ("rebase -q colleague", ["Alpha", "Gamma", "Their Beta", "Theirs"]),
    ):
        repo(*command.split())
        assert clone.titles() == titles, command
        assert repo("status", "--porcelain") == ""
    clone.write(document(entry(1, "Only")))
    assert clone.titles() == ["Only"]
    repo("stash")
    assert clone.titles() == ["Alpha", "Gamma", "Their Beta", "Theirs"]
    repo("stash", "pop")
    assert clone.titles() == ["Only"]
