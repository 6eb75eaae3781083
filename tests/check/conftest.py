"""The check in a repository."""

from __future__ import annotations

import pytest

from tests.cli.terminal import Lorefs
from tests.gitrepo import Repo


@pytest.fixture
def lorefs(repo: Repo) -> Lorefs:
    """The command line in an empty repository."""
    return Lorefs(repo.path)
