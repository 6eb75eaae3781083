"""Which steps of HEAD are the user's own commits, and which brought what others wrote.

The rules are those of git's reflog messages. `commit: …`, `commit (amend): …` and `commit
(initial): …` are commits of what the user had in the worktree. All else moves HEAD to content
that git put there: switch, pull, merge, `commit (merge)`, reset, stash, rebase, cherry-pick.

A `commit: …` may also be the end of something that git had begun: `revert --no-commit`, a revert
or rebase that stopped at a conflict, `merge --squash`. The reflog alone tells it of a rebase
(by the steps around it), the message that git proposes of most others, and what was seen under
way of some whose message was replaced.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

# An empty message leaves nothing behind the colon, not even the blank.
_COMMIT: Final = re.compile(r"commit(?: \((amend|initial)\))?:(?: |$)")

# The words by which git begins the message of a commit that brings or takes back others'.
_BROUGHT: Final = re.compile(
    r"\A(?:Revert|Reapply) \""
    r"|^Squashed commit of the following:"
    r"|^This reverts commit [0-9a-f]{4}"
    r"|^\(cherry picked from commit [0-9a-f]{4}",
    re.MULTILINE,
)

# `pull --rebase … (start): …` too; before git 2.38 the apply backend used words of its own.
_REBASE: Final = re.compile(r".* \((start|finish|abort)\): |rebase finished: |rebase: aborting")

# Operations that `git commit` ends with a plain `commit: …`.
_ENDED_BY_COMMIT: Final = frozenset({"revert", "cherry-pick", "squash"})

_Kind = Literal["own", "move", "name"]


class Step(NamedTuple):
    """One line of HEAD's reflog: from one commit to another, and git's word for it.

    A commit is "" where HEAD had none. `ended` is the operation that was seen under way right
    before this step, "" if none was.
    """

    before: str
    after: str
    message: str
    ended: str = ""


class Path(NamedTuple):
    """How HEAD got where it is.

    `own` are the user's commits that a move followed, each to be taken against the commit it
    replaced. `base` is the commit that the newest move led to, None if HEAD never moved or is
    on a branch without commits.
    """

    own: tuple[Step, ...]
    base: str | None


def path_of(steps: Sequence[Step], messages: Mapping[str, str] | None = None) -> Path:
    """Sort the steps of HEAD since the last look.

    `messages` are the whole messages of commits, as far as they are known; `undecided` says
    which ones matter.
    """
    kinds = list(_kinds(steps, messages or {}))
    moves = [n for n, kind in enumerate(kinds) if kind == "move"]
    if not moves:
        return Path((), None)
    last = moves[-1]
    own = tuple(step for step, kind in zip(steps[:last], kinds, strict=False) if kind == "own")
    return Path(own, steps[last].after or None)


def undecided(steps: Sequence[Step]) -> tuple[str, ...]:
    """The commits whose whole message may tell more than the line of the reflog."""
    kinds = _kinds(steps, {})
    return tuple(
        step.after
        for step, kind in zip(steps, kinds, strict=True)
        if kind == "own" and step.message.startswith("commit: ")
    )


def _kinds(steps: Sequence[Step], messages: Mapping[str, str]) -> Iterator[_Kind]:
    """What each step was; "name" stands for one that touched no file."""
    rebasing = False
    for n, step in enumerate(steps):
        commit = _COMMIT.match(step.message)
        if commit is None:
            rebasing = _still_rebasing(step.message, rebasing=rebasing)
            yield "name" if _only_names(step) else "move"
            continue
        amend, initial = commit[1] == "amend", commit[1] == "initial"
        brought = step.ended in _ENDED_BY_COMMIT
        if not amend:  # an amended commit adds to a message that says what it was made from
            text = messages.get(step.after) or step.message[commit.end() :]
            brought = brought or rebasing or bool(_BROUGHT.search(text))
        if initial:  # the first of an orphan branch begins with the index of the one before
            brought = brought or n > 0
        yield "move" if brought else "own"


def _only_names(step: Step) -> bool:
    """Whether a step made, renamed or chose a branch without touching a file."""
    if step.message.startswith("checkout: "):
        return step.before == step.after
    # two lines, by way of no commit at all
    return step.message.startswith("Branch: renamed ")


def _still_rebasing(message: str, *, rebasing: bool) -> bool:
    """Whether a rebase goes on behind a step that is no plain commit."""
    if message.startswith("checkout: "):
        return False  # somebody left it with `rebase --quit`, which is not in the log
    step = _REBASE.match(message)
    return rebasing if step is None else step[1] == "start"
