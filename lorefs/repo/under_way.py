"""What git is in the middle of in a worktree, told by the files that it keeps till it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from lorefs.repo.locate import GitPaths

Operation = Literal["merge", "rebase", "cherry-pick", "revert", "bisect", "am", "squash"]

# In the order of precedence. Each stands in the git directory of the worktree that it is about.
_SIGNS: Final[tuple[tuple[str, Operation], ...]] = (
    ("MERGE_HEAD", "merge"),
    ("MERGE_AUTOSTASH", "merge"),
    ("rebase-merge", "rebase"),  # with its autostash, if it has one
    ("rebase-apply/applying", "am"),
    ("rebase-apply", "rebase"),
    ("CHERRY_PICK_HEAD", "cherry-pick"),
    ("REVERT_HEAD", "revert"),
    ("BISECT_LOG", "bisect"),
    ("SQUASH_MSG", "squash"),
    # `cherry-pick --no-commit` leaves a proposed message and nothing else
    ("MERGE_MSG", "cherry-pick"),
)
# Between two commits of a series neither HEAD of the above is there, only what is still to do.
_SERIES: Final = "sequencer/todo"


def operation(paths: GitPaths) -> Operation | None:
    """What git is in the middle of in this worktree, None if nothing."""
    folder = paths.git_dir
    for name, found in _SIGNS:
        if (folder / name).exists():
            return found
    try:
        first = (folder / _SERIES).read_bytes().split(b" ", 1)[0]
    except OSError:
        return None
    return "revert" if first == b"revert" else "cherry-pick"
