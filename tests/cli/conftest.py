"""The command line in a repository with some lore."""

from __future__ import annotations

import pytest

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
