"""Which steps of HEAD are the user's own commits, and which brought what others wrote.

The rules are those of git's reflog messages: `commit: …`, `commit (amend): …` and
`commit (initial): …` are commits of what the user had in the worktree. All else moves HEAD to
content that git put there: switch, pull, merge, reset, rebase, cherry-pick, stash.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

_OWN: Final = re.compile(r"commit(?: \((?:amend|initial)\))?: ")

# `git revert`, `cherry-pick -n` and `merge --squash` may end in a plain `commit:`; the message
# that git proposes says so.
_BROUGHT: Final = re.compile(r"commit(?: \(amend\))?: (?:Revert \"|Reapply \"|Squashed commit of )")


class Step(NamedTuple):
    """One line of HEAD's reflog: from one commit to another, and git's word for it."""

    before: str
    after: str
    message: str

    @property
    def is_own(self) -> bool:
        """Whether it is a commit of what the user wrote."""
        return bool(_OWN.match(self.message)) and not _BROUGHT.match(self.message)


class Path(NamedTuple):
    """How HEAD got where it is.

    `own` are the user's commits that a move followed, each to be taken against the commit it
    replaced. `base` is the commit that the newest move led to, None if HEAD never moved.
    """

    own: tuple[Step, ...]
    base: str | None


def path_of(steps: Sequence[Step]) -> Path:
    """Sort the steps of HEAD since the last look."""
    moves = [n for n, step in enumerate(steps) if not step.is_own and step.before != step.after]
    if not moves:
        return Path((), None)
    last = moves[-1]
    own = tuple(step for step in steps[:last] if step.is_own)
    return Path(own, steps[last].after)
