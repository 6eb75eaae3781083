"""The tables, as the numbered migrations that make them.

Columns of `entries` bear the names of the entry's fields, because other programs read and
write them through SQL. The texts of documents stand in a table of their own: SQLite reads a
row from its start, and writes all of it again for each change of a hash.
"""

from __future__ import annotations

from typing import Final

from lorefs.store.rows import COLUMNS
from lorefs.store.triggers import TRIGGERS

_FIRST: Final = f"""
CREATE TABLE state (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
-- a database that is made anew must not give out a revision that the one before it gave out
INSERT INTO state VALUES ('epoch', 1 + abs(random() % 1000000000));
INSERT INTO state VALUES ('device', lower(hex(randomblob(8))));

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

-- rows as they were before they were first touched, without types, so that values stay as is
CREATE TABLE outbox (
    pk INTEGER PRIMARY KEY,
    op TEXT NOT NULL,
    {COLUMNS}
);

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
{TRIGGERS}"""

# `synced_hash` is that of the current text when it was last committed to the sync branch.
_SYNC: Final = """
ALTER TABLE documents ADD COLUMN synced_hash TEXT;

CREATE TABLE remotes (
    name TEXT PRIMARY KEY,
    seen TEXT,
    success_at INTEGER,
    failure_at INTEGER,
    failures INTEGER NOT NULL DEFAULT 0,
    words TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
"""


# by its number, a revision of an entry can be found again
_REVISIONS: Final = "ALTER TABLE changes ADD COLUMN rev INTEGER NOT NULL DEFAULT 0;"

_FAILING: Final = "ALTER TABLE remotes ADD COLUMN failing_since INTEGER;"

# what the encrypted backup holds; the text, which is long, stands last
_BACKUPS: Final = """
CREATE TABLE backups (
    kind TEXT NOT NULL,
    realm TEXT NOT NULL,
    path TEXT NOT NULL,
    blob TEXT NOT NULL,
    clock TEXT NOT NULL,
    times TEXT NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (kind, realm, path)
);
"""


# Documents that stand elsewhere, and the ids that another document holds in their place.
_GUESTS: Final = """
CREATE TABLE guests (
    document TEXT PRIMARY KEY,
    source TEXT NOT NULL,
    hash TEXT NOT NULL,
    data BLOB NOT NULL
);
CREATE INDEX guests_by_source ON guests (source, document);
CREATE TABLE guests_hidden (
    id TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (id, document)
) WITHOUT ROWID;
CREATE INDEX guests_hidden_by_document ON guests_hidden (document);
"""


# What git says of who was entitled, derived from the sync branch (docs/judgement.md). Few rows are
# in doubt: the index finds them without reading through the texts that stand before the column.
_STANDING: Final = """
ALTER TABLE entries ADD COLUMN standing TEXT NOT NULL DEFAULT '';
CREATE INDEX entries_in_doubt ON entries (standing) WHERE standing != '';

CREATE TABLE standings (seq INTEGER PRIMARY KEY, oid TEXT UNIQUE NOT NULL, data TEXT NOT NULL);
"""


# an id has one row; where else entries with it stand has to be known when that changes
_COPIES: Final = """
CREATE TABLE copies (
    entry TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (entry, document)
) WITHOUT ROWID;
"""

# times are milliseconds since 1970
_READS: Final = """
CREATE TABLE reads (
    entry TEXT PRIMARY KEY,
    times INTEGER NOT NULL,
    days INTEGER NOT NULL,
    first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL
) WITHOUT ROWID;
"""

# The first makes version 1 of an empty database, the second version 2 of version 1, and so on.
MIGRATIONS: Final = (
    _FIRST,
    _SYNC,
    _REVISIONS,
    _FAILING,
    _BACKUPS,
    _GUESTS,
    _STANDING,
    _COPIES,
    _READS,
)
