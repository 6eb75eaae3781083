"""A worktree's lore, read and changed with the guarantees of the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from lorefs.api.backing_up import BackingUp
from lorefs.api.base import DATABASE
from lorefs.api.following import Following
from lorefs.api.hubs import Hubs
from lorefs.api.importing import Importing
from lorefs.api.promoting import Promoting
from lorefs.config import load_worktree
from lorefs.repo import Git, Seen, head_oid, locate
from lorefs.store import Store
from lorefs.sync.known import Known
from lorefs.sync.site import Site

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from lorefs.errors import LorefsError
    from lorefs.sync.report import Report


class Workspace(Importing, Promoting, Hubs, BackingUp, Following):
    """The lore of one worktree.

    Every method first takes in what changed in files and rows, so that what it returns is
    true; only `status` says what could not be taken in. Times are milliseconds since 1970.
    Use it as a context manager.
    """

    @classmethod
    def open(  # noqa: PLR0913  # what a front door hears is given by name, each by itself
        cls,
        start: Path,
        *,
        env: Mapping[str, str],
        clock: Callable[[], int],
        source: str = "api",
        step: Callable[[str], None] = lambda _: None,
        warn: Callable[[LorefsError], None] = lambda _: None,
        after_change: Callable[[Site, int], object] = lambda *_: None,
        tell: Callable[[str, int, int], None] = lambda *_: None,
    ) -> Self:
        """The workspace around a directory.

        `clock` gives milliseconds since 1970, `source` is what the log names for changes made
        here, `warn` gets what goes wrong beside the work, `after_change` is called when it is
        closed with changes that were not exchanged yet, and `tell` hears the phase that long
        work is in, how much is done, and of how much (0: nobody knows; a phase "" ends it).
        Raises `NotARepositoryError` outside of a worktree, `NewerDatabaseError` and
        `CorruptDatabaseError` for a database that cannot be used.
        """
        paths = locate(start)
        git = Git(paths, env)
        config = load_worktree(paths.worktree, paths.git_dir, paths.common_dir, env)
        paths.lorefs_dir.mkdir(exist_ok=True)
        store = Store(paths.lorefs_dir / DATABASE)
        site = Site(git, store, config, Known(), Seen(), step, tell)
        return cls(site, paths, clock, source, warn, after_change)

    @classmethod
    def rebuild(cls, start: Path, *, env: Mapping[str, str], clock: Callable[[], int]) -> Report:
        """Make the database again from files, git and the sync branch.

        The old one is kept as `index.db.old`.

        What never reached a file or a commit is lost with it: the log, and resolutions.
        """
        from lorefs.sync.commits.rebuild import rebuild, recorded_merges

        paths = locate(start)
        git = Git(paths, env)
        config = load_worktree(paths.worktree, paths.git_dir, paths.common_dir, env)
        paths.lorefs_dir.mkdir(exist_ok=True)
        reports: list[Report] = []

        def fill(store: Store) -> None:
            workspace = cls(Site(git, store, config, Known(), Seen()), paths, clock, "api")
            reports.append(workspace.reconcile(discover=True))
            head = head_oid(paths)
            with store.write():
                for commit, discards in recorded_merges(git, head):
                    store.ledger.record(discards, clock(), commit)
            if config.sync.enabled and workspace.here.branch.tip() is not None:
                workspace._commit()
            workspace.take_in()  # what stands elsewhere
            if "here" in workspace.__dict__:
                workspace.here.close()

        rebuild(paths.lorefs_dir / DATABASE, fill, clock() // 1000)
        return reports[0]
