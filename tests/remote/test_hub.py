"""An empty repository becomes a hub by whatever way it is reached."""

from __future__ import annotations

import os
from pathlib import Path

from lorefs.remote import GitRemote
from lorefs.repo import Git, locate
from lorefs.sync.branch.create import Plan, create
from tests.gitrepo import Repo

BRANCH = "lorefs-sync"


def test_it_is_laid_out_by_a_push(address: str, bare: Repo, tmp_path: Path) -> None:
    plan = Plan(address, BRANCH, 1_700_000_000)
    first, again = (create(plan, tmp_path, dict(os.environ)) for _ in range(2))
    assert (first.made, first.laid_out, again.laid_out) == (False, True, False)
    assert bare("ls-tree", "-r", BRANCH) == ""
    assert bare("rev-list", "--count", BRANCH) == "1"


def test_whether_it_lets_files_be_left_out(address: str, bare: Repo, repo: Repo) -> None:
    remote = GitRemote(Git(locate(repo.path), dict(os.environ)), address, BRANCH)
    assert not remote.allows_filter()
    bare("config", "uploadpack.allowFilter", "true")
    create(Plan(address, BRANCH, 1_700_000_000), repo.path, dict(os.environ))
    assert remote.allows_filter()
