"""Repositories of one user, with a home of their own."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from lorefs.api import Workspace
from tests.gitrepo import Repo
from tests.lore import document, entry

SHOWN = "cross_project: true"
STORE = document(
    entry(1, "Tabs", "Indent with tabs.", SHOWN),
    entry(2, "Diary", "Of nobody's business."),
    category="Preference",
)


@dataclass(frozen=True, slots=True)
class User:
    """Somebody with a home directory."""

    home: Path

    @property
    def env(self) -> dict[str, str]:
        return {"HOME": str(self.home), "XDG_DATA_HOME": str(self.home / "data")}

    @property
    def store(self) -> Path:
        return self.home / "data" / "lorefs" / "personal" / ".lore.md"

    def write(self, text: str) -> None:
        self.store.parent.mkdir(parents=True, exist_ok=True)
        self.store.write_text(text, encoding="utf-8")

    def open(self, repo: Repo) -> Workspace:
        return opened(repo, self.env)


def opened(repo: Repo, env: Mapping[str, str]) -> Workspace:
    return Workspace.open(
        repo.path,
        env={**os.environ, **env},
        clock=lambda: repo.clock.tick(1) * 1000,
        source="cli",
    )


@pytest.fixture
def user(tmp_path: Path) -> User:
    """A user with an own store of two entries, one of which is shown everywhere."""
    found = User(tmp_path / "home")
    found.write(STORE)
    return found


@pytest.fixture
def project(make_repo: Callable[..., Repo]) -> Repo:
    """A repository with an entry of its own."""
    repo = make_repo("project")
    repo.commit("base", **{".lore.md": document(entry(9, "Ours", "The project's own."))})
    return repo


def titles(workspace: Workspace, source: str | None = None) -> list[str]:
    from lorefs.store import Filter

    return sorted(row.entry.title for row in workspace.entries(Filter(source=source)))
