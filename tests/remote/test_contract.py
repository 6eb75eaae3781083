"""What every remote has to do, whatever it is and however it is reached."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lorefs.remote import GitRemote, Moved, Pushed, Refused, Remote, RemoteError
from lorefs.repo import Git, locate
from tests.gitrepo import Repo
from tests.remote.conftest import free_port, http_server

BRANCH = "lorefs-sync"

Clone = Callable[[str], tuple[Repo, Remote]]


@pytest.fixture
def clone(make_repo: Callable[..., Repo], address: str) -> Clone:
    """A function that makes a repository with its way to the remote."""

    def make(name: str) -> tuple[Repo, Remote]:
        repo = make_repo(name)
        return repo, GitRemote(Git(locate(repo.path), dict(os.environ)), address, BRANCH)

    return make


def commit(repo: Repo, text: str, *parents: str) -> str:
    blob = repo("hash-object", "-w", "--stdin", stdin=text)
    tree = repo("mktree", stdin=f"100644 blob {blob}\t.lore.md\n")
    flags = [flag for parent in parents for flag in ("-p", parent)]
    return repo("commit-tree", tree, *flags, "-m", text)


def test_a_remote_without_the_branch(clone: Clone) -> None:
    _, remote = clone("one")
    assert remote.poll() is None
    assert remote.fetch() is None


def test_push_fetch_and_poll(clone: Clone) -> None:
    one, first = clone("one")
    two, second = clone("two")
    root = commit(one, "root")
    assert first.push(root, None) == Pushed()
    assert second.poll() == root
    assert second.fetch() == root
    assert two("cat-file", "-t", root) == "commit"
    tip = commit(two, "tip", root)
    assert second.push(tip, root) == Pushed()
    assert first.fetch() == tip
    assert one("for-each-ref", "refs/heads") == "", "a fetch moves no branch"
    assert not (one.path / ".git" / "FETCH_HEAD").exists()


def test_a_push_is_a_compare_and_swap(clone: Clone) -> None:
    one, first = clone("one")
    two, second = clone("two")
    root = commit(one, "root")
    first.push(root, None)
    second.fetch()
    ours, theirs = commit(one, "ours", root), commit(two, "theirs", root)
    assert first.push(ours, root) == Pushed()
    assert second.push(theirs, root) == Moved()
    assert second.push(theirs, None) == Moved(), "there is such a branch"
    assert second.fetch() == ours


def test_a_branch_that_was_taken_back_is_not_overwritten(clone: Clone, bare: Repo) -> None:
    one, first = clone("one")
    root = commit(one, "root")
    tip = commit(one, "tip", root)
    first.push(root, None)
    first.push(tip, root)
    bare("update-ref", f"refs/heads/{BRANCH}", root)
    assert first.push(commit(one, "more", tip), tip) == Moved()
    assert first.poll() == root


def test_a_refusal_comes_with_the_servers_words(clone: Clone, bare: Repo) -> None:
    hook = bare.path / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho 'closed for today' >&2\nexit 1\n")
    hook.chmod(0o755)
    one, first = clone("one")
    answer = first.push(commit(one, "root"), None)
    assert isinstance(answer, Refused)
    assert "closed for today" in answer.words


def test_a_deleted_branch_is_absent_again(clone: Clone, bare: Repo) -> None:
    one, first = clone("one")
    first.push(commit(one, "root"), None)
    assert first.fetch() is not None
    bare("update-ref", "-d", f"refs/heads/{BRANCH}")
    assert first.fetch() is None


# ---- what only a network brings


def remote_at(repo: Repo, address: str, **options: float) -> GitRemote:
    return GitRemote(Git(locate(repo.path), dict(os.environ)), address, BRANCH, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("scheme", ["http", "ssh"])
def test_nobody_answers(repo: Repo, scheme: str) -> None:
    remote = remote_at(repo, f"{scheme}://127.0.0.1:{free_port()}/x.git")
    for call in (remote.poll, remote.fetch, lambda: remote.push("0" * 40, None)):
        with pytest.raises(RemoteError) as error:
            call()
        assert error.value.hint


def test_a_server_that_never_answers_is_given_up(repo: Repo) -> None:
    import socket

    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        remote = remote_at(repo, f"http://127.0.0.1:{silent.getsockname()[1]}/x.git", timeout=1)
        before = time.monotonic()
        with pytest.raises(RemoteError, match="cannot ask") as error:
            remote.poll()
        assert "no answer" in error.value.words
        assert time.monotonic() - before < 20


def test_a_password_is_never_asked_for(repo: Repo, bare: Repo, tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    askpass = tmp_path / "askpass"
    askpass.write_text(f"#!/bin/sh\ntouch {asked}\necho secret\n")
    askpass.chmod(0o755)
    repo("config", "core.askPass", str(askpass))
    env = {**os.environ, "GIT_ASKPASS": str(askpass), "SSH_ASKPASS": str(askpass)}
    with http_server(bare.path.parent, "ada:secret") as start:
        remote = GitRemote(Git(locate(repo.path), env), f"{start}/{bare.path.name}", BRANCH)
        with pytest.raises(RemoteError):
            remote.poll()
    assert not asked.exists()


def test_a_credential_helper_of_the_user_is_used(repo: Repo, bare: Repo) -> None:
    helper = "!f() { echo username=ada; echo password=secret; }; f"
    repo("config", "credential.helper", helper)
    with http_server(bare.path.parent, "ada:secret") as start:
        assert remote_at(repo, f"{start}/{bare.path.name}").poll() is None


def test_an_address_that_looks_like_an_option(repo: Repo) -> None:
    remote = remote_at(repo, "--upload-pack=touch /tmp/owned")
    with pytest.raises(RemoteError):
        remote.poll()
    with pytest.raises(RemoteError):
        remote.fetch()
