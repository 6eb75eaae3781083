"""Fetches what further hubs have: to be read here, and never written there.

The ref of a hub leads to a commit of it that was checked; from there `sync/guests.py` takes it in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lorefs.errors import GitError, LorefsError
from lorefs.remote import GitRemote
from lorefs.sync.branch.branch import realms
from lorefs.sync.branch.report import HubReport

if TYPE_CHECKING:
    from lorefs.config import Hub
    from lorefs.sync.branch.branch import Branch
    from lorefs.sync.site import Site

INTERVAL: Final = 900_000  # milliseconds between looks that nobody has asked for
MOST_DOCUMENTS: Final = 10_000
MOST_BYTES: Final = 64 << 20


class HubError(GitError):
    """A further hub could not be read; what it had when it was fetched last stays."""


def remote_of(site: Site, hub: Hub, *, interactive: bool = False) -> GitRemote:
    """The hub as a remote."""
    branch = hub.branch or site.config.sync.branch
    return GitRemote(site.git, hub.url, branch, interactive=interactive)


def is_due(site: Site, hub: Hub, now: int) -> bool:
    """Whether it is time to look at a hub again; `now` is in milliseconds."""
    return due_in(site, hub, now) <= 0


def due_in(site: Site, hub: Hub, now: int) -> int:
    """In how many milliseconds it is time to look at a hub again; at once where time went back."""
    state = site.store.remotes.state(remote_of(site, hub).slug)
    since = now - max(state.success_at or 0, state.failure_at or 0)
    return INTERVAL - since if 0 <= since < INTERVAL else 0


def fetch_hub(
    site: Site, branch: Branch, hub: Hub, now: int, *, interactive: bool = False
) -> HubReport:
    """Fetch a hub, check what came, and let its ref lead there.

    Trouble is in the report, and in the remotes table. `branch` is any of this repository.
    """
    remote = remote_of(site, hub, interactive=interactive)
    try:
        news = _fetch(branch.under(hub.prefix), hub, remote)
    except LorefsError as error:
        trouble = _worded(hub, error)
        with site.store.write():
            site.store.remotes.failed(remote.slug, trouble.words or trouble.message, now)
        return HubReport(hub.name, hub.source, error=trouble)
    with site.store.write():
        site.store.remotes.succeeded(remote.slug, branch.look_up(hub.ref), now)
    return HubReport(hub.name, hub.source, news=news)


def _fetch(branch: Branch, hub: Hub, remote: GitRemote) -> bool:
    """Whether the hub had something new."""
    known = branch.look_up(hub.ref)
    if known is not None and remote.poll() == known:
        return False
    tip = remote.fetch()
    if tip is None:
        raise LorefsError(
            f"it has no branch {remote.branch.removeprefix('refs/heads/')}",
            hint=f"`lorefs.hub.{hub.name}.branch` names the branch that holds its lore",
        )
    branch.check_own(tip, known, documents=MOST_DOCUMENTS, size=MOST_BYTES)
    if branch.verified:
        from lorefs.sync.branch.verify import verify

        verify(branch, tip, filter(None, (known,)))
    if tip != known:
        branch.objects.move(hub.ref, tip, known, "lorefs: fetch a hub")
    return tip != known


def _worded(hub: Hub, error: LorefsError) -> HubError:
    words = error.words if isinstance(error, GitError) else ""
    return HubError(
        f"the hub {hub.name} cannot be read: {error.message}",
        words=words,
        hint=f"what it had before stays; see `git config lorefs.hub.{hub.name}.url`"
        if words
        else error.hint,
    )


def realms_of(branch: Branch, hub: Hub) -> list[str]:
    """The realms that a hub holds, as far as it was fetched; "" stands for none."""
    tip = branch.look_up(hub.ref)
    tree = branch.tree(tip)
    found = realms(branch.objects.leaves(tree)) if tree is not None else {}
    return sorted(prefix.removeprefix("realms/").rstrip("/") for prefix in found)


def drop_hub(site: Site, branch: Branch, hub: Hub) -> None:
    """Forget what was fetched of a hub."""
    remote = remote_of(site, hub)
    for ref in (hub.ref, remote.fetched):
        if branch.look_up(ref) is not None:
            branch.objects.drop(ref)
    with site.store.write():
        site.store.remotes.forget(remote.slug)
