"""`init` and `deinit`: what they write, and that all of it goes again."""

from __future__ import annotations

import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from lorefs.api import Workspace
from lorefs.install import HOOKS, deinit, init, is_installed
from lorefs.repo import Git, locate
from lorefs.worktree import discard, stage
from tests.gitrepo import Repo
from tests.lore import document, entry


def git_of(repo: Repo) -> Git:
    return Git(locate(repo.path), os.environ)


def snapshot(repo: Repo) -> dict[str, tuple[bytes, int]]:
    """All files but git's objects, with their bytes and permissions."""
    return {
        str(file.relative_to(repo.path)): (file.read_bytes(), file.stat().st_mode)
        for file in sorted(repo.path.rglob("*"))
        if file.is_file() and ".git/objects" not in str(file) and file.name != "index"
    }


def test_deinit_takes_back_all_that_init_did(repo: Repo) -> None:
    repo.commit("base", **{"README.md": "x\n"})
    before = snapshot(repo)
    assert init(git_of(repo))
    assert is_installed(git_of(repo))
    assert snapshot(repo) != before
    assert deinit(git_of(repo))
    assert snapshot(repo) == before
    assert deinit(git_of(repo)) == []


def test_init_again_changes_nothing(repo: Repo) -> None:
    init(git_of(repo))
    before = snapshot(repo)
    assert init(git_of(repo)) == []
    assert snapshot(repo) == before


@pytest.mark.parametrize(
    "attributes", ["*.png binary\n", "*.png binary", "# a\r\n*.png binary\r\n"], ids=repr
)
def test_what_stood_in_a_file_of_the_users_stands_again(repo: Repo, attributes: str) -> None:
    repo.write(".gitattributes", attributes)
    before = snapshot(repo)
    init(git_of(repo))
    assert attributes.strip() in repo.read(".gitattributes")
    deinit(git_of(repo))
    assert snapshot(repo) == before


def test_a_users_hook_keeps_its_bytes_and_runs(repo: Repo) -> None:
    hook = repo.path / ".git/hooks/post-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_bytes(b"#!/bin/bash\n# mine\ntouch ran\nexit 3")
    hook.chmod(0o755)
    before = hook.read_bytes()
    init(git_of(repo))
    repo.commit("base", **{"README.md": "x\n"})
    assert (repo.path / "ran").exists()
    deinit(git_of(repo))
    assert hook.read_bytes() == before


def test_a_hook_that_is_no_shell_script_is_left_alone(repo: Repo) -> None:
    hook = repo.path / ".git/hooks/post-merge"
    hook.parent.mkdir(exist_ok=True)
    hook.write_bytes(b"#!/usr/bin/env python3\nprint()\n")
    todo = [outcome for outcome in init(git_of(repo)) if outcome.todo]
    assert len(todo) == 1
    assert "post-merge" in todo[0].what
    assert hook.read_bytes() == b"#!/usr/bin/env python3\nprint()\n"


def test_hooks_in_the_worktree_get_nothing_written(repo: Repo) -> None:
    repo.write(".husky/post-merge", "#!/bin/sh\n")
    repo("config", "core.hooksPath", ".husky")
    todo = [outcome.what for outcome in init(git_of(repo)) if outcome.todo]
    assert len(todo) == len(HOOKS)
    assert all("lorefs.hooks" in what or "lorefs.precommit" in what for what in todo)
    assert repo.read(".husky/post-merge") == "#!/bin/sh\n"
    assert list((repo.path / ".husky").iterdir()) == [repo.path / ".husky/post-merge"]


def test_hooks_make_rows_follow_a_merge(repo: Repo) -> None:
    init(git_of(repo))
    repo.commit("base", **{".lore.md": document(entry(1, "Alpha"))})
    with Workspace.open(repo.path, env=os.environ, clock=lambda: 1) as workspace:
        workspace.reconcile()
        repo("switch", "--quiet", "--create", "topic")
        repo.commit("topic", **{".lore.md": document(entry(1, "Alpha"), entry(2, "Beta"))})
        repo("switch", "--quiet", "-")
        titles = [row.entry.title for row in workspace.store.entries.rows()]
        assert titles == ["Alpha"], "the post-checkout hook did not reconcile"
        repo("merge", "--quiet", "topic")
        titles = [row.entry.title for row in workspace.store.entries.rows()]
        assert titles == ["Alpha", "Beta"], "the post-merge hook did not reconcile"


def test_a_failing_reconcile_fails_no_git_command(repo: Repo) -> None:
    init(git_of(repo))
    (repo.path / ".git/lorefs").mkdir()
    (repo.path / ".git/lorefs/index.db").write_bytes(b"this is no database" * 100)
    repo.commit("base", **{".lore.md": document(entry(1, "Alpha"))})
    assert "rebuild" in (repo.path / ".git/lorefs/hooks.log").read_text()


def test_personal_lore_is_ignored_by_git(repo: Repo) -> None:
    init(git_of(repo))
    repo.write(".lore.local.md", document(entry(1, "Mine")))
    assert repo("status", "--porcelain", "--", ".lore.local.md") == ""


Make = Callable[..., Repo]


def test_git_adds_no_text_that_is_to_replace_a_document(repo: Repo) -> None:
    repo.commit("first", **{"docs/.lore.md": "### Gotcha\n"})
    init(git_of(repo))
    repo("add", "-A")
    repo("commit", "-qm", "attributes")
    for name in (".lore.md", ".lore.local.md", "docs/.lore.review.md"):
        file = repo.path / name
        before = file.read_bytes() if file.exists() else b""
        staged = stage(
            repo.path, name, b"### Pattern\n", sha256(before).hexdigest() if before else None
        )
        assert len(list(file.parent.glob(f".{file.name}.lorefs-*"))) == 1
        repo("add", "-A")
        assert repo("status", "--porcelain") == ""
        discard(staged)


def test_a_linked_worktree_shares_what_was_installed(repo: Repo, tmp_path: Path) -> None:
    init(git_of(repo))
    repo.commit("base", **{".lore.md": document(entry(1, "Alpha"))})
    repo("worktree", "add", "--quiet", str(tmp_path / "linked"))
    assert init(git_of(Repo(tmp_path / "linked"))) == []


def test_a_clone_of_a_bare_repository(make_repo: Make, tmp_path: Path) -> None:
    bare = make_repo("hub.git", "--bare")
    clone = bare.clone(tmp_path / "clone")
    assert init(git_of(clone))
    clone.commit("base", **{".lore.md": document(entry(1, "Alpha"))})
    clone("push", "--quiet", "origin", "HEAD")
