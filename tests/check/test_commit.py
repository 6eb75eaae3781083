"""What keeps a commit of real git from being made, and what does not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lorefs.install import deinit, init
from lorefs.repo import Git, locate
from tests.cli.terminal import Lorefs
from tests.gitrepo import Repo
from tests.lore import document, entry

CLEAN = document(entry(1, "Alpha"))
TOKEN = "ghp_" + "a1B2c3D4e5F6" * 3  # in the form of a token, and nobody's


def git_of(repo: Repo) -> Git:
    return Git(locate(repo.path), os.environ)


@pytest.fixture
def guarded(repo: Repo) -> Repo:
    """A repository with the hooks and one clean commit."""
    repo.once(guard, guard)
    return repo


def guard(repo: Repo) -> None:
    init(git_of(repo))
    repo.commit("base", **{".lore.md": CLEAN, "code.py": "x = 1\n"})


def refused(repo: Repo, *arguments: str) -> str:
    """What git commit says when it makes no commit."""
    head = repo("rev-parse", "HEAD")
    done = repo.run("commit", "--message", "more", *arguments)
    assert done.returncode == 1, done
    assert repo("rev-parse", "HEAD") == head
    assert "nothing was committed" in done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


def test_a_secret_stops_a_commit(guarded: Repo) -> None:
    guarded.write("src/.lore.md", document(entry(2, "The key of staging", f"is {TOKEN}.")))
    guarded("add", "--all")
    words = refused(guarded)
    assert "src/.lore.md:6:" in words
    assert "LORE403 a secret: GitHub Token" in words
    assert "remedy: revoke it and delete it" in words
    assert TOKEN not in words


def test_a_secret_that_is_allowed_does_not(guarded: Repo) -> None:
    allowed = f"is {TOKEN}. <!-- pragma: allowlist secret -->"
    guarded.write("src/.lore.md", document(entry(2, "A form of key", allowed)))
    guarded.commit("an example")


def test_a_secret_that_is_shared_already_is_for_the_full_check_to_find(guarded: Repo) -> None:
    old = document(entry(2, "Old", TOKEN))
    guarded.write("src/.lore.md", old)
    guarded("add", "--all")
    guarded("commit", "--quiet", "--no-verify", "--message", "before anybody checked")
    guarded.commit("more", **{"src/.lore.md": old + "\n" + entry(3, "New") + "\n"})
    assert "LORE403" in Lorefs(guarded.path)("check", status=1).out
    guarded.write("src/.lore.md", old.replace(TOKEN, f"{TOKEN} again"))
    guarded("add", "--all")
    assert "LORE403" in refused(guarded)


def test_a_bidirectional_character_stops_a_commit(guarded: Repo) -> None:
    guarded.write(".lore.md", document(entry(1, "Alpha", "if admin\u202e\u2066 then")))
    guarded("add", "--all")
    words = refused(guarded)
    assert ".lore.md:6:22: error LORE301 U+202E (right-to-left override)" in words
    assert "remedy: delete the character" in words
    assert "\u202e" not in words


@pytest.mark.parametrize("text", [entry(7, "Mine", "Still mine"), entry(8, "Mine", "My salary.")])
def test_a_personal_entry_stops_a_commit(guarded: Repo, text: str) -> None:
    guarded.write("src/.lore.local.md", document(entry(7, "Mine", "My salary.")))
    guarded.write("src/billing/.lore.md", document(text))
    guarded("add", "--all")
    words = refused(guarded)
    assert "src/billing/.lore.md:5:1: error LORE402 a personal entry" in words
    assert "src/.lore.local.md:5" in words
    assert "remedy: delete it here to keep it to yourself" in words


def test_an_approval_that_the_policy_does_not_allow_stops_a_commit(guarded: Repo) -> None:
    policy = "---\npolicy: {approval: manual, approvers: [ada@example.invalid]}\n---\n"
    waiting = policy + document(entry(1, "Alpha", meta="status: pending"))
    guarded.commit("the first policy is anybody's to set", **{".lore.md": waiting})
    approved = waiting.replace("status: pending", "approved_by: eve@example.invalid")
    # who makes themselves an approver in passing is none yet
    guarded.write(".lore.md", approved.replace("[ada@", "[eve@example.invalid, ada@"))
    guarded("add", "--all")
    assert "LORE203 an approval by ada@example.invalid that the policy does not" in refused(guarded)
    guarded("config", "user.email", "eve@example.invalid")
    words = refused(guarded)
    assert "LORE203 an approval by eve@example.invalid that the policy does not allow" in words
    assert "LORE203 the policy in force does not let eve@example.invalid change" in words
    assert "(ada@example.invalid may)" in words
    guarded("config", "user.email", "ada@example.invalid")
    guarded.commit("approved", **{".lore.md": approved.replace("eve@", "ada@")})


def test_a_personal_document_stops_a_commit(guarded: Repo) -> None:
    guarded.write("src/.lore.local.md", CLEAN)
    guarded("add", "--force", "src/.lore.local.md")
    words = refused(guarded)
    assert "src/.lore.local.md:1:1: error LORE401" in words
    assert "git rm --cached -- 'src/.lore.local.md'" in words
    guarded("rm", "--cached", "--quiet", "src/.lore.local.md")
    guarded.commit("without it")


def test_what_is_staged_is_judged_and_not_the_worktree(guarded: Repo) -> None:
    bad = document(entry(1, "Alpha", "x \u202e"))
    guarded.write(".lore.md", bad)
    guarded("add", ".lore.md")
    guarded.write(".lore.md", CLEAN)
    refused(guarded)
    guarded("add", ".lore.md")
    guarded.write(".lore.md", bad)
    guarded("commit", "--quiet", "--allow-empty", "--message", "clean as staged")
    refused(guarded, "--all")


@pytest.mark.parametrize("how", [("--all",), ("--only", "a/.lore.md"), ("--include", "a/.lore.md")])
def test_the_index_that_is_committed_counts(guarded: Repo, how: tuple[str, ...]) -> None:
    """With --all or paths git commits another index than the one in `.git/index`."""
    guarded.commit("second", **{"a/.lore.md": document(entry(2, "Beta"))})
    guarded.write("a/.lore.md", document(entry(2, "Beta", "\u202e")))
    assert "a/.lore.md:6" in refused(guarded, *how)
    guarded.write("code.py", "x = 2\n")
    guarded("commit", "--quiet", "--message", "only code", "--only", "code.py")


def test_partial_staging_is_judged_as_staged(guarded: Repo) -> None:
    """Of two edits in one file the good one is staged, as `git add --patch` does."""
    good = document(entry(1, "Alpha", "Better words."))
    guarded.write(".lore.md", good)
    guarded("add", ".lore.md")
    guarded.write(".lore.md", good + "\n" + entry(2, "Bad", "\x1b[2J") + "\n")
    guarded("commit", "--quiet", "--message", "the good part")
    refused(guarded, "--all")


def test_what_is_not_touched_stops_nothing(guarded: Repo) -> None:
    bad = document(entry(2, "Old", "\u202e"))
    guarded.write("old/.lore.md", bad)
    guarded("add", "--all")
    guarded("commit", "--quiet", "--no-verify", "--message", "before anybody checked")
    guarded.commit("code", **{"code.py": "x = 3\n"})
    guarded.commit("lore", **{".lore.md": document(entry(1, "Alpha", "Edited."))})
    guarded.write("old/.lore.md", bad.replace("Old", "New"))
    guarded("add", "--all")
    refused(guarded)


def test_an_id_of_another_document_is_a_duplicate_there_too(guarded: Repo) -> None:
    guarded.write("src/.lore.md", document(entry(1, "Copied", "From above.")))
    guarded("add", "--all")
    assert "src/.lore.md:5:1: error LORE101" in refused(guarded)


def test_warnings_stop_nothing_and_take_one_line(guarded: Repo) -> None:
    guarded.write(".lore.md", CLEAN + "\n* **By hand**: x\n")
    guarded("add", "--all")
    done = guarded.run("commit", "--message", "by hand")
    assert done.returncode == 0
    assert "lorefs: 1 warning" in done.stderr


def test_the_first_commit_of_a_repository(repo: Repo) -> None:
    init(git_of(repo))
    repo.write(".lore.md", document(entry(1, "A", "\u202e")))
    repo("add", "--all")
    assert repo.run("commit", "--message", "first").returncode == 1
    repo.write(".lore.md", CLEAN)
    repo.commit("first")


def test_in_a_linked_worktree_and_below_its_top(guarded: Repo, tmp_path: Path) -> None:
    guarded("worktree", "add", "--quiet", str(tmp_path / "linked"))
    linked = Repo(tmp_path / "linked")
    linked.write("src/.lore.md", document(entry(2, "B", "\u202e")))
    linked("add", "--all")
    below = Repo(tmp_path / "linked" / "src")
    assert "src/.lore.md:6" in refused(below)


def test_a_merge_is_judged_by_its_result(guarded: Repo) -> None:
    guarded("switch", "--quiet", "--create", "topic")
    guarded.commit("topic", **{"t/.lore.md": document(entry(5, "T"))})
    guarded("switch", "--quiet", "-")
    guarded.commit("main", **{"m/.lore.md": document(entry(6, "M"))})
    guarded("merge", "--quiet", "--no-commit", "topic")
    guarded.write("t/.lore.md", document(entry(6, "T")))
    guarded("add", "--all")
    assert "t/.lore.md:5:1: error LORE101" in refused(guarded)


# ---------------------------------------------------------------- with hooks of others


def test_a_users_hook_runs_where_the_check_passes(repo: Repo) -> None:
    hook = repo.path / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_bytes(b"#!/bin/sh\necho run >> ran\nexit 0")
    hook.chmod(0o755)
    before = hook.read_bytes()
    init(git_of(repo))
    repo.commit("base", **{".lore.md": CLEAN})
    assert repo.read("ran") == "run\n"
    repo.write(".lore.md", document(entry(1, "A", "\u202e")))
    repo("add", ".lore.md")
    assert repo.run("commit", "--message", "bad").returncode == 1
    assert repo.read("ran") == "run\n"
    deinit(git_of(repo))
    assert hook.read_bytes() == before


def test_the_line_for_hooks_in_the_worktree_works(repo: Repo) -> None:
    repo("config", "core.hooksPath", ".husky")
    todo = [o.what for o in init(git_of(repo)) if o.todo and "pre-commit" in o.what]
    assert len(todo) == 1
    assert not (repo.path / ".husky").exists()
    line = todo[0].split("pre-commit: ", 1)[1]
    repo.write(".husky/pre-commit", f"#!/bin/sh\n{line}\n").chmod(0o755)
    repo.commit("base", **{".lore.md": CLEAN})
    repo.write(".lore.md", document(entry(1, "A", "\u202e")))
    repo("add", "--all")
    refused(repo)


def test_a_program_that_is_gone_stops_no_commit(guarded: Repo) -> None:
    hook = guarded.path / ".git/hooks/pre-commit"
    text = hook.read_text()
    hook.write_text(text.replace(sys.executable, "/nonexistent/python"))
    guarded.write(".lore.md", CLEAN + "\n")
    guarded("add", "--all")
    done = guarded.run("commit", "--message", "on")
    assert done.returncode == 0
    assert "lore is not checked: run lorefs init again" in done.stderr


def test_a_hook_of_all_repositories_stops_nothing_where_lorefs_cannot_work(
    repo: Repo, tmp_path: Path
) -> None:
    """Such as one for dotfiles, whose git directory is elsewhere and has no file to name it."""
    init(git_of(repo))
    (repo.path / ".git").rename(tmp_path / "elsewhere.git")
    repo.write(".lore.md", CLEAN)
    elsewhere = f"--git-dir={tmp_path / 'elsewhere.git'}", f"--work-tree={repo.path}"
    repo(*elsewhere, "add", "--all")
    done = repo.run(*elsewhere, "commit", "--message", "dotfiles")
    assert done.returncode == 0, done
    assert "git worktree" in done.stderr


def test_a_file_of_the_worktree_is_never_taken_for_a_module(guarded: Repo) -> None:
    for name in ("argparse", "enum", "lorefs", "json", "re", "subprocess"):
        guarded.write(f"{name}.py", "open('executed', 'w')\n")
    guarded.commit("traps", **{".lore.md": document(entry(1, "A", "Traps."))})
    assert not (guarded.path / "executed").exists()


def test_the_commands_take_no_heavy_module(guarded: Repo) -> None:
    code = (
        "import sys; from lorefs.precommit import run; "
        "status = run(['--staged', '--hook', '--ignore', 'LORE403,LORE404'], 'lorefs-check'); "
        "print(status, *sys.modules)"
    )
    guarded.write(".lore.md", document(entry(1, "Alpha", "Edited.")))
    guarded("add", "--all")
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=guarded.path, capture_output=True, text=True, check=True, timeout=50,
    )  # fmt: skip
    status, *modules = done.stdout.split()
    assert status == "0"
    heavy = {"typer", "click", "pygit2", "rich", "sqlite3", "ruamel", "detect_secrets", "requests"}
    assert not {name.partition(".")[0] for name in modules} & heavy
