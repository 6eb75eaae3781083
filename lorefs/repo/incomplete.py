"""What a clone was told to leave out: old commits (shallow) or files (partial)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lorefs.repo.locate import GitPaths


def shallow_commits(paths: GitPaths) -> frozenset[str]:
    """The commits whose parents are not in a shallow clone; none in a full one."""
    try:
        text = paths.common_dir.joinpath("shallow").read_text("ascii", "replace")
    except OSError:
        return frozenset()
    return frozenset(text.split())


def is_partial(paths: GitPaths) -> bool:
    """Whether git fetches files only when they are needed (`git clone --filter=...`)."""
    return any(paths.common_dir.glob("objects/pack/*.promisor"))
