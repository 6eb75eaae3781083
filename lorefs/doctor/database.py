"""The database: whether it can be read, whether its search index and rows say what texts say."""

from __future__ import annotations

from collections import defaultdict
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from lorefs.api import Workspace
from lorefs.core.claim import identify
from lorefs.core.document import decode, parse
from lorefs.core.guests import guest_entries
from lorefs.core.model import TEAM, Entry, directory_of, scope_of
from lorefs.core.source import read_entry
from lorefs.doctor.finding import Finding, Fix
from lorefs.errors import LorefsError
from lorefs.store import (
    BusyDatabaseError,
    CorruptDatabaseError,
    NewerDatabaseError,
    Store,
    digest,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lorefs.doctor.finding import Place

PATIENCE: Final = 1000  # milliseconds to wait for another program


def rebuild(place: Place) -> Fix:
    """Make the database again from files and git; `rebuild` itself keeps the old one.

    The one that was kept by an earlier rebuild gives way to it, and is copied before.
    """

    def act() -> None:
        root, env = place.git.paths.worktree, place.git.env
        Workspace.rebuild(root, env=env, clock=lambda: place.now)

    older = tuple(sorted(place.database.parent.glob(f"{place.database.name}.old*")))
    what = "rebuild the database; the old one stays beside it as index.db.old"
    return Fix(what, older, act)


def _is_empty(place: Place) -> bool:
    """Whether there is nothing yet; to open an empty file would be to begin a database in it."""
    wal = place.database.with_name(f"{place.database.name}-wal")
    files = [file.stat().st_size for file in (place.database, wal) if file.exists()]
    return not place.database.exists() or not any(files)


@contextmanager
def opened(place: Place) -> Iterator[Store | None]:
    """The database; None where there is none that can be read, which `check_database` says."""
    try:
        store = None if _is_empty(place) else Store(place.database)
    except LorefsError:
        store = None
    if store is not None:
        store.connection.execute(f"PRAGMA busy_timeout = {PATIENCE}")
    try:
        yield store
    finally:
        if store is not None:
            store.close()


def check_database(place: Place) -> Iterator[Finding]:
    """Whether the database is there and whole."""
    if _is_empty(place):
        what = "there is no database yet"
        yield Finding("database", "note", what, "any lorefs command makes it")
        return
    try:
        with Store(place.database) as store:
            found = store.connection.execute("PRAGMA integrity_check(3)").fetchall()
            faults = [str(row[0]) for row in found if row[0] != "ok"]
    except NewerDatabaseError as error:
        yield Finding("database", "error", error.message, error.hint or "install a newer lorefs")
        return
    except CorruptDatabaseError as error:
        faults = [error.message]
    for fault in faults:
        what = f"the database is damaged: {fault.partition(chr(10))[0]}"
        yield Finding("database", "error", what, "run `lorefs rebuild`", rebuild(place))


def check_index(place: Place) -> Iterator[Finding]:
    """Whether the search index holds what the rows hold."""
    with opened(place) as store:
        if store is None or store.outbox:
            return  # it follows rows of other programs when these are taken in
        try:
            with store.write():
                _index(store, "integrity-check")
        except BusyDatabaseError:
            return  # `check_locks` says so
        except CorruptDatabaseError:
            fix = Fix("make the search index again", (place.database,), lambda: _mend_index(place))
            what = "the search index does not say what the rows say"
            yield Finding("index", "error", what, "run `lorefs rebuild`", fix)


def _index(store: Store, command: str) -> None:
    """Gives FTS5 a command (https://sqlite.org/fts5.html#special_insert_commands)."""
    rank = 1 if command == "integrity-check" else None  # 1: against the rows, too
    statement = "INSERT INTO entries_fts (entries_fts, rank) VALUES (?, ?)"
    store.connection.execute(statement, (command, rank))


def _mend_index(place: Place) -> None:
    with Store(place.database) as store, store.write():
        _index(store, "rebuild")


def check_rows(place: Place) -> Iterator[Finding]:
    """Whether the rows are those of the documents' texts."""
    with opened(place) as store:
        if store is None or store.outbox:
            return
        texts = _entries(store)
        rows = {row.entry.id: row.entry for row in store.entries.rows()}
    differing = [ident for ident, entry in rows.items() if entry not in texts.get(ident, ())]
    missing = texts.keys() - rows.keys()
    faults = {"differ from their documents": differing, "are missing": missing}
    for words, ids in faults.items():
        if ids:
            what = f"rows that {words}: {len(ids)}"
            yield Finding("rows", "error", what, "run `lorefs rebuild`", rebuild(place))


def _entries(store: Store) -> dict[str, list[Entry]]:
    """The entries of all current texts by id; a copied document has a second one of each."""
    found: dict[str, list[Entry]] = defaultdict(list)
    for state in store.documents.states():
        data = store.documents.current(state.path) or b""
        document = identify(parse(decode(data)), state.path)
        folder, scope = directory_of(state.path), scope_of(state.path) or TEAM
        whole = digest(data) == state.hash
        for block in document.blocks:
            if block.id and whole:
                found[block.id].append(read_entry(block, path=folder, scope=scope))
    for path, text in store.guests.texts():
        for entry in guest_entries(text, path):
            found[entry.id].append(entry)
    return found
