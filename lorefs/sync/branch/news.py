"""Whether the parts of a cycle have anything to do, told by states and refs alone.

Most cycles find nothing new. What commits, merges and applies is loaded by those that do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lorefs.core.model import TEAM_NAME
from lorefs.sync.site import APPLIED, JUDGED

if TYPE_CHECKING:
    from lorefs.core.judgement import Standing
    from lorefs.sync.branch.branch import Branch
    from lorefs.sync.site import Site


class EveryId:
    """Holds every id."""

    def __contains__(self, _: object) -> bool:
        return True


LOGGED: Final = "sync.logged"  # the last line of the log that a commit names
TAKEN: Final = "sync.ingested"  # the commit of the code branch that was taken in last
ARRIVED: Final = "sync"  # the source in the log of what others did
HELD: Final = "sync.held"  # what the last commit held back: documents of the branch, by id
EVERY_ID: Final = EveryId()  # for entries that may all be withdrawn
Ids = frozenset[str] | EveryId
_DEFAULTS: Final = ("HEAD", "main", "master")


def settled_here(site: Site) -> list[str]:
    """The records that were settled since the last commit; they are closed for everybody."""
    return site.store.log.resolved(int(site.store.state(LOGGED) or "0"))


def reopened_here(site: Site) -> list[str]:
    """The records whose settlement was undone since the last commit; they are open for all."""
    return site.store.log.reopened(int(site.store.state(LOGGED) or "0"))


def is_changed_here(site: Site) -> bool:
    """Whether the rows may say what the branch does not."""
    return bool(site.store.documents.unsynced() or settled_here(site) or reopened_here(site))


def is_changed_there(site: Site, branch: Branch) -> bool:
    """Whether the branch leads to another commit than the rows follow."""
    return branch.tip() not in {None, site.store.state(APPLIED)}


def is_judged(site: Site) -> bool:
    """Whether the rows show the standing of the commit that they follow."""
    return site.store.state(JUDGED) == site.store.state(APPLIED)


def mentions_policy(branch: Branch, before: str | None, oid: str) -> bool:
    """Whether the root document of a commit that is new has the word; few teams have a policy."""
    objects, root = branch.objects, branch.prefix + TEAM_NAME
    hidden = [before] if before and objects.has(before) else []
    trees = {commit.tree for commit in objects.between(hidden, [oid])}
    found = (leaf for tree in trees for leaf in objects.leaves_at(tree, [root]).values())
    return any(b"policy" in data for data in objects.blobs({leaf.oid for leaf in found}).values())


def is_unpoliced(site: Site, branch: Branch) -> bool:
    """Whether nobody ever set a policy, so that all counts; that is noted then."""
    store = site.store
    before, applied = store.state(JUDGED), store.state(APPLIED)
    if applied is None or store.standings.any() or mentions_policy(branch, before, applied):
        return False
    with store.write():
        if store.state(APPLIED) != applied or store.standings.any():
            return False
        store.set_state(JUDGED, applied)
    return True


def standing_here(site: Site) -> Standing | None:
    """What of the rows counts; None, and nothing loaded, where nobody has ever set a policy."""
    judged = site.store.state(JUDGED)
    if judged is None or site.store.standings.get(judged) is None:
        return None
    from lorefs.sync.judging.kept import current

    return current(site.store)


def code_tip(site: Site, branch: Branch) -> str | None:
    """The commit of the code branch whose lore is the team's, None if there is none yet."""
    settings = site.config.sync
    tip = branch.look_up
    if settings.ingest_from:
        return named_tip(branch, settings.ingest_from)
    remote = f"refs/remotes/{settings.remotes[0]}" if settings.remotes else ""
    found = next(filter(None, (tip(f"{remote}/{name}") for name in _DEFAULTS)), None)
    if found is not None or site.git.text("remote"):
        return found
    return next(filter(None, (tip(f"refs/heads/{name}") for name in _DEFAULTS[1:])), None)


def named_tip(branch: Branch, name: str) -> str | None:
    """The commit of a branch of the code, here or as a remote has it, or of a full ref."""
    refs = [name if name.startswith("refs/") else f"refs/heads/{name}", f"refs/remotes/{name}"]
    return next(filter(None, map(branch.look_up, refs)), None)


def untaken_code(site: Site, branch: Branch) -> str | None:
    """The commit of the code branch, if it is another than the one taken in last."""
    store = site.store
    if store.state(APPLIED) is None:
        return None
    code = code_tip(site, branch)
    return None if code == store.state(TAKEN) else code
