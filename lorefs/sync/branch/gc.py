"""Keeps the repository small: packs what the exchange wrote, and drops old refs of its own.

Objects that libgit2 writes never make git collect garbage. Packing does not touch what is not
behind the sync branch, deletes nothing that is not in a pack, and changes no setting.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from lorefs.errors import GitError
from lorefs.remote import GitRemote
from lorefs.repo.incomplete import is_partial
from lorefs.sync.branch.branch import BACKUPS, FETCHED

if TYPE_CHECKING:
    from lorefs.sync.branch.branch import Branch
    from lorefs.sync.site import Site

HUBS: Final = "refs/lorefs/hubs"
DAY: Final = 86_400_000  # milliseconds
KEPT_DAYS: Final = 90
LOOSE: Final = 2000  # objects in files of their own, past which a sync packs them
COLLECTED: Final = "gc.at"
_SAMPLE: Final = "17"  # one of 256 directories stands for all, as in git's own estimate


class Collected(NamedTuple):
    """How many objects lost a file of their own, and the refs that were dropped."""

    packed: int
    dropped: tuple[str, ...]


def collect(site: Site, branch: Branch, now: int) -> Collected:
    """Pack, drop refs older than 90 days and those of hubs that are read no more.

    `now` is in milliseconds.
    """
    dropped = tuple(ref for ref in _refs(branch) if _is_old(site, ref, now))
    for ref in dropped:
        branch.objects.drop(ref)
    with site.store.write():
        site.store.set_state(COLLECTED, str(now))
    return Collected(_pack(branch), dropped)


def collect_if_due(site: Site, branch: Branch, now: int) -> None:
    """The same after a sync: once a day, and if loose objects have become many."""
    last = site.store.state(COLLECTED)
    if last is not None and now - int(last) < DAY:
        return
    sample = branch.git.paths.common_dir / "objects" / _SAMPLE
    many = sample.is_dir() and 256 * sum(1 for _ in sample.iterdir()) > LOOSE
    if last is not None and not many:
        return
    with suppress(GitError):  # nobody asked for it; `lorefs gc` says what is wrong
        collect(site, branch, now)


def _refs(branch: Branch) -> list[str]:
    return branch.git.text("for-each-ref", "--format=%(refname)", BACKUPS, FETCHED, HUBS).split()


def _is_old(site: Site, ref: str, now: int) -> bool:
    name = ref.rpartition("/")[2]
    if ref.startswith(f"{HUBS}/"):
        return ref not in {hub.ref for hub in site.config.hubs}
    if ref.startswith(f"{BACKUPS}/"):
        made = name.partition("-")[0]  # its time, in milliseconds
        return made.isdecimal() and now - int(made) > KEPT_DAYS * DAY
    settings = site.config.sync
    if name in {GitRemote(site.git, each, settings.branch).slug for each in settings.remotes}:
        return False
    state = site.store.remotes.state(name)
    return now - max(state.success_at or 0, state.failure_at or 0) > KEPT_DAYS * DAY


def _pack(branch: Branch) -> int:
    """Put the loose objects behind the sync branch and its refs into one pack."""
    git = branch.git
    tips = "".join(f"{ref}\n" for ref in [branch.ref, *_refs(branch)] if branch.objects.tip(ref))
    if not tips:
        return 0
    before = _loose(branch)
    partial = ["--exclude-promisor-objects"] if is_partial(git.paths) else []
    pack = git.paths.common_dir / "objects" / "pack" / "pack"
    git.run(
        "pack-objects", "--revs", "--unpacked", "--non-empty", "--quiet", "--delta-base-offset",
        *partial, str(pack), stdin=tips.encode(),
    )  # fmt: skip
    git.run("prune-packed", "--quiet")
    return max(0, before - _loose(branch))


def _loose(branch: Branch) -> int:
    return int(branch.git.text("count-objects").partition(" ")[0])
