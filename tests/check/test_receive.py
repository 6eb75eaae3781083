"""The pre-receive template on a bare repository, with pushes of real git."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import TOP
from tests.gitrepo import Repo
from tests.lore import document, entry

CLEAN = document(entry(1, "Alpha"))
TOKEN = "ghp_" + "a1B2c3D4e5F6" * 3  # in the form of a token, and nobody's

Make = Callable[..., Repo]


@pytest.fixture
def clone(make_repo: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """A clone of a bare repository that has the template as its hook."""
    hub = make_repo("hub.git", "--bare")
    shutil.copy(TOP / "templates/pre-receive", hub.path / "hooks/pre-receive")
    programs = Path(sys.executable).parent
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    clone = hub.clone(tmp_path / "clone")
    clone.commit("base", **{".lore.md": CLEAN})
    clone("push", "--quiet", "--set-upstream", "origin", "HEAD:main")
    return clone


def refused(clone: Repo, *arguments: str) -> str:
    done = clone.run("push", *(arguments or ("origin", "HEAD:main")))
    assert done.returncode == 1
    assert "pre-receive hook declined" in done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


def test_an_error_in_the_new_tip_refuses_the_push(clone: Repo) -> None:
    clone.commit("bad", **{"src/.lore.md": document(entry(1, "Copied", "\u202e"))})
    words = refused(clone)
    assert "src/.lore.md:5:1: error LORE101" in words
    assert "src/.lore.md:6:" in words
    assert "remedy: " in words
    clone.commit("mended", **{"src/.lore.md": document(entry(2, "Mended"))})
    clone("push", "--quiet", "origin", "HEAD:main")


def test_a_secret_in_an_older_commit_refuses_it_too(clone: Repo) -> None:
    bad = clone.commit("bad", **{".lore.md": document(entry(1, "Alpha", TOKEN))})
    clone.commit("taken back", **{".lore.md": CLEAN})
    words = refused(clone)
    assert f"LORE403 a secret: GitHub Token (in commit {bad[:12]})" in words
    assert TOKEN not in words


def test_a_personal_document_refuses_it(clone: Repo) -> None:
    clone.commit("mine", **{"a/.lore.local.md": CLEAN})
    assert "a/.lore.local.md:1:1: error LORE401" in refused(clone)
    clone("rm", "--quiet", "a/.lore.local.md")
    clone.commit("taken back")
    assert "LORE401" in refused(clone)


def test_what_the_server_has_already_is_not_judged_again(clone: Repo) -> None:
    hub = Repo(clone.path.parent / "hub.git")
    hook = hub.path / "hooks/pre-receive"
    hook.rename(hook.with_name("later"))
    clone.commit("bad", **{"old/.lore.md": document(entry(2, "Old", TOKEN))})
    clone("push", "--quiet", "origin", "HEAD:main")
    hook.with_name("later").rename(hook)
    clone.commit("good", **{".lore.md": document(entry(1, "Alpha", "More."))})
    clone("push", "--quiet", "origin", "HEAD:main", "HEAD:refs/heads/topic", "HEAD:refs/tags/v1")
    clone("push", "--quiet", "origin", ":refs/heads/topic")
    clone.commit("code only", **{"code.py": "x = 1\n"})
    clone("push", "--quiet", "origin", "HEAD:main")


def test_a_merge_is_judged_by_what_it_changes_itself(clone: Repo) -> None:
    clone("switch", "--quiet", "--create", "topic")
    clone.commit("topic", **{"t/.lore.md": document(entry(5, "T"))})
    clone("switch", "--quiet", "-")
    clone.commit("main", **{"m/.lore.md": document(entry(6, "M"))})
    clone("merge", "--quiet", "--no-commit", "topic")
    clone.commit("merge", **{"t/.lore.md": document(entry(6, "T"))})
    assert "LORE101" in refused(clone)


def test_settings_of_the_server_hold(clone: Repo) -> None:
    clone.commit("bad", **{".lore.md": document(entry(1, "Alpha", "\u202e"))})
    refused(clone)
    hub = Repo(clone.path.parent / "hub.git")
    hub("config", "lorefs.check.ignore", "LORE3")
    clone("push", "--quiet", "origin", "HEAD:main")


def test_a_server_without_the_program_says_so(clone: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    clone.commit("more", **{".lore.md": document(entry(1, "Alpha", "More."))})
    assert "lorefs is not installed on this server" in refused(clone)
