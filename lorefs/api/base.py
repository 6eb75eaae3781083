"""What all parts of a workspace stand on: taking in, and changing apart from what others did."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final, Self

from lorefs.errors import LorefsError
from lorefs.store import Origin
from lorefs.sync.guests import take_in_guests, user_store
from lorefs.sync.report import Report
from lorefs.sync.site import Request, anything_new, is_filter_changed

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from lorefs.api.following import Subscription
    from lorefs.config import Config
    from lorefs.core.approval import Moved
    from lorefs.repo import GitPaths
    from lorefs.store import Store
    from lorefs.sync.branch.here import Here
    from lorefs.sync.branch.news import Ids
    from lorefs.sync.corpus import Corpus
    from lorefs.sync.site import Site

DATABASE: Final = "index.db"


class Base:
    """An opened worktree; `held` is what the last change through it was not let do."""

    held: tuple[Moved, ...] = ()

    def __init__(
        self,
        site: Site,
        paths: GitPaths,
        clock: Callable[[], int],
        source: str,
        warn: Callable[[LorefsError], None] = lambda _: None,
        after_change: Callable[[Site, int], object] = lambda *_: None,
    ) -> None:
        self.site = site
        self.paths = paths
        self.root = paths.worktree
        self.config: Config = site.config
        self.store: Store = site.store
        self._clock = clock
        self._source = source
        self._warn = warn
        self._after_change = after_change
        self._changed = False  # since the last exchange
        self._forgets = True  # what the settings, which may be old later on, do not name
        self._subscriptions: list[Subscription] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the database, the sync branch if it was opened, and what waits for changes."""
        try:
            for each in self._subscriptions:
                each.close()
            if self._changed:
                self._after_change(self.site, self._clock())
        finally:
            if "here" in self.__dict__:
                self.here.close()
            self.store.close()

    @cached_property
    def here(self) -> Here:
        """The sync branch of this clone; opening it loads libgit2."""
        from lorefs.sync.branch.here import Here

        return Here(self.site)

    def take_in(self, documents: Collection[str] | None = None) -> Report:
        """Take in what changed in known documents; looks at bytes only where nothing did.

        Entries that stand elsewhere are taken in, too. Whoever watches all files names the
        `documents` that events told of, and no other file is looked at unless there is another
        reason.
        """
        report = Report()
        if anything_new(self.site, documents):
            named = None if documents is None else frozenset(documents)
            report = self._taken_in(Request(self._origin("editor"), named=named))
        if self.config.sync.enabled and is_filter_changed(self.site):
            try:
                self._commit()  # the rows follow the filter then
            except LorefsError as error:  # else nobody could read any more
                self._warn(error)
        return self._with_guests(report)

    def _taken_in(self, request: Request) -> Report:
        """Take in what people and programs did, and tell what the team's policy kept out."""
        report = self._reconcile(request)
        self._tell_kept(report)
        return report

    def _tell_kept(self, report: Report) -> None:
        """Tell what the team's policy kept out."""
        if report.moved:
            from lorefs.sync.reconcile.approval import notice

            self._warn(notice(report.moved))

    def _with_guests(self, report: Report) -> Report:
        """The report, once the guests follow their sources, with what could not be read there."""
        troubles = take_in_guests(
            self.site,
            user_store(self.site.git.env),
            lambda: self.here.branch,
            lambda: Origin("guest", "", self._clock(), ""),
            forget=self._forgets,
        )
        self._forgets = False
        return report._replace(refusals=(*report.refusals, *troubles)) if troubles else report

    def _change(
        self,
        change: Callable[[Corpus], None],
        *,
        discover: bool = False,
        approve: bool = False,
        withdraw: Ids = frozenset(),
        look: Callable[[], None] = lambda: None,
        origin: Origin | None = None,
    ) -> Report:
        # what others changed goes into the log apart, or undo would take it back with ours
        if discover:
            self._taken_in(Request(self._origin("editor"), discover=True))
        else:
            self.take_in()
        origin = origin or self._origin(self._source)
        request = Request(origin, change, approve=approve)
        return self._apart(request, withdraw, look)

    def _apply(self, change: Callable[[Corpus, Origin], None]) -> Report:
        """Run a change that names its origin in the log itself.

        It brings back what was there before, so that an approver need not say so twice.
        """
        self.take_in()
        origin = self._origin(self._source)
        return self._apart(Request(origin, lambda corpus: change(corpus, origin), approve=True))

    def _apart(
        self,
        request: Request,
        withdraw: Ids = frozenset(),
        look: Callable[[], None] = lambda: None,
    ) -> Report:
        """Make a change to what the rows say, and put it onto the sync branch.

        `look` is called in between: a filter may hide what was changed. What keeps the branch
        from having it yet is a warning.
        """
        report = self._reconcile(request)
        self.held = report.moved
        look()
        try:
            self._commit(withdraw)
        except LorefsError as error:  # what was changed is: to do it again would do it twice
            self._warn(error)
        self._with_guests(report)
        return report

    def _commit(self, withdraw: Ids = frozenset()) -> None:
        """With sync on, a change is on the sync branch before a command returns.

        Entries of `withdraw` (ids) may be deleted for others because they are restricted now.
        """
        if self.config.sync.enabled:
            try:
                done, arrived = self.here.commit(self._origin("sync"), withdraw)
            finally:
                self.site.tell("", 0, 0)
            self._tell_kept(arrived)
            self._changed = self._changed or done.new

    def _reconcile(self, request: Request) -> Report:
        from lorefs.sync.notify import reconcile_and_tell  # readers rarely need it

        try:
            report = reconcile_and_tell(self.site, request, self._warn)
        finally:
            self.site.tell("", 0, 0)
        self._changed = self._changed or bool(report.changes)
        return report

    def _origin(self, source: str) -> Origin:
        from uuid_utils import uuid7

        now = self._clock()
        return Origin(source, self._actor, now, str(uuid7()), self._device(), "")

    @cached_property
    def _actor(self) -> str:
        """Who changes entries here: the author that a commit would have."""
        git = self.site.git
        return git.env.get("GIT_AUTHOR_EMAIL") or git.configured("user.email")

    def _device(self) -> str:
        return self.store.state("device") or ""
