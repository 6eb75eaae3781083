"""What the database keeps of standings: derived from git, and marked in the rows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from lorefs.core.judgement import ANYTHING, Doubt, Standing, combined
from lorefs.core.policy import Policy
from lorefs.sync.site import APPLIED, JUDGED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lorefs.store import Store


def current(store: Store) -> Standing:
    """The standing that the rows show; where no policy was ever set, everything counts."""
    oid = store.state(JUDGED)
    data = store.standings.get(oid) if oid else None
    return ANYTHING if data is None else read(data)


def policy_in_force(store: Store) -> Policy | None:
    """The policy that judges the next commit on the sync branch; whoever it names may approve.

    Not what the root document says: a policy that nobody entitled has set does not count. None
    where nobody has ever set one, and where the commit that the rows follow is not judged yet.
    """
    oid = store.state(JUDGED)
    if not oid or oid != store.state(APPLIED) or store.standings.get(oid) is None:
        return None
    return combined(current(store).policies)


def keep(store: Store, oid: str, found: Mapping[str, Standing]) -> None:
    """Note the standing of the commit that the rows follow, and what was found on the way.

    Must run inside `Store.write`, after the rows of that commit were written.
    """
    if found:
        store.standings.put({each: write(standing) for each, standing in found.items()})
    store.set_state(JUDGED, oid)
    mark(store)


def mark(store: Store) -> None:
    """Make the rows say what their standing is. Must run inside `Store.write`."""
    store.entries.mark(current(store).unapproved)


def known(store: Store) -> dict[str, Standing]:
    """All standings that are kept, by commit, the newest first."""
    return {oid: read(data) for oid, data in store.standings.all().items()}


def write(standing: Standing) -> str:
    """A standing as JSON."""
    if standing == ANYTHING:
        return "{}"
    # in ASCII: an author may bear a name that is no UTF-8, which SQLite does not take
    return json.dumps({"policies": standing.policies, "doubts": list(standing.doubts.values())})


def read(data: str) -> Standing:
    """A standing from JSON that `write` made."""
    found = json.loads(data)
    doubts = [Doubt._make((*most, tuple(last))) for *most, last in found.get("doubts", ())]
    policies = (Policy(word, tuple(names)) for word, names in found.get("policies", ()))
    return Standing(tuple(policies), {doubt.entry: doubt for doubt in doubts})
