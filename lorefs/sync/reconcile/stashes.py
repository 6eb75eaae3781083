"""A popped or applied stash is no news: what the team has since changed gives way to the team.

Git puts a stash back without a trace in HEAD's reflog. It shows in `refs/stash`, or in entries
that stand in the file as they stand in a stash.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lorefs.sync.site import APPLIED

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from lorefs.core.document import Block
    from lorefs.sync.site import Site

STASHES: Final = "stashes"  # those that were listed at the last reconcile
LIMIT: Final = 50  # stashes that are looked at, the newest ones
_UNTRACKED: Final = "^3"  # the parent of a stash that holds untracked files


def stashed(site: Site, paths: Collection[str]) -> Stashes | None:
    """The stashes that may have brought what the files say now; None where there are none."""
    applied = site.store.state(APPLIED)
    if not (site.config.sync.enabled and applied and paths):
        return None
    before = (site.store.state(STASHES) or "").split()
    now = listed(site)
    return Stashes(site, applied, now, before) if {*before, *now} else None


def listed(site: Site) -> list[str]:
    """The commits of all stashes, the newest first; they stand in the reflog of `refs/stash`."""
    log = site.git.paths.common_dir / "logs" / "refs" / "stash"
    try:
        lines = log.read_text("utf-8", "replace").splitlines()
    except FileNotFoundError:
        return []
    return [line.split(" ", 2)[1] for line in reversed(lines)][:LIMIT]


def put_aside(site: Site) -> bool:
    """Whether something was stashed since the last reconcile.

    On a detached HEAD no reflog tells it from an edit that takes everything back.
    """
    now = listed(site) if site.config.sync.enabled else []
    return bool(now) and now[0] not in (site.store.state(STASHES) or "").split()


def note_stashes(site: Site) -> None:
    """Remember the stashes that are listed now."""
    if site.config.sync.enabled:
        site.store.set_state(STASHES, " ".join(listed(site)))


class Stashes:
    """The stashes listed now and at the last reconcile."""

    def __init__(self, site: Site, applied: str, now: Sequence[str], before: Sequence[str]) -> None:
        self.site = site
        self.applied = applied
        self.changed = list(now) != list(before)
        self.commits = list(dict.fromkeys((*now, *before)))

    def news(self, path: str, text: str, base: str, current: str) -> str:
        """A file's text without what a stash brought back of what the sync branch changed."""
        from lorefs.core.precedence import news_of
        from lorefs.sync.commits.history import TreeHistories

        prefix = self.site.config.sync.prefix
        history = TreeHistories(
            self.site.git,
            [{path: side} for side in (text, base, current)],
            self.applied,
            "",
            prefix=f"{prefix}/" if prefix else "",
        )
        held: list[dict[str, str]] = [] if self.changed else self._held(path)

        def concerned(ident: str, block: Block | None) -> bool:
            found = block.text if block is not None else None
            return self.changed or any(each.get(ident) == found for each in held)

        return news_of(path, text, base, current, history, concerned=concerned)

    def _held(self, path: str) -> list[dict[str, str]]:
        """The entries of a document in each stash, by id."""
        from lorefs.core.claim import identify
        from lorefs.core.document import decode, parse

        found = []
        for commit in self.commits:
            for revision in (commit, f"{commit}{_UNTRACKED}"):
                data = self.site.git.blob(revision, path)
                if data is not None:
                    blocks = identify(parse(decode(data)), path).blocks
                    found.append({block.id: block.text for block in blocks if block.id})
        return found
