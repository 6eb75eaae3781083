"""What the driver does once the three texts alone leave a clash: it asks git."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lorefs.core.document import decode
from lorefs.core.merge import MergedDocument, Settings, Sides, merge_document
from lorefs.core.model import TEAM_NAME
from lorefs.repo.git import Git
from lorefs.repo.locate import locate
from lorefs.repo.under_way import operation
from lorefs.sync.commits.history import base_text, merge_bases, merge_settings, read_history

if TYPE_CHECKING:
    from collections.abc import Mapping


def settle(
    sides: Sides[str], path: str, settings: Settings, env: Mapping[str, str]
) -> MergedDocument:
    """Merge with what git knows. `git merge` alone asks the history.

    A cherry-pick, a revert or a rebase says which change to apply; that the other value is
    the newer one is no reason against it.
    """
    git = Git(locate(Path()), env)
    theirs = _merging(git, env)
    if theirs is None:
        # the base is no commit that git would name; at the top it is the root document itself
        root = sides.base if path == TEAM_NAME else decode(git.blob("HEAD", TEAM_NAME) or b"")
        settings = _with_style(git, merge_settings(root, settings), None)
        return merge_document(Sides(*sides), path=path, settings=settings)
    bases = merge_bases(git, "HEAD", theirs)
    base: str | None = sides.base
    if len(bases) > 1:
        base = base_text(git, bases, path)
    root = decode(git.blob(bases[0], TEAM_NAME) or b"") if bases else ""
    settings = _with_style(git, merge_settings(root, settings), theirs)
    history = read_history(git, path, "HEAD", theirs)
    sides_found = Sides(base, sides.ours, sides.theirs)
    return merge_document(sides_found, path=path, settings=settings, history=history)


def _merging(git: Git, env: Mapping[str, str]) -> str | None:
    """The commit that `git merge` merges, None in all other operations."""
    heads = [name.removeprefix("GITHEAD_") for name in env if name.startswith("GITHEAD_")]
    if len(heads) != 1 or operation(git.paths) not in {None, "merge", "squash"}:
        return None
    return heads[0]


def _with_style(git: Git, settings: Settings, theirs: str | None) -> Settings:
    """The user's conflict style, and labels as git gives them."""
    style = git.text("config", "merge.conflictStyle", allowed=(0, 1))
    labels = settings.labels
    if theirs is not None:
        labels = Sides("base", "HEAD", git.env.get(f"GITHEAD_{theirs}") or "theirs")
    return settings._replace(show_base=style in {"diff3", "zdiff3"}, labels=labels)
