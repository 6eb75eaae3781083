from __future__ import annotations

from pathlib import Path

import pytest

from tests.clones import Clone, Team


@pytest.fixture
def team(tmp_path: Path) -> Team:
    """A bare remote with a first commit of code."""
    found = Team(tmp_path)
    found.seed(**{"README.md": "code\n"})
    return found


@pytest.fixture
def ada(team: Team) -> Clone:
    return team.clone("ada")


@pytest.fixture
def bob(team: Team, ada: Clone) -> Clone:
    del ada
    return team.clone("bob")
