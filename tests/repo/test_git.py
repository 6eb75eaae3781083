"""The git executable: which repository it means, what it hears, and how it fails."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lorefs.errors import GitError
from lorefs.repo import Git, locate
from lorefs.repo.git import LOCAL_VARIABLES, clean_environment
from tests.gitrepo import Repo

Make = Callable[..., Repo]


def git_in(repo: Repo, **env: str) -> Git:
    return Git(locate(repo.path), {**os.environ, **env})


def program(folder: Path, body: str) -> str:
    """A PATH on which `git` is a script of the test."""
    folder.mkdir()
    script = folder / "git"
    script.write_text(f"#!/bin/sh\n{body}\n")
    script.chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


def test_what_git_calls_local_is_left_out(repo: Repo) -> None:
    theirs = set(repo("rev-parse", "--local-env-vars").split("\n"))
    carries_c = {"GIT_CONFIG_PARAMETERS", "GIT_CONFIG_COUNT"}
    assert theirs - carries_c <= LOCAL_VARIABLES
    assert not set(clean_environment(dict.fromkeys(theirs, "x"))) & (theirs - carries_c)


def test_a_hooks_variables_do_not_mislead(make_repo: Make) -> None:
    repo, other = make_repo("repo"), make_repo("other")
    commit = repo.commit("here", a="a\n")
    other.commit("there", a="b\n")
    git = git_in(
        repo,
        GIT_DIR=str(other.path / ".git"),
        GIT_WORK_TREE=str(other.path),
        GIT_INDEX_FILE=str(other.path / ".git" / "index"),
        GIT_OBJECT_DIRECTORY=str(other.path / ".git" / "objects"),
        GIT_PREFIX="sub/",
        GIT_LITERAL_PATHSPECS="1",
    )
    assert git.text("rev-parse", "HEAD") == commit
    assert git.text("ls-files", ":(glob)**/a") == "a"


def test_git_c_is_heard(repo: Repo) -> None:
    git = git_in(repo, GIT_CONFIG_COUNT="1", GIT_CONFIG_KEY_0="a.b", GIT_CONFIG_VALUE_0="c")
    assert git.text("config", "a.b") == "c"


def test_looking_takes_no_lock_and_starts_no_program(repo: Repo, tmp_path: Path) -> None:
    repo.commit("first", a="a\n")
    trace = tmp_path / "started"
    repo("config", "core.fsmonitor", f"touch {trace}; false")
    index = repo.path / ".git" / "index"
    os.utime(repo.path / "a", (1, 1))  # so that git would like to refresh the index
    before = index.read_bytes()
    git_in(repo).run("status", "--porcelain")
    assert index.read_bytes() == before
    assert not trace.exists()


def test_gits_own_words_are_in_the_error_and_in_english(repo: Repo) -> None:
    git = git_in(repo, LC_ALL="de_DE.UTF-8", LANGUAGE="de")
    with pytest.raises(GitError, match="git rev-parse failed") as caught:
        git.run("rev-parse", "--verify", "nothing")
    assert caught.value.words == "fatal: Needed a single revision"
    assert caught.value.command == ("rev-parse", "--verify", "nothing")


def test_a_status_that_is_expected_is_no_error(repo: Repo) -> None:
    assert git_in(repo).status_and_output("config", "a.b", allowed=(0, 1)) == (1, b"")


def test_git_is_not_installed(repo: Repo, tmp_path: Path) -> None:
    git = git_in(repo, PATH=str(tmp_path))
    with pytest.raises(GitError, match="not installed") as caught:
        git.run("version")
    assert caught.value.hint


def test_git_that_cannot_be_run(repo: Repo, tmp_path: Path) -> None:
    program(tmp_path / "bin", "")
    git = git_in(repo, PATH=str(tmp_path / "bin"))
    (tmp_path / "bin" / "git").write_bytes(b"\x7fELF nonsense")
    with pytest.raises(GitError, match="cannot be run"):
        git.run("version")


def test_an_argument_that_no_process_can_have(repo: Repo) -> None:
    with pytest.raises(GitError, match="cannot be run"):
        git_in(repo).run("rev-parse", "a\0b")


def test_git_that_does_not_answer_is_given_up(repo: Repo, tmp_path: Path) -> None:
    path = program(tmp_path / "bin", "exec sleep 50")
    git = Git(locate(repo.path), {**os.environ, "PATH": path}, timeout=0.2)
    start = time.monotonic()
    with pytest.raises(GitError, match="did not answer"):
        git.run("version")
    assert time.monotonic() - start < 20


def test_git_is_never_asked_for_what_it_would_ask_a_person(repo: Repo, tmp_path: Path) -> None:
    git = git_in(repo, PATH=program(tmp_path / "bin", 'cat; echo "$GIT_TERMINAL_PROMPT"'))
    assert git.text("fetch") == "0"  # and nothing can be typed: stdin is empty


NAMES = ["a", "sub/a", ":x/a", "-a", "a b", "line\nbreak/a", "caf\udce9", "gl*b", "a\\b"]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
@pytest.mark.parametrize("data", [b"", b"text\n", b"\0\r\n\xff", b"HEAD:a missing\n"], ids=repr)
def test_a_blob_is_its_bytes(repo: Repo, name: str, data: bytes) -> None:
    repo.write(name, data)
    commit = repo.commit("add")
    assert git_in(repo).blob(commit, name) == data
    assert git_in(repo).blob("HEAD", name) == data


@pytest.mark.parametrize("name", [*NAMES, "..", "/", ""], ids=ascii)
def test_what_is_not_there_is_none(repo: Repo, name: str) -> None:
    empty = repo.commit("nothing")
    git = git_in(repo)
    assert git.blob(empty, name or "x") is None
    assert git.blob("0" * 40, name) is None
    assert git.blob("no-such-branch", name) is None


def test_no_commit_holds_nothing_not_even_what_is_staged(repo: Repo) -> None:
    repo.write("a", "staged\n")
    repo("add", "a")
    assert git_in(repo).blob("", "a") is None


def test_a_directory_and_a_submodule_are_no_blobs(make_repo: Make) -> None:
    repo = make_repo("outer")
    make_repo("inner").commit("first", a="a\n")
    repo("submodule", "add", "--quiet", "../inner", "sub")
    repo.commit("both", **{"folder/a": "a\n"})
    assert git_in(repo).blob("HEAD", "folder") is None
    assert git_in(repo).blob("HEAD", "sub") is None


def test_trouble_is_no_absence(repo: Repo) -> None:
    commit = repo.commit("first", a="a\n")
    oid = repo("rev-parse", "HEAD:a")
    loose = repo.path / ".git" / "objects" / oid[:2] / oid[2:]
    loose.chmod(0o644)
    loose.write_bytes(b"damaged")
    with pytest.raises(GitError, match="cannot be read"):
        git_in(repo).blob(commit, "a")


def test_sha256(make_repo: Make) -> None:
    repo = make_repo("repo", "--object-format=sha256")
    commit = repo.commit("first", a="a\n")
    assert len(commit) == 64
    assert git_in(repo).blob(commit, "a") == b"a\n"
