"""One opening of a worktree: its workspace, its source of events, and its sync cycle.

It ends when what it stands on is another: the worktree or the database was replaced, or the
settings were changed. The loop then opens the next one.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, Self

from lorefs.config import load_worktree
from lorefs.core.model import directory_of
from lorefs.core.schedule import over_ssh
from lorefs.repo import head_signature
from lorefs.watch.backup import Backups
from lorefs.watch.cycle import Worker
from lorefs.watch.hubs import Hubs
from lorefs.watch.power import seconds
from lorefs.watch.watcher import watcher_for

if TYPE_CHECKING:
    from pathlib import Path

    from lorefs.api import Workspace
    from lorefs.core.schedule import Batch
    from lorefs.sync.report import Report
    from lorefs.watch.cycle import Cycles
    from lorefs.watch.hubs import Looks
    from lorefs.watch.messages import Tell

NOMINATE: Final = 10.0  # seconds between two looks for what is worth promoting, at least
NOMINATE_SHARE: Final = 100  # and so many times what the last one took
LOGGED: Final = 1000  # lines of the log that are read to see who changed something
_NOT_OURS: Final = frozenset({"sync"})  # what came from the remote need not go there


class Session:
    """A worktree while nothing below it changes. Use it as a context manager."""

    def __init__(
        self, workspace: Workspace, cycles: Cycles, tell: Tell, backups: Cycles, hubs: Looks
    ) -> None:
        self.workspace = workspace
        self.git = workspace.site.git
        cycle = cycles(workspace)
        self.worker = None if cycle is None else Worker(cycle, tell)
        self.backups = Backups(workspace, backups(workspace), tell)
        self.hubs = Hubs(workspace, hubs(workspace), tell)
        self.watcher = watcher_for(self.git, tell)
        self._identity = self._identify()
        self._rows = workspace.store.data_version
        self._head = head_signature(workspace.paths)
        self._logged = self._last_logged()
        self._nominate_at = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.watcher.stop()
        if self.worker is not None:
            self.worker.stop()
        self.backups.stop()
        self.hubs.stop()
        self.workspace.close()

    # ---- what polling tells

    @property
    def lost(self) -> bool:
        """Whether the worktree, its git directory or its database is not the one opened."""
        found = self._identify()
        return found != self._identity or None in found  # gone already while it was opened

    def rows_changed(self) -> bool:
        """Whether another connection has written since the last look."""
        before, self._rows = self._rows, self.workspace.store.data_version
        return self._rows != before

    def head_moved(self) -> bool:
        """Whether HEAD, its log or what git is at is another than at the last look."""
        before, self._head = self._head, head_signature(self.workspace.paths)
        return self._head != before

    def git_is_busy(self) -> bool:
        """Whether a git command holds the index, as a checkout does while it writes files."""
        return (self.workspace.paths.git_dir / "index.lock").exists()

    def settings_changed(self) -> bool:
        """Whether other settings hold by now; raises `ConfigError` for what cannot be."""
        paths = self.workspace.paths
        config = load_worktree(paths.worktree, paths.git_dir, paths.common_dir, self.git.env)
        return config._replace(origins={}) != self.workspace.config._replace(origins={})

    def over_ssh(self) -> bool:
        """Whether the remote is reached by ssh."""
        remote = self.workspace.config.sync.remote
        allowed = (0, 1, 2, 128)
        return over_ssh(self.git.text("remote", "get-url", remote, allowed=allowed) or remote)

    # ---- work

    def recover(self, *, anew: bool) -> None:
        """Watch the directories that there are now; `anew` after lost events."""
        known = (directory_of(state.path) for state in self.workspace.store.documents.states())
        self.watcher.recover(dict.fromkeys(("", *known)), anew=anew)

    def take(self, batch: Batch) -> Report:
        """Take in what a batch is about: the known documents, and all others where needed."""
        documents = batch.documents | self.watcher.cover(sorted(batch.directories))
        known = self.workspace.store.documents
        if batch.wide or any(known.state(path) is None for path in documents):
            return self.workspace.reconcile(discover=True)
        if batch.directories or self.watcher.limited:  # what went with a directory nobody named
            return self.workspace.take_in()
        return self.workspace.take_in(documents)

    def nominate(self, now: float) -> None:
        """Bring the list of nominations up to date, where that is wanted and was long ago."""
        if self.workspace.config.suggest.auto and now >= self._nominate_at:
            started = seconds()
            self.workspace.nominate()
            took = seconds() - started
            self._nominate_at = now + max(NOMINATE, took * NOMINATE_SHARE)

    def changed_here(self) -> bool:
        """Whether somebody on this machine changed an entry since the last call."""
        changes = self.workspace.store.log.changes(since=self._logged, limit=LOGGED)
        if changes:
            self._logged = changes[0].seq
        return any(change.source not in _NOT_OURS for change in changes)

    def _last_logged(self) -> int:
        changes = self.workspace.store.log.changes(limit=1)
        return changes[0].seq if changes else 0

    def _identify(self) -> tuple[tuple[int, int] | None, ...]:
        paths = self.workspace.paths
        database = paths.lorefs_dir / "index.db"
        return tuple(map(_identity, (paths.worktree, paths.git_dir, database)))


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file or directory stands at a path, whatever it was called before."""
    try:
        found = os.stat(path, follow_symlinks=False)  # noqa: PTH116  # no pathlib on every tick
    except OSError:
        return None
    return found.st_dev, found.st_ino
