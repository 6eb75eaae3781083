"""Writes the files that lag behind their rows: beside them before rows change, then in place."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Self

from lorefs.errors import DocumentError, StoreError, UnwritableError
from lorefs.sync.report import Waiting
from lorefs.worktree import (
    ChangedMeanwhileError,
    Known,
    MissingDirectoryError,
    discard,
    put_in_place,
    recover,
    stage,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from lorefs.errors import LorefsError
    from lorefs.sync.report import Report
    from lorefs.sync.site import Site
    from lorefs.worktree import Staged


class Files:
    """The files of one reconcile that are being replaced.

    `staged` holds None for a document that has neither text nor file; `late` names those that
    somebody saved meanwhile. Use it as a context manager: it leaves no file behind.
    """

    def __init__(self, site: Site) -> None:
        self.site = site
        self.staged: dict[str, Staged | None] = {}
        self.written: list[str] = []
        self.late: list[str] = []
        self.waiting: list[Waiting] = []
        self.refusals: list[LorefsError] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for staged in filter(None, self.staged.values()):
            discard(staged)

    def stage(self, intended: Mapping[str, str | None], wanted: AbstractSet[str]) -> None:
        """Write the intended texts beside their files; `intended` has the files' hashes.

        Raises what `worktree.stage` raises for a document that is `wanted`: then nothing was
        changed yet. The others are not why anybody came here; they wait for a later run.
        """
        site = self.site
        documents = site.store.documents
        limit = site.config.limits.document_size
        for path, expected in intended.items():
            data = documents.pending(path)
            if data is None:
                continue
            if not data and expected is None:
                self.staged[path] = None
                continue
            try:
                self.staged[path] = stage(
                    site.git.paths.worktree, path, data, expected, site.step, limit
                )
            except MissingDirectoryError:
                if path in wanted:
                    raise
                documents.put_pending(path, None)
                self.waiting.append(Waiting(path, "its directory is not here"))
            except (UnwritableError, DocumentError) as error:
                if path in wanted:
                    raise
                self.refusals.append(error)

    def put_in_place(self) -> None:
        """Exchange the files, and note each that was."""
        for path, staged in self.staged.items():
            try:
                if staged is not None:
                    put_in_place(staged, self.site.step)
            except ChangedMeanwhileError:
                self.late.append(path)
                continue
            except (UnwritableError, DocumentError) as error:
                self.refusals.append(error)
                continue
            self.site.step("note the file")
            # the rows are written and so is the file; what is not noted the next run sees
            with contextlib.suppress(StoreError):
                self._note(path)
            self.written.append(path)

    def reported(self, report: Report) -> Report:
        """A report of the rows, with what became of the files."""
        return report._replace(
            written=(*report.written, *self.written),
            waiting=(*report.waiting, *self.waiting),
            refusals=(*report.refusals, *self.refusals),
        )

    def _note(self, path: str) -> None:
        store = self.site.store
        with store.write():
            data = store.documents.pending(path)
            store.documents.put_replaced(path, store.documents.worktree_base(path))
            store.documents.put_worktree_base(path, data)
            store.documents.put_pending(path, None)
            store.documents.put_lag(path, None)


def recover_files(site: Site) -> Iterator[DocumentError]:
    """Clear away what a killed process left beside the known documents; see `recover`."""
    known = {
        state.path: Known(state.hash, state.worktree_hash, state.pending_hash)
        for state in site.store.documents.states()
    }
    return recover(site.git.paths.worktree, known, site.config.limits.document_size)
