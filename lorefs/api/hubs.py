"""How a workspace joins a hub of many projects, and what it brings to the team there."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from lorefs.api.changing import Changing
from lorefs.api.sharing import Sharing
from lorefs.core.model import PERSONAL, TEAM, directory_of, document_path
from lorefs.core.realm import realm_of
from lorefs.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from lorefs.core.document import Document
    from lorefs.core.offer import Choice, Offer, Step
    from lorefs.store import Row
    from lorefs.sync.branch.join import Left, Look, Wanted
    from lorefs.sync.branch.members import Member
    from lorefs.sync.corpus import Corpus


HISTORY: Final = "reading history"


class HubStatus(NamedTuple):
    """Where a realm stands: how many `entries` the team has here, and who takes part.

    `realms` counts the documents of each realm of the hub. `met_at` is in milliseconds since
    1970, None for never. `waiting` counts commits that the hub lacks, and `failure` says why the
    last exchange failed.
    """

    address: str
    remote: str
    branch: str
    realm: str
    realms: dict[str, int]
    entries: int
    members: int
    met_at: int | None
    waiting: int
    failure: str


class Hubs(Changing, Sharing):
    """The lore of a worktree in a realm of a hub."""

    @property
    def realm(self) -> str | None:
        """The realm that this clone has joined, None for none."""
        settings = self.config.sync
        return realm_of(settings.prefix) if settings.enabled else None

    def look_at_hub(self, wanted: Wanted, directory: Path) -> Look:
        """What joining a hub would meet; a path is relative to `directory`. Changes nothing.

        Raises `RefusedError` where sync is on already, `RealmError` for a name that no realm can
        have, and `RemoteError` where the hub does not answer.
        """
        from lorefs.sync.branch.join import look

        return look(self.site, self.here.branch, wanted, directory)

    def join_hub(self, found: Look) -> tuple[list[str], str | None]:
        """Turn the exchange with a hub on: what was done, in words, and a backup ref if any.

        Nothing is sent. Open the workspace again, for it goes by the settings of before, and
        `sync`. Raises `RefusedError` where the sync branch is checked out.
        """
        from lorefs.sync.branch.join import join

        self.here.check_free()
        return join(self.site, self.here.branch, found, self._clock())

    def leave_hub(self) -> Left:
        """Take back what joining did; the lore stays here. Raises `RefusedError` outside."""
        from lorefs.sync.branch.join import leave

        self.check_joined()
        self.take_in()
        self.here.check_free()
        return leave(self.site, self.here.branch, self._clock())

    def check_joined(self) -> str:
        """The realm; raises `RefusedError` where this clone has joined no hub."""
        if self.realm is None:
            raise RefusedError(
                "this clone has joined no hub", hint="`lorefs team join URL` joins one"
            )
        return self.realm

    def hub_status(self) -> HubStatus:
        """Where the realm of this clone stands; no network. Raises `RefusedError` outside."""
        realm = self.check_joined()
        from lorefs.sync.branch.members import count_members
        from lorefs.sync.branch.realms import documents_by_realm

        self.take_in()
        branch, sync = self.here.branch, self.here.status()
        found = documents_by_realm(branch, sync.tip)
        (name, state), *_ = sync.remotes
        return HubStatus(
            address=self.site.git.text("config", f"remote.{name}.url", allowed=(0, 1)) or name,
            remote=name,
            branch=branch.name,
            realm=realm,
            realms={each: len(paths) for each, paths in found.items()},
            entries=sum(row.entry.scope != PERSONAL for row in self._own_rows()),
            members=count_members(branch, sync.tip),
            met_at=state.success_at,
            waiting=sync.waiting,
            failure=state.words if state.failures else "",
        )

    def members(self) -> list[Member]:
        """Who takes part in the realm of this clone, the last active one first; no network."""
        self.check_joined()
        from lorefs.sync.branch.members import members

        def tell(done: int, total: int) -> None:
            self.site.tell(HISTORY, done, total)

        try:
            return members(self.here.branch, self.here.branch.tip(), tell)
        finally:
            self.site.tell("", 0, 0)

    def _own_rows(self) -> list[Row]:
        """The rows of documents of this worktree; entries of elsewhere are not its own."""
        own = {state.path for state in self.store.documents.states()}
        return [row for row in self.store.entries.rows() if row.document in own]

    def offers(self) -> list[Offer]:
        """The personal entries of this clone beside what the team has."""
        from lorefs.core.offer import offers

        self.take_in()
        entries = [row.entry for row in self._own_rows()]
        personal = (entry for entry in entries if entry.scope == PERSONAL)
        team = (entry for entry in entries if entry.scope != PERSONAL)
        return offers(personal, team, self.config.check.similarity)

    def take_offers(self, chosen: Sequence[tuple[Offer, Choice]]) -> int:
        """Bring personal entries to the team as chosen, all as one change; how many steps."""
        from lorefs.core.offer import steps

        found = steps(chosen)
        if found:
            self._change(partial(self._take_steps, found))
        return len(found)

    def _take_steps(self, found: Sequence[Step], corpus: Corpus) -> None:
        from lorefs.core import edit
        from lorefs.core.offer import Promote

        places = {row.entry.id: row.document for row in self.store.entries.rows()}
        for step in found:
            source = places[step.id]
            if isinstance(step, Promote):
                target = document_path(directory_of(source), TEAM)
                self._check_writable(corpus, target)
                corpus.move(step.id, source, target)
                places[step.id] = target
                continue
            values = {"tags": step.tags, "relations": step.relations}
            set_values = partial(_with_values, ident=step.into, values=values)
            corpus.edit(places[step.into], step.into, set_values)
            if step.gone:
                corpus.edit(source, step.id, partial(edit.remove, ident=step.id))


def _with_values(document: Document, *, ident: str, values: Mapping[str, object]) -> Document:
    from lorefs.core import edit

    return edit.replace_fields(document, ident, values)
