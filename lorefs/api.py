"""The Python API: a worktree's lore, read and changed with the guarantees of the command line."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Final, Self

from lorefs.config import Config, load_worktree
from lorefs.core.document import decode
from lorefs.core.model import PERSONAL, TEAM, Entry, document_path
from lorefs.errors import ConflictError, RefusedError, UsageError
from lorefs.repo import Git, GitPaths, head_oid, locate
from lorefs.store import ALL, Change, Filter, Hit, Origin, Row, Store
from lorefs.sync.report import Report
from lorefs.sync.site import Request, SavedMeanwhileError, Site, anything_new

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from lorefs.errors import LorefsError
    from lorefs.sync.branch.devices import Device
    from lorefs.sync.branch.here import Here, Preview, SyncStatus
    from lorefs.sync.branch.report import CycleReport
    from lorefs.sync.branch.setup import Survey
    from lorefs.sync.conflicts import Conflicts
    from lorefs.sync.corpus import Corpus
    from lorefs.sync.past import Past

DATABASE: Final = "index.db"
TRIES: Final = 8  # how often a change gives way to a save that comes right before it
CATEGORY: Final = "Note"  # of new entries that name none
OWN_SOURCES: Final = ("cli", "mcp", "api", "sql", "editor")


@dataclass(frozen=True, slots=True)
class Status:
    """What `lorefs status` tells."""

    entries: int
    documents: tuple[str, ...]
    report: Report
    open_conflicts: int
    sync: bool


class Workspace:
    """The lore of one worktree.

    Every method first takes in what changed in files and rows, so that what it returns is
    true; only `status` says what could not be taken in. Times are milliseconds since 1970.
    Use it as a context manager.
    """

    def __init__(
        self,
        site: Site,
        paths: GitPaths,
        clock: Callable[[], int],
        source: str,
        warn: Callable[[LorefsError], None] = lambda _: None,
    ) -> None:
        self.site = site
        self.paths = paths
        self.root = paths.worktree
        self.config: Config = site.config
        self.store: Store = site.store
        self._clock = clock
        self._source = source
        self._warn = warn

    @classmethod
    def open(
        cls,
        start: Path,
        *,
        env: Mapping[str, str],
        clock: Callable[[], int],
        source: str = "api",
        step: Callable[[str], None] = lambda _: None,
        warn: Callable[[LorefsError], None] = lambda _: None,
    ) -> Self:
        """The workspace around a directory.

        `clock` gives milliseconds since 1970, `source` is what the log names for changes made
        here, `warn` gets what goes wrong beside the work. Raises `NotARepositoryError` outside
        of a worktree, `NewerDatabaseError` and `CorruptDatabaseError` for a database that
        cannot be used.
        """
        paths = locate(start)
        git = Git(paths, env)
        config = load_worktree(paths.worktree, paths.git_dir, paths.common_dir, env)
        paths.lorefs_dir.mkdir(exist_ok=True)
        store = Store(paths.lorefs_dir / DATABASE)
        return cls(Site(git, store, config, step), paths, clock, source, warn)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the database, and the sync branch if it was opened."""
        if "here" in self.__dict__:
            self.here.close()
        self.store.close()

    # ---- the sync branch

    @cached_property
    def here(self) -> Here:
        """The sync branch of this clone; opening it loads libgit2."""
        from lorefs.sync.branch.here import Here

        return Here(self.site)

    def sync(
        self,
        *,
        fetch: bool = True,
        rescan: bool = True,
        accept_deletions: bool = False,
        accept_rewrite: bool = False,
        start_fresh: bool = False,
        interactive: bool = False,
    ) -> CycleReport:
        """One cycle: take in what changed here, exchange it with the remotes, apply the rest.

        With `fetch` the remotes are asked for news even where nothing waits to be sent. Without
        `rescan` no file is looked at before: whoever watches them has taken them in. With
        `start_fresh` the first exchange replaces the lore of this clone. Trouble
        with a remote is in the report, not raised: what was committed waits. Raises
        `RefusedError` where sync is off.
        """
        from lorefs.sync.branch.cycle import Wish

        self._check_sync()
        reconciled = self.take_in() if rescan else Report()
        wish = Wish(fetch, accept_deletions, accept_rewrite, start_fresh)
        report = self.here.cycle(self._origin("sync"), wish, interactive=interactive)
        return replace(report, reconciled=reconciled)

    def sync_status(self) -> SyncStatus:
        """Where the exchange stands; no network."""
        self._check_sync()
        return self.here.status()

    def preview_sync(self) -> Preview:
        """What `sync` would do; asks the remotes, and changes nothing."""
        self._check_sync()
        return self.here.preview()

    def devices(self) -> list[Device]:
        """The machines that took part, the last active one first."""
        self._check_sync()
        return self.here.devices()

    def survey(self, settings: Mapping[str, str]) -> Survey:
        """What stands here and on the remote that settings of `sync.*` name; changes nothing."""
        from lorefs.sync.branch.here import Here
        from lorefs.sync.branch.setup import survey

        site = replace(self.site, config=_with_sync(self.config, settings))
        return survey(site, Here(site).remotes(interactive=True)[0])

    def back_up(self) -> str | None:
        """Keep the shared lore of this clone behind a ref; returns its name, None without lore."""
        from lorefs.sync.branch.setup import back_up

        return back_up(self.site, self.here.branch, self._clock())

    def _check_sync(self) -> None:
        if not self.config.sync.enabled:
            raise RefusedError(
                "sync is off in this clone", hint="`lorefs sync setup` turns it on, step by step"
            )

    def _commit(self) -> None:
        """With sync on, a change is on the sync branch before a command returns."""
        if self.config.sync.enabled:
            self.here.commit(self._origin("sync"))

    # ---- reading

    def reconcile(
        self, *, restore: bool = False, accept_deletions: bool = False, discover: bool = False
    ) -> Report:
        """Take in what changed; look for new documents everywhere with `discover`.

        `restore` writes missing files again, `accept_deletions` deletes their entries.
        """
        request = Request(
            self._origin("editor"),
            restore=restore,
            accept_deletions=accept_deletions,
            discover=discover,
        )
        return self._reconcile(request)

    def entries(self, where: Filter = ALL) -> list[Row]:
        """The rows of a filter."""
        self.take_in()
        return self.store.entries.rows(where)

    def get(self, reference: str) -> Row:
        """The entry whose id is, starts or ends with `reference`."""
        self.take_in()
        return self.store.entries.resolve(reference)

    def search(self, query: str, where: Filter = ALL, limit: int = 20) -> list[Hit]:
        """The best hits of a full-text query, whatever its syntax."""
        self.take_in()
        return self.store.search.find(query, where, limit)

    def similar(self, reference: str, limit: int = 10) -> list[Hit]:
        """The entries most like an entry, or like a text."""
        self.take_in()
        try:
            entry = self.store.entries.resolve(reference).entry
        except UsageError:
            return self.store.search.similar(reference, limit=limit)
        text = f"{entry.title} {entry.content}"
        return self.store.search.similar(text, without=entry.id, limit=limit)

    def log(self, reference: str | None = None, limit: int | None = 50) -> list[Change]:
        """The newest changes first, of one entry or of all."""
        from lorefs.sync.past import logged_id

        self.take_in()
        entry = None if reference is None else logged_id(self.store, reference)
        return self.store.log.changes(entry=entry, limit=limit)

    def documents(self) -> dict[str, str]:
        """The texts of all shared documents as they are now, by path."""
        self.take_in()
        known = self.store.documents
        shared = [state.path for state in known.states() if state.scope != PERSONAL]
        return {path: decode(known.current(path) or b"") for path in shared}

    def status(self) -> Status:
        """Where things stand, with what could not be taken in."""
        report = self.take_in()
        return Status(
            self.store.entries.count(),
            tuple(state.path for state in self.store.documents.states()),
            report,
            len(self.conflicts.open()),
            self.config.sync.enabled,
        )

    # ---- changing

    def add(
        self,
        title: str,
        *,
        content: str = "",
        category: str | None = None,
        tags: Sequence[str] = (),
        confidence: float = 1.0,
        path: str = "",
        personal: bool = False,
    ) -> Row:
        """Add an entry to the document of a directory, which has to exist."""
        from uuid_utils import uuid7

        scope = PERSONAL if personal else TEAM
        entry = Entry(
            str(uuid7()), title, content, category or CATEGORY,
            path.strip("/"), scope, confidence, tags=tuple(sorted(set(tags))),
        )  # fmt: skip
        self._check_directory(entry.path)
        target = document_path(entry.path, scope)

        def change(corpus: Corpus) -> None:
            from lorefs.core import edit

            self._check_writable(corpus, target)
            corpus.after[target] = edit.insert(corpus.document(target), entry)

        self._change(change, discover=self.store.documents.state(target) is None)
        return self.store.entries.resolve(entry.id)

    def update(
        self, reference: str, changes: Mapping[str, Any], *, if_rev: int | str | None = None
    ) -> Row:
        """Set fields of an entry: those of `Entry`, `tags_add` and `tags_remove`.

        `if_rev` is the `rev` or the `hash` that was read; raises `ConflictError` with the
        current row if the entry is another by now, and nothing is written.
        """
        from lorefs.core import edit

        def change(corpus: Corpus) -> None:
            row = self.store.entries.resolve(reference)
            _check_rev(row, if_rev)
            wanted = _fields(row.entry, changes)
            if wanted:
                corpus.edit(
                    row.document,
                    row.entry.id,
                    lambda d: edit.replace_fields(d, row.entry.id, wanted),
                )

        self.take_in()
        ident = self.store.entries.resolve(reference).entry.id
        self._change(change)
        return self.store.entries.resolve(ident)

    def remove(self, references: Sequence[str]) -> list[Row]:
        """Delete entries; returns their last rows."""
        from lorefs.core import edit

        rows = [self.get(reference) for reference in references]

        def change(corpus: Corpus) -> None:
            for row in rows:
                ident = row.entry.id
                corpus.edit(row.document, ident, partial(edit.remove, ident=ident))

        self._change(change)
        return rows

    def move(self, reference: str, directory: str) -> Row:
        """Move an entry to the document of another directory; its id stays."""
        directory = directory.strip("/")
        self._check_directory(directory)
        row = self.get(reference)
        target = document_path(directory, row.entry.scope)

        def change(corpus: Corpus) -> None:
            self._check_writable(corpus, target)
            if target != row.document:
                corpus.move(row.entry.id, row.document, target)

        self._change(change, discover=self.store.documents.state(target) is None)
        return self.store.entries.resolve(row.entry.id)

    def undo(self, count: int = 1) -> list[Change]:
        """Revert the newest own changes, as new changes; later edits of other fields stay."""
        from lorefs.sync.undo import undo_batch

        self.take_in()
        undone: list[Change] = []
        for batch in self.store.log.batches(OWN_SOURCES, count):
            self._apply(partial(undo_batch, self.store, batch))
            undone += batch
        return undone

    @cached_property
    def conflicts(self) -> Conflicts:
        """The ledger: what automatic resolutions discarded, and how to settle it."""
        from lorefs.sync.conflicts import Conflicts

        return Conflicts(self.site, self.take_in, self._apply)

    @cached_property
    def past(self) -> Past:
        """What entries were at a revision, in a commit or at a time, and how to bring it back."""
        from lorefs.sync.past import Past

        return Past(self.site, self.take_in, self._apply)

    def publish(self, paths: Sequence[str] = ()) -> list[str]:
        """Write what arrived from others into tracked files, all or some; returns those written.

        With sync off no file lags behind but one that could not be written before.
        """
        request = Request(self._origin("editor"), restore=True)
        if self.config.sync.enabled:
            from lorefs.sync.branch.publish import Publication

            self.take_in()
            publish = Publication(self.site, self.here.branch, paths)
            request = Request(self._origin("editor"), publish=publish)
        report = self._reconcile(request)
        return [path for path in report.written if not paths or path in paths]

    @classmethod
    def rebuild(cls, start: Path, *, env: Mapping[str, str], clock: Callable[[], int]) -> Report:
        """Make the database again from files and git; the old one is kept as `index.db.old`.

        What never reached a file or a commit is lost with it: the log, and resolutions.
        """
        from lorefs.sync.rebuild import rebuild, recorded_merges

        paths = locate(start)
        git = Git(paths, env)
        config = load_worktree(paths.worktree, paths.git_dir, paths.common_dir, env)
        paths.lorefs_dir.mkdir(exist_ok=True)
        reports: list[Report] = []

        def fill(store: Store) -> None:
            workspace = cls(Site(git, store, config), paths, clock, "api")
            reports.append(workspace.reconcile(discover=True))
            head = head_oid(paths)
            with store.write():
                for commit, discards in recorded_merges(git, head):
                    store.ledger.record(discards, clock(), commit)

        rebuild(paths.lorefs_dir / DATABASE, fill, clock() // 1000)
        return reports[0]

    # ---- inside

    def take_in(self) -> Report:
        """Take in what changed in known documents; looks at bytes only where nothing did."""
        if not anything_new(self.site):
            return Report()
        return self._reconcile(Request(self._origin("editor")))

    def _change(self, change: Callable[[Corpus], None], *, discover: bool = False) -> Report:
        # what others changed goes into the log apart, or undo would take it back with ours
        if discover:
            self.reconcile(discover=True)
        else:
            self.take_in()
        return self._apart(Request(self._origin(self._source), change))

    def _apply(self, change: Callable[[Corpus, Origin], None]) -> Report:
        """Run a change that names its origin in the log itself."""
        self.take_in()
        origin = self._origin(self._source)
        return self._apart(Request(origin, lambda corpus: change(corpus, origin)))

    def _apart(self, request: Request) -> Report:
        """Make a change to what the rows say; a save that comes in between is taken in first."""
        for _ in range(TRIES):
            try:
                report = self._reconcile(request)
            except SavedMeanwhileError:
                self.take_in()
            else:
                self._commit()
                return report
        raise RefusedError(
            "files or rows keep changing, so nothing was changed", hint="try again later"
        )

    def _reconcile(self, request: Request) -> Report:
        from lorefs.sync.notify import reconcile_and_tell  # readers rarely need it

        return reconcile_and_tell(self.site, request, self._warn)

    def _origin(self, source: str) -> Origin:
        from uuid_utils import uuid7

        now = self._clock()
        return Origin(source, self._actor, now, str(uuid7()), self._device(), "")

    @cached_property
    def _actor(self) -> str:
        """Who changes entries here: the author that a commit would have."""
        env = self.site.git.env
        return env.get("GIT_AUTHOR_EMAIL") or self.site.git.text(
            "config", "user.email", allowed=(0, 1)
        )

    def _device(self) -> str:
        return self.store.state("device") or ""

    def _check_directory(self, path: str) -> None:
        if {"..", ".git"} & set(path.split("/")) or not (self.root / path).is_dir():
            raise UsageError(
                f"{path} is no directory of this worktree", found=path, hint="make it first"
            )

    def _check_writable(self, corpus: Corpus, target: str) -> None:
        """A file that could not be taken in must not be written over."""
        known = self.store.documents.state(target)
        if known is None and target not in corpus.after and (self.root / target).exists():
            raise RefusedError(
                f"{target} could not be read, so nothing is added to it",
                path=target,
                hint="see `lorefs status`",
            )


def _check_rev(row: Row, expected: int | str | None) -> None:
    if expected is not None and str(expected) not in {str(row.rev), row.hash}:
        raise ConflictError(
            f"{row.entry.id} has changed: it is at revision {row.rev} now, not {expected}",
            current=row,
            hint="read it again, and repeat the edit on what it says now",
        )


def _fields(entry: Entry, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that really change."""
    wanted = {key: value for key, value in changes.items() if not key.startswith("tags_")}
    add, gone = set(changes.get("tags_add", ())), set(changes.get("tags_remove", ()))
    if add or gone:
        wanted["tags"] = tuple(sorted((set(wanted.get("tags", entry.tags)) | add) - gone))
    return {key: value for key, value in wanted.items() if getattr(entry, key, None) != value}


def _with_sync(config: Config, settings: Mapping[str, str]) -> Config:
    """A configuration with other settings of the exchange."""
    return config._replace(sync=config.sync._replace(**settings))  # type: ignore[arg-type]
