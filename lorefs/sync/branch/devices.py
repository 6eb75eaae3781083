"""The machines that took part in a sync branch, as its commits name them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lorefs.core.message import DEVICE, trailer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lorefs.repo.objects import Commit


class Device(NamedTuple):
    """One machine: a random id, its platform, who last committed there and when (seconds)."""

    id: str
    platform: str
    author: str
    last_commit: int
    commits: int


def devices(commits: Iterable[Commit]) -> list[Device]:
    """The devices behind some commits, the last active one first."""
    found: dict[str, Device] = {}
    for commit in commits:
        ident, _, platform = (trailer(commit.message, DEVICE) or "").partition(" ")
        if not ident:
            continue
        known = found.get(ident)
        newest = known is None or commit.committer.time >= known.last_commit
        found[ident] = Device(
            ident,
            platform if newest or known is None else known.platform,
            commit.author.email if newest or known is None else known.author,
            commit.committer.time if newest or known is None else known.last_commit,
            (known.commits if known else 0) + 1,
        )
    return sorted(found.values(), key=lambda each: (-each.last_commit, each.id))
