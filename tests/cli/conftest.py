"""The command line in a repository with some lore."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from lorefs.install import init
from lorefs.repo import Git, locate
from tests.cli.terminal import Lorefs
from tests.gitrepo import Repo

FIRST = "019e8d03-3fdf-7c3a-9d1e-2f1f6b1f0a11"
SECOND = "019e8d03-4a10-7b52-8f3c-5d0e9a7c2b44"
THIRD = "019e8d03-55aa-7aaa-9aaa-3c3c3c3c3c3c"

LORE = f"""\
# Lore

### Decision

<!-- lore:{THIRD} -->
<!-- {{status: pending}} -->
* **We ship on Tuesdays**: nobody is on holiday then.

### Gotcha

<!-- lore:{FIRST} -->
<!-- {{confidence: 0.8, tags: [sqlite, wal]}} -->
* **Checkpoints block long readers**: a reader open for minutes keeps the WAL growing.

  Close it in time.

<!-- lore:{SECOND} -->
* **Retries are not idempotent**: the gateway books twice.
"""


@pytest.fixture
def lorefs(repo: Repo) -> Lorefs:
    """The command line in an empty repository."""
    return Lorefs(repo.path)


@pytest.fixture
def lore(repo: Repo, lorefs: Lorefs) -> Lorefs:
    """The command line in a repository with three entries, committed."""
    repo.commit("Our lore", **{".lore.md": LORE})
    return lorefs


Merged = Callable[..., str]

# What two branches did to the first entry, for `merged`.
CONFIDENCE = [("0.8", "0.9")], [("0.8", "0.3")]


@pytest.fixture
def merged(lore: Lorefs, repo: Repo) -> Merged:
    """A function that merges a branch into another, each with its changes, and gives the text."""

    def merge(ours: list[tuple[str, str]], theirs: list[tuple[str, str]]) -> str:
        init(Git(locate(lore.path), os.environ))
        repo("config", "core.hooksPath", "/dev/null")  # the next command does what hooks do
        repo.commit("attributes")
        repo("branch", "topic")
        for branch, changes in (("main", ours), ("topic", theirs)):
            repo("switch", "--quiet", branch)
            text = repo.read(".lore.md")
            for old, new in changes:
                assert old in text
                text = text.replace(old, new)
            repo.commit(f"edit on {branch}", **{".lore.md": text})
        repo("switch", "--quiet", "main")
        repo("merge", "--quiet", "topic")
        return repo.read(".lore.md")

    return merge
