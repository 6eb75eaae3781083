"""A repository whose team approves of what its documents say."""

from __future__ import annotations

import pytest

from tests.clones import Clone
from tests.gitrepo import Repo
from tests.lore import document, entry

ADA, BOB = "ada@example.invalid", "bob@example.invalid"
POLICY = f"---\npolicy: {{approval: manual, approvers: [{ADA}]}}\n---\n\n"
LORE = POLICY + document(entry(1, "Ants"), entry(2, "Bees", meta="confidence: 0.8"))
TEAM, REVIEW = ".lore.md", ".lore.review.md"


def be(repo: Repo, email: str) -> None:
    """Who works there from now on."""
    repo("config", "user.email", email)


@pytest.fixture
def here(repo: Repo) -> Clone:
    """A worktree of Bob, who may propose; Ada has committed the policy and two entries."""
    be(repo, ADA)
    repo.commit("Our lore", **{TEAM: LORE})
    be(repo, BOB)
    return Clone(repo)


@pytest.fixture
def ada(ada: Clone) -> Clone:
    """Her clone has brought the policy and two entries to the sync branch."""
    ada.write(LORE)
    ada.reconcile(discover=True)
    ada.sync()
    return ada
