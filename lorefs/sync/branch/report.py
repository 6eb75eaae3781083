"""What one cycle of the sync branch did, and what stopped it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lorefs.sync.report import NOTHING

if TYPE_CHECKING:
    from lorefs.core.judgement import Doubt, Standing
    from lorefs.errors import LorefsError
    from lorefs.sync.branch.hubs import HubError
    from lorefs.sync.report import Question, Report


class Committed(NamedTuple):
    """The tip of the branch afterwards, and whether there is a new commit in it."""

    tip: str | None
    new: bool


class Exchange(NamedTuple):
    """How it went with one remote.

    `error` says why it ended early; then what was committed waits. `sent` and `received` count
    commits. `since` is the commit that the remote was last seen at before, and `tip` the one
    that both have now.
    """

    remote: str
    tip: str | None = None
    sent: int = 0
    received: int = 0
    merged: int = 0
    tries: int = 0
    error: LorefsError | None = None
    since: str | None = None


class HubReport(NamedTuple):
    """How it went with a further hub, which is only read: whether it had `news`, or the error."""

    hub: str
    source: str
    news: bool = False
    error: HubError | None = None


class CycleReport(NamedTuple):
    """The outcome of a cycle.

    `committed` tells of a new commit of what was changed here, `reconciled` what files brought,
    `arrived` what came from others. `waiting` counts the commits that some remote lacks, and
    `questions` what has to be confirmed before anything more is applied. `refusal` says why
    nothing was taken from the code branch. `hubs` are no part of it all: one that cannot be read
    is no trouble of the team's. `standing` tells what counts by the policy of the team, if it
    ever had one, and `doubts` what does not since this cycle.
    """

    tip: str | None = None
    committed: bool = False
    reconciled: Report = NOTHING
    arrived: Report = NOTHING
    exchanges: tuple[Exchange, ...] = ()
    questions: tuple[Question, ...] = ()
    refusal: LorefsError | None = None
    waiting: int = 0
    hubs: tuple[HubReport, ...] = ()
    standing: Standing | None = None
    doubts: tuple[Doubt, ...] = ()

    @property
    def failures(self) -> tuple[LorefsError, ...]:
        """What went wrong with the exchange."""
        errors = [each.error for each in self.exchanges if each.error is not None]
        return (*errors, *([] if self.refusal is None else [self.refusal]))

    @property
    def troubles(self) -> tuple[LorefsError, ...]:
        """All that went wrong."""
        return (*self.failures, *self.reconciled.refusals)

    @property
    def ok(self) -> bool:
        """Whether all remotes have everything, and nobody has to be asked."""
        return not (self.questions or self.refusal) and all(
            each.error is None for each in self.exchanges
        )
