"""A branch of somebody else's, of which nothing may be published by looking at it."""

from __future__ import annotations

from tests.clones import DOCUMENT, Clone
from tests.gitrepo import Repo
from tests.lore import entry

THEIRS = "\n" + entry(9, "Theirs", "From a colleague.") + "\n"


def colleague(clone: Clone, name: str = "colleague") -> None:
    """Make a branch with an entry of its own and another value, in a worktree of its own."""
    repo = clone.repo
    path = clone.path.parent / name
    repo("worktree", "add", "-q", "-b", name, str(path))
    text = clone.text().replace("**Beta**", "**Their Beta**") + THEIRS
    Repo(path, repo.clock).commit("their lore", **{DOCUMENT: text})
    repo("worktree", "remove", str(path))
