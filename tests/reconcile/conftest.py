from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest

from lorefs.api import Workspace
from tests.gitrepo import Repo
from tests.lore import document, entry

BASE = document(
    entry(1, "Alpha", "The alpha text."),
    entry(2, "Beta", "The beta text."),
    entry(3, "Gamma", "The gamma text."),
)


def opened(repo: Repo, env: dict[str, str] | None = None) -> Workspace:
    """A workspace on a repository, as another process would open it."""
    ticks = iter(range(1_700_000_000_000, 1_800_000_000_000))
    return Workspace.open(
        repo.path, env={**os.environ, **(env or {})}, clock=lambda: next(ticks), source="cli"
    )


@pytest.fixture
def team(repo: Repo) -> Repo:
    """A repository whose HEAD holds a document with three entries."""
    repo.commit("base", **{".lore.md": BASE})
    return repo


@pytest.fixture
def workspace(team: Repo) -> Iterator[Workspace]:
    """A workspace that has taken the document in."""
    with opened(team) as found:
        found.reconcile()
        yield found


Opened = Callable[..., Workspace]
