"""How a workspace reads the lore of further hubs, to which it never writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lorefs.api.base import Base
from lorefs.errors import GitError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lorefs.config import Hub
    from lorefs.store import RemoteState
    from lorefs.sync.branch.report import HubReport


class Federating(Base):
    """The lore of other hubs, beside that of a worktree."""

    def hubs(self) -> list[tuple[Hub, RemoteState]]:
        """The further hubs of this clone, and how it went with each; no network."""
        from lorefs.sync.branch.hubs import remote_of

        states = self.store.remotes
        return [(hub, states.state(remote_of(self.site, hub).slug)) for hub in self.config.hubs]

    def hubs_due_in(self) -> float:
        """In how many seconds `fetch_hubs(due=True)` would look at one; infinite without hubs."""
        from lorefs.sync.branch.hubs import due_in

        now = self._clock()
        waits = (due_in(self.site, hub, now) for hub in self.config.hubs)
        return min(waits, default=float("inf")) / 1000

    def add_hub(
        self, name: str, url: str, *, realm: str = "", branch: str = "", interactive: bool = False
    ) -> HubReport:
        """Read a realm of a further hub from now on, "" of one that knows no realms.

        `branch` is that of its lore, if it is not called like ours. It is fetched first: raises
        `HubError` where it cannot be read, `UsageError` where it has no such realm, and
        `ConfigError` for a name that none can have; then nothing is changed. The settings are
        those of this clone (`lorefs.hub.NAME.*` in git's configuration).
        """
        from lorefs.config.hubs import hub
        from lorefs.sync.branch.hubs import drop_hub, fetch_hub, realms_of

        if name.lower() in {each.name.lower() for each in self.config.hubs}:
            raise UsageError("there is a hub of this name", found=name, hint="choose another name")
        given = {"url": url, "realm": realm, "branch": branch}
        new = hub(name, **{key: value for key, value in given.items() if value or key == "url"})
        report = fetch_hub(self.site, self.here.branch, new, self._clock(), interactive=interactive)
        known = [] if report.error else realms_of(self.here.branch, new)
        if report.error is not None or realm not in known:
            drop_hub(self.site, self.here.branch, new)
            raise report.error or _no_realm(realm, known)
        for key, value in given.items():
            if value:
                self.site.git.run("config", "--local", f"lorefs.hub.{name}.{key}", value)
        self._read_hubs((*self.config.hubs, new))
        return report

    def remove_hub(self, name: str) -> None:
        """Read a hub no more, and forget what it said; raises `UsageError` for an unknown name."""
        from lorefs.sync.branch.hubs import drop_hub

        found = next((each for each in self.config.hubs if each.name == name), None)
        if found is None:
            raise UsageError("there is no hub of this name", found=name)
        try:
            self.site.git.run("config", "--local", "--remove-section", f"lorefs.hub.{name}")
        except GitError as error:
            raise UsageError(
                "this hub is not one of this clone's own settings",
                found=name,
                hint=f"`git config --show-origin lorefs.hub.{name}.url` says where it is set",
            ) from error
        drop_hub(self.site, self.here.branch, found)
        self._read_hubs(tuple(each for each in self.config.hubs if each is not found))

    def _read_hubs(self, hubs: tuple[Hub, ...]) -> None:
        self.config = self.config._replace(hubs=hubs)
        self.site = self.site._replace(config=self.config)
        self._forgets = True
        self.take_in()

    def fetch_hubs(
        self, names: Sequence[str] | None = None, *, interactive: bool = False, due: bool = False
    ) -> tuple[HubReport, ...]:
        """Fetch further hubs, all or some, with `due` those that were not looked at lately.

        Trouble with one is in its report.
        """
        if not self.config.hubs:
            return ()
        from lorefs.sync.branch.hubs import fetch_hub, is_due

        now = self._clock()
        found = tuple(
            fetch_hub(self.site, self.here.branch, hub, now, interactive=interactive)
            for hub in self.config.hubs
            if (names is None or hub.name in names) and (not due or is_due(self.site, hub, now))
        )
        self.take_in()
        return found


def _no_realm(realm: str, known: Sequence[str]) -> UsageError:
    names = ", ".join(filter(None, known))
    if not known:
        return UsageError("the hub holds no lore yet", hint="add it once it does")
    return UsageError(
        f"the hub has no realm {realm}" if realm else "the hub's lore stands in realms",
        hint=f"name one of {names}" if names else "it has no realms; leave the realm out",
    )
