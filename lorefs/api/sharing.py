"""How a workspace exchanges lore with others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lorefs.api.federating import Federating
from lorefs.core.guests import is_guest
from lorefs.errors import RefusedError
from lorefs.sync.report import Report
from lorefs.sync.site import LAST_SYNC_FAILURE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lorefs.config import Config
    from lorefs.store import RemoteState
    from lorefs.sync.branch.devices import Device
    from lorefs.sync.branch.exchange import Fetch
    from lorefs.sync.branch.gc import Collected
    from lorefs.sync.branch.here import SyncStatus
    from lorefs.sync.branch.preview import Preview
    from lorefs.sync.branch.report import CycleReport, HubReport
    from lorefs.sync.branch.setup import Survey


class Sharing(Federating):
    """The lore of a worktree, exchanged; refused where sync is off."""

    def sync(  # noqa: PLR0913  # what a caller may choose, each by its name
        self,
        *,
        fetch: Fetch = "always",
        rescan: bool = True,
        accept_deletions: bool = False,
        accept_rewrite: bool = False,
        start_fresh: bool = False,
        interactive: bool = False,
        seconds: float | None = None,
        hubs: bool = True,
    ) -> CycleReport:
        """One cycle: take in what changed here, exchange it with the remotes, apply the rest.

        `fetch` says whether remotes are asked for news where nothing waits to be sent: "always"
        by a fetch, "news" by looking at their tips first, or "never"; `seconds` bounds it for
        all of them together. Without `rescan` no file is looked at before: whoever watches them
        has taken them in. With `start_fresh` the first exchange replaces the lore of this
        clone. Trouble with a remote is in the report, not raised: what was committed waits.
        Further `hubs` are fetched after it, where no reader waits for it (`seconds`): "always", and
        with "news" those that were not looked at lately.
        Raises `RefusedError` where sync is off, unless there are further hubs.
        """
        from lorefs.sync.branch.cycle import Wish

        hubs = hubs and seconds is None
        if hubs and self.config.hubs and not self.config.sync.enabled:
            from lorefs.sync.branch.report import CycleReport

            found = self.fetch_hubs(interactive=interactive, due=fetch != "always")
            return CycleReport(hubs=found)
        self._check_sync()
        reconciled = self.take_in() if rescan else Report()
        wish = Wish(fetch, accept_deletions, accept_rewrite, start_fresh)
        try:
            report = self.here.cycle(
                self._origin("sync"), wish, interactive=interactive, seconds=seconds
            )
        finally:
            self.site.tell("", 0, 0)
        self._changed = False
        self._tell(report)
        self._tell_kept(report.arrived)
        if self.config.sync.gc and report.ok:
            from lorefs.sync.branch.gc import collect_if_due

            collect_if_due(self.site, self.here.branch, self._clock())
        looks: tuple[HubReport, ...] = ()
        if hubs and fetch != "never":
            looks = self.fetch_hubs(interactive=interactive, due=fetch == "news")
        self._with_guests(reconciled)
        held = (*reconciled.questions, *self.here.held())
        reconciled = reconciled._replace(questions=held)
        return report._replace(reconciled=reconciled, hubs=looks)

    def traffic(self, report: CycleReport) -> int:
        """The bytes of what a cycle sent and received, as git stores it; asks git."""
        from lorefs.sync.branch.traffic import traffic

        return traffic(self.site.git, report)

    def _tell(self, report: CycleReport) -> None:
        """Tell the user's commands what gave way to others, and what failed."""
        conflicts, failures = report.arrived.conflicts, report.failures
        if conflicts or failures or self.store.state(LAST_SYNC_FAILURE):
            from lorefs.sync.notify import tell

            tell(
                self.site, self._warn, failures=failures, conflicts=conflicts,
                told=LAST_SYNC_FAILURE,
            )  # fmt: skip

    def exchanged_at(self) -> int | None:
        """When all remotes had answered last, None for never; no network."""
        self._check_sync()
        states = self.site.store.remotes
        times = [states.state(remote.slug).success_at for remote in self.here.remotes()]
        return min((at for at in times if at), default=None) if all(times) else None

    def sync_status(self) -> SyncStatus:
        """Where the exchange stands; no network."""
        self._check_sync()
        return self.here.status()

    def remotes(self) -> list[RemoteState]:
        """What is known of each remote, under the names of the settings; () while sync is off."""
        from lorefs.remote import GitRemote

        settings = self.config.sync
        if not settings.enabled:
            return []
        remotes = [GitRemote(self.site.git, name, settings.branch) for name in settings.remotes]
        return [self.store.remotes.state(r.slug)._replace(name=r.name) for r in remotes]

    def is_shared(self, reference: str) -> bool:
        """Whether the sync branch holds an entry, so that others have it or will."""
        self.take_in()
        row = self.store.entries.resolve(reference)
        if not self.config.sync.enabled or is_guest(row.document):
            return False
        branch = self.here.branch
        return row.entry.id in branch.texts(branch.tip(), {row.document}).get(row.document, "")

    def preview_sync(self) -> Preview:
        """What `sync` would do; asks the remotes, and changes nothing."""
        self._check_sync()
        try:
            return self.here.preview()
        finally:
            self.site.tell("", 0, 0)

    def devices(self) -> list[Device]:
        """The machines that took part, the last active one first."""
        self._check_sync()
        return self.here.devices()

    def collect_garbage(self) -> Collected:
        """Pack what the exchange wrote, and drop old refs that it made."""
        from lorefs.sync.branch.gc import collect

        return collect(self.site, self.here.branch, self._clock())

    def survey(self, settings: Mapping[str, str]) -> Survey:
        """What stands here and on the remotes that settings of `sync.*` name; changes nothing.

        Raises `RemoteError` where one does not answer, and `RefusedError` where the branch
        is checked out or holds something else than lore.
        """
        from lorefs.sync.branch.here import Here
        from lorefs.sync.branch.place import follows
        from lorefs.sync.branch.setup import check_branch, survey

        site = self.site._replace(config=_with_sync(self.config, settings))
        here = Here(site)
        try:
            here.check_free()
            found = [(each.name, each.poll()) for each in here.remotes(interactive=True)]
            check_branch(here.branch, (tip for _, tip in found))
            return survey(site, found, already=follows(site, here.branch))
        finally:
            here.close()

    def back_up(self) -> str | None:
        """Keep the shared lore of this clone behind a ref; returns its name, None without lore."""
        from lorefs.sync.branch.setup import back_up

        return back_up(self.site, self.here.branch, self._clock())

    def _check_sync(self) -> None:
        if not self.config.sync.enabled:
            raise RefusedError(
                "sync is off in this clone", hint="`lorefs sync setup` turns it on, step by step"
            )


def _with_sync(config: Config, settings: Mapping[str, str]) -> Config:
    """A configuration with other settings of the exchange."""
    return config._replace(sync=config.sync._replace(**settings))  # type: ignore[arg-type]
