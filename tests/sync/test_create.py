"""Hubs that are made, laid out, and refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lorefs.errors import RefusedError
from lorefs.remote import RemoteError
from lorefs.sync.branch.create import SETTINGS, Hub, Plan, create
from tests.clones import BRANCH
from tests.gitrepo import Repo


def make(where: Path, address: str, **options: bool) -> Hub:
    return create(Plan(address, BRANCH, 1_700_000_000, **options), where, dict(os.environ))


def bare(path: Path) -> Repo:
    path.mkdir()
    repo = Repo(path)
    repo("init", "--quiet", "--bare")
    return repo


def test_a_path_becomes_a_bare_repository(tmp_path: Path) -> None:
    hub = make(tmp_path, "deep/lore.git")
    repo = Repo(tmp_path / "deep" / "lore.git")
    assert (hub.made, hub.laid_out, hub.hook) == (True, True, None)
    assert repo("symbolic-ref", "HEAD") == f"refs/heads/{BRANCH}"
    assert repo("ls-tree", "-r", "HEAD") == ""
    assert "Lorefs-Format: 1" in repo("log", "--format=%B")
    for name, value in SETTINGS:
        assert repo("config", name) == value
    repo("fsck", "--strict")


def test_a_hub_stays_one(tmp_path: Path) -> None:
    make(tmp_path, "lore.git")
    repo = Repo(tmp_path / "lore.git")
    tip = repo("rev-parse", BRANCH)
    again = make(tmp_path, "lore.git")
    assert (again.made, again.laid_out) == (False, False)
    assert repo("rev-parse", BRANCH) == tip


def test_history_can_neither_be_rewritten_nor_deleted(tmp_path: Path) -> None:
    make(tmp_path, "lore.git")
    hub = Repo(tmp_path / "lore.git")
    clone = hub.clone(tmp_path / "clone")
    clone("commit", "--quiet", "--allow-empty", "--message=more")
    clone("push", "--quiet", "origin", BRANCH)
    tip = hub("rev-parse", BRANCH)
    clone("reset", "--quiet", "--hard", "HEAD^")
    assert clone.run("push", "--force", "origin", BRANCH).returncode == 1
    assert clone.run("push", "origin", f":{BRANCH}").returncode == 1
    assert hub("rev-parse", BRANCH) == tip


@pytest.mark.parametrize("form", ["{}", "file://{}"])
def test_an_empty_repository_is_laid_out(tmp_path: Path, form: str) -> None:
    repo = bare(tmp_path / "a b.git")
    address = form.format(str(repo.path).replace(" ", "%20") if "://" in form else repo.path)
    hub = make(tmp_path, address)
    assert (hub.made, hub.laid_out) == (False, True)
    assert repo("config", "receive.denyDeletes") == "true"
    assert repo("symbolic-ref", "HEAD") == f"refs/heads/{BRANCH}"


def test_the_group_may_write(tmp_path: Path) -> None:
    make(tmp_path, "lore.git", group=True)
    path = tmp_path / "lore.git"
    assert Repo(path)("config", "core.sharedRepository") in {"group", "1"}
    assert (path / "objects").stat().st_mode & 0o2070 == 0o2070


def test_a_hook_is_written_and_nobody_elses_replaced(tmp_path: Path) -> None:
    hub = make(tmp_path, "lore.git", check=True)
    assert hub.hook is not None
    assert os.access(hub.hook, os.X_OK)
    make(tmp_path, "lore.git", check=True)
    hub.hook.write_text("#!/bin/sh\necho mine\n")
    with pytest.raises(RefusedError):
        make(tmp_path, "lore.git", check=True)
    assert hub.hook.read_text() == "#!/bin/sh\necho mine\n"


def test_what_is_no_place_for_a_hub_is_refused(tmp_path: Path, repo: Repo) -> None:
    repo.commit(**{"a.txt": "a\n"})
    with pytest.raises(RefusedError, match="no bare repository"):
        make(tmp_path, str(repo.path))
    other = bare(tmp_path / "code.git")
    repo("push", "--quiet", str(other.path), "HEAD:main")
    with pytest.raises(RefusedError, match="not empty"):
        make(tmp_path, str(other.path))
    assert other("config", "receive.denyDeletes", ok=False) == ""
    (tmp_path / "file").write_text("")
    with pytest.raises(RefusedError):
        make(tmp_path, "file/lore.git")


def test_what_cannot_be_made_from_here_says_what_to_run(tmp_path: Path) -> None:
    env = {**os.environ, "GIT_SSH_COMMAND": "false"}
    with pytest.raises(RemoteError) as raised:
        create(Plan("git@forge.invalid:srv/lore.git", BRANCH, 1), tmp_path, env)
    assert f"git init --bare --initial-branch={BRANCH} srv/lore.git" in (raised.value.hint or "")
    assert "on forge.invalid" in (raised.value.hint or "")
    assert list(tmp_path.iterdir()) == []
