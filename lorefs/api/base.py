"""What all parts of a workspace stand on: taking in, and changing apart from what others did."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final, Self

from lorefs.store import Origin
from lorefs.sync.report import Report
from lorefs.sync.site import Request, anything_new

if TYPE_CHECKING:
    from collections.abc import Callable

    from lorefs.api.following import Subscription
    from lorefs.config import Config
    from lorefs.core.approval import Moved
    from lorefs.errors import LorefsError
    from lorefs.repo import GitPaths
    from lorefs.store import Store
    from lorefs.sync.branch.here import Here
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

    def take_in(self) -> Report:
        """Take in what changed in known documents; looks at bytes only where nothing did."""
        if not anything_new(self.site):
            return Report()
        return self._taken_in(Request(self._origin("editor")))

    def _taken_in(self, request: Request) -> Report:
        """Take in what people and programs did, and tell what the team's policy kept out."""
        report = self._reconcile(request)
        if report.moved:
            from lorefs.sync.approval import notice

            self._warn(notice(report.moved))
        return report

    def _change(
        self, change: Callable[[Corpus], None], *, discover: bool = False, approve: bool = False
    ) -> Report:
        # what others changed goes into the log apart, or undo would take it back with ours
        if discover:
            self._taken_in(Request(self._origin("editor"), discover=True))
        else:
            self.take_in()
        return self._apart(Request(self._origin(self._source), change, approve=approve))

    def _apply(self, change: Callable[[Corpus, Origin], None]) -> Report:
        """Run a change that names its origin in the log itself.

        It brings back what was there before, so that an approver need not say so twice.
        """
        self.take_in()
        origin = self._origin(self._source)
        return self._apart(Request(origin, lambda corpus: change(corpus, origin), approve=True))

    def _apart(self, request: Request) -> Report:
        """Make a change to what the rows say, and put it onto the sync branch."""
        report = self._reconcile(request)
        self.held = report.moved
        self._commit()
        return report

    def _commit(self) -> None:
        """With sync on, a change is on the sync branch before a command returns."""
        if self.config.sync.enabled:
            done, _ = self.here.commit(self._origin("sync"))
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
        env = self.site.git.env
        return env.get("GIT_AUTHOR_EMAIL") or self.site.git.text(
            "config", "user.email", allowed=(0, 1)
        )

    def _device(self) -> str:
        return self.store.state("device") or ""
