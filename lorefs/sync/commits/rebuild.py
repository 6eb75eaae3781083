"""Makes the database again from files and git, and puts it in place only when it is whole."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

from lorefs.core.document import decode
from lorefs.core.merge import Settings, Sides, merge_document
from lorefs.core.model import TEAM_NAME
from lorefs.errors import LorefsError, RefusedError
from lorefs.store import Store
from lorefs.sync.commits.history import base_text, merge_bases, merge_settings, read_history
from lorefs.sync.commits.trees import documents_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lorefs.core.ledger import Discard
    from lorefs.repo import Git

MERGE_LIMIT: Final = 1000  # merge commits whose records are computed again
EPOCH_STEP: Final = 1_000_000  # so many changes to one row are unlikely between two rebuilds


def rebuild(path: Path, fill: Callable[[Store], None], epoch: int) -> None:
    """Fill a new database and put it in the place of the old one.

    Rows start at a new epoch, so that a revision number from before fits no row by chance.
    The old database stays beside the new one as `index.db.old`, whatever state it was in.
    """
    new, old = path.with_name(f"{path.name}.new"), path.with_name(f"{path.name}.old")
    for name in (new, old):
        _remove(name)
    known, device = _known(path)
    with Store(new) as store:
        with store.write():
            store.set_state("epoch", str(max(epoch, known + EPOCH_STEP)))
            if device:  # the same machine goes on
                store.set_state("device", device)
        fill(store)
        store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        store.connection.execute("PRAGMA journal_mode = DELETE")
    if path.exists():
        path.replace(old)
    for suffix in ("-wal", "-shm"):
        leftover = path.with_name(path.name + suffix)
        if leftover.exists():
            leftover.replace(old.with_name(old.name + suffix))
    new.replace(path)


def _known(path: Path) -> tuple[int, str | None]:
    """The highest revision in the old database and its device, 0 and None if it cannot be read."""
    if not path.exists():
        return 0, None
    try:
        with Store(path) as store:
            if store.outbox:
                raise _unsaved()
            found = store.connection.execute("SELECT max(rev) FROM entries").fetchone()[0]
            return int(found or 0), store.state("device")
    except RefusedError:
        raise
    except LorefsError:
        return 0, None


def _unsaved() -> RefusedError:
    return RefusedError(
        "other programs changed rows that are not in a file yet",
        hint="run `lorefs reconcile` first, or move the database away yourself",
    )


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def recorded_merges(git: Git, head: str) -> list[tuple[str, list[Discard]]]:
    """What the merges behind HEAD discarded, by merge commit: each is computed again."""
    found: list[tuple[str, list[Discard]]] = []
    if not head:
        return found
    listing = git.text("rev-list", "--merges", "--parents", f"--max-count={MERGE_LIMIT}", head)
    for line in filter(None, listing.split("\n")):
        commit, *parents = line.split()
        if len(parents) == 2:  # noqa: PLR2004 (an octopus runs no driver)
            with contextlib.suppress(RefusedError):  # a tree that holds what is refused
                discards = _discards(git, parents[0], parents[1])
                if discards:
                    found.append((commit, discards))
    return found


def _discards(git: Git, ours: str, theirs: str) -> list[Discard]:
    left = {blob.path: blob.oid for blob in documents_of(git, ours)}
    right = {blob.path: blob.oid for blob in documents_of(git, theirs)}
    clashing = [path for path in left if path in right and left[path] != right[path]]
    bases = merge_bases(git, ours, theirs) if clashing else []
    root = decode(git.blob(bases[0], TEAM_NAME) or b"") if bases else ""
    settings = merge_settings(root, Settings(on_clash="markers"))
    discards: list[Discard] = []
    for path in clashing:
        sides = Sides(
            base_text(git, bases, path),
            decode(git.blob(ours, path) or b""),
            decode(git.blob(theirs, path) or b""),
        )
        if sides.base in {sides.ours, sides.theirs}:
            continue
        history = read_history(git, path, ours, theirs)
        discards += merge_document(sides, path=path, settings=settings, history=history).discards
    return discards
