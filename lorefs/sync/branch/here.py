"""The sync branch of this clone, as its settings say."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from lorefs.config.settings import SIGNED
from lorefs.core.realm import REALMS, SHARED, realm_of
from lorefs.errors import RefusedError
from lorefs.remote import Budget, GitRemote
from lorefs.sync.branch.branch import Branch
from lorefs.sync.branch.cycle import commit_and_apply, cycle, waiting
from lorefs.sync.branch.news import EVERY_ID, HELD
from lorefs.sync.branch.place import settle

if TYPE_CHECKING:
    from lorefs.store import Origin, RemoteState
    from lorefs.sync.branch.cycle import Wish
    from lorefs.sync.branch.devices import Device
    from lorefs.sync.branch.news import Ids
    from lorefs.sync.branch.preview import Preview
    from lorefs.sync.branch.report import Committed, CycleReport
    from lorefs.sync.report import Question, Report
    from lorefs.sync.site import Site


class SyncStatus(NamedTuple):
    """Where the exchange stands: `waiting` commits that a remote lacks, and each remote."""

    branch: str
    tip: str | None
    waiting: int
    remotes: tuple[tuple[str, RemoteState], ...]


class Here:
    """The sync branch of one worktree; opened when it is first needed."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self._remotes: dict[bool, list[GitRemote]] = {}  # what they asked git is kept

    @cached_property
    def branch(self) -> Branch:
        """The branch that the settings name."""
        settings = self.site.config.sync
        prefix = f"{settings.prefix}/" if settings.prefix else ""
        limit = self.site.config.limits.document_size
        return Branch(
            self.site.git,
            settings.branch,
            prefix,
            limit,
            sign=settings.sign,
            verified=settings.verify == SIGNED,
        )

    def remotes(
        self, *, interactive: bool = False, seconds: float | None = None
    ) -> list[GitRemote]:
        """The remotes of the settings. `interactive`: somebody can be asked for a password.

        With `seconds` they have so much time together.
        """
        if seconds is not None:
            return self._remotes_of(interactive=interactive, budget=Budget(seconds))
        if interactive not in self._remotes:
            self._remotes[interactive] = self._remotes_of(interactive=interactive, budget=None)
        return self._remotes[interactive]

    def _remotes_of(self, *, interactive: bool, budget: Budget | None) -> list[GitRemote]:
        settings = self.site.config.sync
        return [
            GitRemote(
                self.site.git, name, settings.branch, interactive=interactive, budget=budget,
                only=self._only(name),
            )
            for name in settings.remotes
        ]  # fmt: skip

    def _only(self, remote: str) -> tuple[str, ...] | None:
        """The directories whose files are fetched from a hub that may leave out the others."""
        settings = self.site.config.sync
        if realm_of(settings.prefix) is None:
            return None
        key = f"remote.{remote}.promisor"
        if self.site.git.text("config", "--type=bool", key, allowed=(0, 1)) != "true":
            return None
        return f"{settings.prefix}/", f"{REALMS}{SHARED}/"

    def load(self) -> None:
        """Load what a cycle needs that finds something to do, while nobody waits for it."""
        import lorefs.sync.branch.arrive
        import lorefs.sync.branch.commit  # noqa: F401  # it is there then

        _ = self.branch.objects

    def close(self) -> None:
        """Close what was opened."""
        if "branch" in self.__dict__:
            self.branch.close()

    def commit(self, origin: Origin, withdraw: Ids = frozenset()) -> tuple[Committed, Report]:
        """Put what changed here onto the branch; no network.

        Entries of `withdraw` (ids) may be deleted for others because they are restricted now.
        """
        self._be_ready()
        return commit_and_apply(self.site, self.branch, origin, withdraw=withdraw)

    def held(self) -> tuple[Question, ...]:
        """What is restricted now and would be deleted for others, until somebody confirms it."""
        if not (self.site.store.state(HELD) or self.site.store.documents.unsynced()):
            return ()
        from lorefs.sync.branch.terms import questions

        return questions(self.site, self.branch)

    def withdraw(self, origin: Origin) -> None:
        """Delete for others what is restricted now; no network."""
        self.commit(origin, EVERY_ID)

    def cycle(
        self,
        origin: Origin,
        wish: Wish,
        *,
        interactive: bool = False,
        seconds: float | None = None,
    ) -> CycleReport:
        """Commit, exchange, apply; the remotes have `seconds` together."""
        self._be_ready()
        remotes = self.remotes(interactive=interactive, seconds=seconds)
        return cycle(self.site, self.branch, remotes, origin, wish)

    def status(self) -> SyncStatus:
        """Where the exchange stands; no network."""
        remotes = self.remotes()
        states = self.site.store.remotes
        return SyncStatus(
            self.branch.name,
            self.branch.tip(),
            waiting(self.site, self.branch, remotes),
            tuple((remote.name, states.state(remote.slug)) for remote in remotes),
        )

    def preview(self) -> Preview:
        """What a cycle would do; asks the remotes, and writes nothing."""
        from lorefs.sync.branch.preview import preview

        self.check_free()
        return preview(self.site, self.branch, self.remotes())

    def devices(self) -> list[Device]:
        """The machines that committed to the branch, the last active one first."""
        from lorefs.sync.branch.devices import devices

        tip = self.branch.tip()
        return devices(self.branch.objects.between([], [tip])) if tip else []

    def _be_ready(self) -> None:
        self.check_free()
        settle(self.site, self.branch)

    def check_free(self) -> None:
        """A branch that is checked out would have its files left behind."""
        head = self.branch.checked_out()
        if head is not None:
            raise RefusedError(
                f"the sync branch {self.branch.name} is checked out",
                path=str(head),
                hint="`git switch` to another branch in that worktree; lorefs moves this one",
            )
