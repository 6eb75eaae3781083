"""Databases of the shapes that other programs leave, made by the tests themselves."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

LORE = """
CREATE TABLE projects (id TEXT PRIMARY KEY, path TEXT, name TEXT, created_at INTEGER);
CREATE TABLE knowledge (id TEXT PRIMARY KEY, project_id TEXT, category TEXT, title TEXT,
  content TEXT, cross_project INTEGER, confidence REAL, created_at INTEGER, updated_at INTEGER,
  source_session TEXT, metadata TEXT, embedding BLOB);
CREATE TABLE knowledge_refs (from_id TEXT, to_id TEXT);
INSERT INTO projects VALUES ('p1', '{root}', 'ours', 1), ('p2', '/elsewhere', 'theirs', 1);
INSERT INTO knowledge VALUES
 ('019e8d03-3fdf-7c3a-9d1e-2f1f6b1f0a11', 'p1', 'gotcha', 'Readers block', 'See [[made-up]].', 0,
  0.8, 1700000000000, 1700000001000, 'session-1', '{{"seen": [1, 2]}}', x'0001'),
 ('made-up', 'p1', 'decision', 'We ship on Tuesdays', 'Nobody is away.', 0, 1.0, 1700000002000,
  1700000002000, NULL, NULL, NULL),
 ('019e8d03-4a10-7b52-8f3c-5d0e9a7c2b44', 'p2', 'pattern', 'Of another project', 'x', 0, 1, 1, 1,
  NULL, NULL, NULL),
 ('019e8d03-55aa-7aaa-9aaa-3c3c3c3c3c3c', NULL, 'preference', 'Tabs, not spaces', 'Everywhere.', 1,
  1, 1, 1, NULL, NULL, NULL);
INSERT INTO knowledge_refs VALUES
 ('019e8d03-3fdf-7c3a-9d1e-2f1f6b1f0a11', 'made-up'),
 ('019e8d03-3fdf-7c3a-9d1e-2f1f6b1f0a11', 'gone');
"""

LOREHUB = """
CREATE TABLE realms (id TEXT, name TEXT, path TEXT UNIQUE, git_remote TEXT, is_monorepo INTEGER,
  provinces TEXT, last_seen TEXT, created_at TEXT);
CREATE TABLE lores (id TEXT, realm_id TEXT, content TEXT, why TEXT, type TEXT, provinces TEXT,
  sigils TEXT, confidence INTEGER, origin TEXT, status TEXT, created_at TEXT, updated_at TEXT);
CREATE TABLE lore_relations (from_lore_id TEXT, to_lore_id TEXT, type TEXT, strength REAL,
  metadata TEXT, created_at TEXT);
INSERT INTO realms VALUES ('r1', 'ours', '/ours', '', 0, '[]', '', '');
INSERT INTO lores VALUES
 ('l1', 'r1', 'Keys rotate weekly. The job runs on Monday.', 'An audit asked for it.', 'decree',
  '["src", "billing"]', '["security"]', 95, '{"type": "pr", "reference": "#7"}', 'proclaimed',
  '2024-05-01T10:00:00Z', ''),
 ('l2', 'r1', 'Keys never rotate', NULL, 'belief', '[]', '[]', 80, NULL, 'ancient',
  '2023-05-01 10:00:00', '');
INSERT INTO lore_relations VALUES ('l1', 'l2', 'succeeds', 1.0, NULL, '');
"""

TD = """
CREATE TABLE notes (id INTEGER, title TEXT, content TEXT, created_at TEXT, updated_at TEXT,
  pinned INTEGER, archived INTEGER, deleted_at TEXT);
CREATE TABLE issues (id TEXT, title TEXT, description TEXT, status TEXT, type TEXT, priority TEXT,
  labels TEXT, acceptance TEXT, created_at TEXT, updated_at TEXT, closed_at TEXT, deleted_at TEXT);
CREATE TABLE issue_dependencies (issue_id TEXT, depends_on_id TEXT, relation_type TEXT);
INSERT INTO notes VALUES (1, 'Pinned', 'a', '2024-01-01', '', 1, 0, NULL),
 (2, 'Old', 'b', '2024-01-01', '', 0, 1, NULL), (3, 'Gone', 'c', '2024-01-01', '', 0, 0, '2024');
INSERT INTO issues VALUES
 ('td-1', 'Slow start', 'It is slow.', 'open', 'bug', 'P1', 'cli, speed', 'Under a second.',
  '2024-01-01', '', NULL, NULL),
 ('td-2', 'Lazy imports', '', 'closed', 'task', 'P2', '', '', '2024-01-01', '', '2024-02-01', NULL);
INSERT INTO issue_dependencies VALUES ('td-1', 'td-2', 'depends_on');
"""

FACTS = """
CREATE TABLE facts (name TEXT, body TEXT, weight INTEGER, owner TEXT, picture BLOB);
INSERT INTO facts VALUES ('Water is wet', 'Mostly.', 3, 'ada', x'00'), ('Fire is hot', '', 4, NULL,
  NULL);
CREATE TABLE others (x);
"""


def make(path: Path, script: str, root: object = "", *, wal: bool = False) -> Path:
    """A database file that a script makes."""
    with closing(sqlite3.connect(path)) as connection:
        if wal:
            connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(script.replace("{root}", str(root)).replace("{{", "{").replace(
            "}}", "}"))  # fmt: skip
        connection.commit()
    return path
