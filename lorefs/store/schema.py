"""The tables, and the numbered migrations that make them.

Columns of `entries` bear the names of the entry's fields, because other programs read and
write them through SQL. The texts of documents stand in a table of their own: SQLite reads a
row from its start, and writes all of it again for each change of a hash.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lorefs.errors import RefusedError

if TYPE_CHECKING:
    from sqlite3 import Connection

# The row before a foreign write, which is what `entries_fts` holds until it is taken in.
_ROW: Final = """json_object(
    'id', {0}.id, 'title', {0}.title, 'content', {0}.content, 'category', {0}.category,
    'path', {0}.path, 'scope', {0}.scope, 'confidence', {0}.confidence, 'status', {0}.status,
    'sensitivity', {0}.sensitivity, 'tags', {0}.tags, 'relations', {0}.relations,
    'proposed_by', {0}.proposed_by, 'approved_by', {0}.approved_by,
    'approved_hash', {0}.approved_hash, 'extra', {0}.extra, 'document', {0}.document,
    'rev', {0}.rev, 'hash', {0}.hash, 'created_at', {0}.created_at,
    'updated_at', {0}.updated_at, 'updated_by', {0}.updated_by)"""

# While lorefs itself writes, the guard stands in its own transaction; nobody else sees it.
_FOREIGN: Final = "WHEN NOT EXISTS (SELECT 1 FROM state WHERE key = 'writing')"

_FIRST: Final = f"""
CREATE TABLE state (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE entries (
    pk INTEGER PRIMARY KEY,
    id TEXT UNIQUE,
    rev INTEGER NOT NULL DEFAULT 0,
    hash TEXT NOT NULL DEFAULT '',
    document TEXT NOT NULL DEFAULT '',
    category TEXT NOT NULL DEFAULT '',
    path TEXT NOT NULL DEFAULT '',
    scope TEXT NOT NULL DEFAULT 'team',
    confidence REAL NOT NULL DEFAULT 1.0,
    status TEXT NOT NULL DEFAULT 'active',
    sensitivity TEXT NOT NULL DEFAULT 'normal',
    tags TEXT NOT NULL DEFAULT '[]',
    relations TEXT NOT NULL DEFAULT '[]',
    proposed_by TEXT NOT NULL DEFAULT '',
    approved_by TEXT NOT NULL DEFAULT '',
    approved_hash TEXT NOT NULL DEFAULT '',
    extra TEXT NOT NULL DEFAULT '{{}}',
    created_at INTEGER NOT NULL DEFAULT 0,
    updated_at INTEGER NOT NULL DEFAULT 0,
    updated_by TEXT NOT NULL DEFAULT '',
    title TEXT NOT NULL,
    content TEXT NOT NULL DEFAULT ''
);
CREATE INDEX entries_by_document ON entries (document);

CREATE VIRTUAL TABLE entries_fts USING fts5(
    title, content, category, tags,
    content = 'entries', content_rowid = 'pk', tokenize = "unicode61 remove_diacritics 2"
);

CREATE TABLE documents (
    path TEXT PRIMARY KEY,
    scope TEXT NOT NULL,
    hash TEXT NOT NULL,
    worktree_hash TEXT,
    pending_hash TEXT,
    pending_head TEXT NOT NULL DEFAULT '',
    tracked INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

CREATE TABLE texts (
    path TEXT NOT NULL,
    kind TEXT NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (path, kind)
);

CREATE TABLE changes (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    batch TEXT NOT NULL,
    entry TEXT NOT NULL,
    op TEXT NOT NULL,
    field TEXT NOT NULL DEFAULT '',
    before TEXT,
    after TEXT,
    source TEXT NOT NULL,
    actor TEXT NOT NULL,
    device TEXT NOT NULL,
    session TEXT NOT NULL,
    at INTEGER NOT NULL,
    hash TEXT NOT NULL
);
CREATE INDEX changes_by_entry ON changes (entry, seq);

CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    pk INTEGER NOT NULL,
    op TEXT NOT NULL,
    before TEXT
);
CREATE TRIGGER entries_inserted AFTER INSERT ON entries {_FOREIGN}
BEGIN INSERT INTO outbox (pk, op) VALUES (NEW.pk, 'insert'); END;
CREATE TRIGGER entries_updated AFTER UPDATE ON entries {_FOREIGN}
BEGIN INSERT INTO outbox (pk, op, before) VALUES (OLD.pk, 'update', {_ROW.format("OLD")}); END;
CREATE TRIGGER entries_deleted AFTER DELETE ON entries {_FOREIGN}
BEGIN INSERT INTO outbox (pk, op, before) VALUES (OLD.pk, 'delete', {_ROW.format("OLD")}); END;

CREATE TABLE conflicts (
    id TEXT PRIMARY KEY,
    entry TEXT NOT NULL,
    field TEXT NOT NULL,
    base TEXT,
    ours TEXT,
    theirs TEXT,
    chosen TEXT,
    reason TEXT NOT NULL,
    merge_commit TEXT NOT NULL DEFAULT '',
    recorded_at INTEGER NOT NULL,
    resolved_at INTEGER
) WITHOUT ROWID;
"""

MIGRATIONS: Final = (_FIRST,)
VERSION: Final = len(MIGRATIONS)


class NewerDatabaseError(RefusedError):
    """The database was written by a newer lorefs."""


def migrate(connection: Connection) -> None:
    """Bring the tables up to `VERSION`; whoever comes first does it, all others wait.

    Raises `NewerDatabaseError` for a database that a later version has already changed.
    """
    if _version(connection) == VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = _version(connection)
        if version > VERSION:
            raise _newer(version)  # noqa: TRY301
        for number in range(version, VERSION):
            for statement in _statements(MIGRATIONS[number]):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {VERSION}")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _newer(version: int) -> NewerDatabaseError:
    return NewerDatabaseError(
        f"the database has schema version {version}, this lorefs knows {VERSION}",
        hint="install a newer lorefs, or move the database away to have it rebuilt",
    )


def _version(connection: Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _statements(script: str) -> list[str]:
    """The statements of a script; `executescript` would commit between them."""
    from sqlite3 import complete_statement

    statements: list[str] = []
    pending = ""
    for piece in script.split(";"):
        pending += piece + ";"
        if complete_statement(pending):
            statements.append(pending)
            pending = ""
    return [statement for statement in statements if statement.strip(" \n;")]
