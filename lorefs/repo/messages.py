"""The messages of commits."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lorefs.repo.git import Git


def commit_messages(git: Git, commits: Sequence[str]) -> dict[str, str]:
    """The whole messages of commits by their ids, without those that are gone."""
    if not commits:
        return {}
    stdin = "".join(f"{commit}\n" for commit in commits).encode()
    arguments = ("log", "-z", "--no-walk", "--ignore-missing", "--stdin", "--format=%H%n%B")
    records = git.run(*arguments, stdin=stdin).decode("utf-8", "replace").split("\0")
    lines = (record.partition("\n") for record in records if record)
    return {commit: message for commit, _, message in lines}
