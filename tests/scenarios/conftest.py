from __future__ import annotations

from pathlib import Path

import pytest

from tests.clones import Clone, Team
from tests.lore import document, entry

BASE = document(
    entry(1, "Alpha", "The alpha text."),
    entry(2, "Beta", "The beta text."),
    entry(3, "Gamma", "The gamma text."),
)


@pytest.fixture
def tracking(tmp_path: Path) -> Team:
    """A bare remote whose main branch holds a document."""
    found = Team(tmp_path)
    found.seed(**{"README.md": "code\n"})
    seed = found.clone("seed-clone", ignored=False, sync=False).repo
    seed.commit("lore", **{".lore.md": BASE})
    seed("push", "-q", "origin", "main")
    return found


@pytest.fixture
def anna(tracking: Team) -> Clone:
    """A clone that tracks its document, with everything exchanged."""
    clone = tracking.clone("anna", ignored=False)
    clone.sync()
    return clone


@pytest.fixture
def ben(tracking: Team, anna: Clone) -> Clone:
    """A second one."""
    del anna
    clone = tracking.clone("ben", ignored=False)
    clone.sync()
    return clone
