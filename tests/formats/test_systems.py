"""What becomes of the entries of programs that lorefs knows, and of any table."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lorefs.api.sources import read_source
from lorefs.core.model import PERSONAL, Entry, Relation
from lorefs.errors import LorefsError, UsageError
from lorefs.formats.batch import Batch
from lorefs.formats.tables import Choice
from tests.formats.databases import FACTS, LORE, LOREHUB, TD, make

FIRST = "019e8d03-3fdf-7c3a-9d1e-2f1f6b1f0a11"


def bring(path: Path, choice: Choice | None = None, kind: str | None = None) -> Batch:
    return read_source(path, kind, choice or Choice(), lambda _: None)[1]


def by_title(batch: Batch) -> dict[str, Entry]:
    assert not batch.errors
    return {record.entry.title: record.entry for record in batch.records}


def test_lore(tmp_path: Path) -> None:
    path = make(tmp_path / "lore.db", LORE, root="/ours")
    batch = bring(path, Choice(root="/ours"))
    found = by_title(batch)
    readers, tuesdays = found["Readers block"], found["We ship on Tuesdays"]
    assert set(found) == {"Readers block", "We ship on Tuesdays", "Tabs, not spaces"}
    assert readers.id == FIRST
    assert readers.category == "Gotcha"
    assert readers.confidence == 0.8
    assert dict(readers.extra) == {"metadata": "{seen: [1, 2]}", "source_session": "session-1"}
    assert tuesdays.id.startswith("018bcfe5-6fd0-7"), "the id tells when it was made"
    assert dict(tuesdays.extra) == {"lore_id": "made-up"}
    assert readers.relations == (Relation("relates_to", tuesdays.id),)
    assert readers.content == f"See [[{tuesdays.id}]]."
    assert found["Tabs, not spaces"].scope == PERSONAL
    assert dict(found["Tabs, not spaces"].extra) == {"cross_project": "true"}
    assert batch.mapped[0].left_out == ("embedding",)
    assert {count for _, count in batch.notes} == {1}
    again = by_title(bring(path, Choice(root="/ours")))
    assert again == found, "a second import finds the same ids"


def test_lore_of_other_projects(tmp_path: Path) -> None:
    path = make(tmp_path / "lore.db", LORE, root="/ours")
    assert "Of another project" in by_title(bring(path, Choice(project="theirs")))
    assert len(by_title(bring(path, Choice(project="all")))) == 4
    with pytest.raises(UsageError, match="no such project"):
        bring(path, Choice(project="nobody's"))


def test_lore_with_few_columns(tmp_path: Path) -> None:
    script = """
    CREATE TABLE knowledge (id TEXT, category TEXT, title TEXT, content TEXT);
    INSERT INTO knowledge VALUES ('x', 'gotcha', 'Old', 'text');
    """
    assert by_title(bring(make(tmp_path / "old.db", script)))["Old"].category == "Gotcha"


def test_lorehub(tmp_path: Path) -> None:
    path = make(tmp_path / "hub.db", LOREHUB)
    found = by_title(bring(path, Choice(directory=lambda name: name == "src")))
    weekly, never = found["Keys rotate weekly"], found["Keys never rotate"]
    assert weekly.content == "The job runs on Monday.\n\nAn audit asked for it."
    assert (weekly.category, weekly.path, weekly.confidence) == ("Decree", "src", 0.95)
    assert weekly.tags == ("province:billing", "security")
    assert (weekly.status, never.status) == ("active", "archived")
    assert weekly.relations == (Relation("supersedes", never.id),)
    assert dict(weekly.extra)["lorehub_id"] == "l1"
    assert dict(weekly.extra)["lorehub_status"] == "proclaimed"


def test_lorehub_export(tmp_path: Path) -> None:
    lore = {"id": "l1", "realmId": "r1", "content": "One thing", "type": "risk", "confidence": 50,
            "status": "whispered", "sigils": ["a"], "provinces": ["x"],
            "createdAt": "2024-05-01T10:00:00Z"}  # fmt: skip
    export = {"version": "1.0", "exportDate": "", "realms": [{"id": "r1", "name": "ours"},
              {"id": "r2", "name": "theirs"}], "lores": [lore, {**lore, "id": "l2",
              "realmId": "r2"}]}  # fmt: skip
    path = tmp_path / "export.json"
    path.write_text(json.dumps(export))
    with pytest.raises(UsageError) as refused:
        bring(path)
    assert "ours, theirs" in (refused.value.hint or "")
    batch = bring(path, Choice(project="ours"))
    entry = by_title(batch)["One thing"]
    assert (entry.status, entry.confidence, entry.tags) == ("pending", 0.5, ("a", "province:x"))
    assert len(bring(path, Choice(project="all")).records) == 2


def test_td(tmp_path: Path) -> None:
    path = make(tmp_path / "issues.db", TD)
    notes = by_title(bring(path))
    assert {title: (e.tags, e.status) for title, e in notes.items()} == {
        "Pinned": (("pinned",), "active"),
        "Old": ((), "archived"),
    }
    issues = by_title(bring(path, Choice(table="issues")))
    slow, lazy = issues["Slow start"], issues["Lazy imports"]
    assert slow.content == "It is slow.\n\nUnder a second."
    assert (slow.category, slow.tags, slow.status) == ("Bug", ("cli", "speed"), "active")
    assert slow.relations == (Relation("depends_on", lazy.id),)
    assert lazy.status == "archived"


def test_any_table(tmp_path: Path) -> None:
    path = make(tmp_path / "facts.db", FACTS)
    with pytest.raises(UsageError) as refused:
        bring(path)
    assert "facts, others" in (refused.value.hint or "")
    mapping = (("title", "name"), ("content", "BODY"), ("owner", "owner"))
    batch = bring(path, Choice(table="facts", mapping=mapping))
    assert batch.mapped[0].left_out == ("weight", "picture")
    found = by_title(batch)
    assert dict(found["Water is wet"].extra) == {"owner": "ada"}
    assert found["Fire is hot"].category == "Note"
    with pytest.raises(UsageError, match="no column"):
        bring(path, Choice(table="facts", mapping=(("title", "nothing"),)))
    with pytest.raises(UsageError, match="no column of facts"):
        bring(path, Choice(table="facts"))
    bytes_ = bring(path, Choice(table="facts", mapping=(("title", "picture"),)))
    assert "holds bytes" in bytes_.errors[0].message


def test_a_database_is_left_as_it_is(tmp_path: Path) -> None:
    path = make(tmp_path / "lore.db", LORE, wal=True)
    before = path.read_bytes()
    bring(path, Choice(project="all"))
    assert path.read_bytes() == before
    assert [each.name for each in path.parent.iterdir()] == ["lore.db"]


@pytest.mark.parametrize(
    "statement",
    [
        "ATTACH DATABASE '{}/x.db' AS x;",
        "CREATE TRIGGER t AFTER INSERT ON entries BEGIN DELETE FROM entries; END;",
        "CREATE VIRTUAL TABLE v USING fts5(x);",
        "SELECT writefile('{}/x.db', 'x');",
        "SELECT load_extension('x');",
        "CREATE TABLE y AS WITH c(n) AS (VALUES (1) UNION SELECT n + 1 FROM c) SELECT n FROM c;",
        "INSERT INTO entries SELECT printf('%.*c', 100000000, 'x'), 'x', 'x', 1;",
    ],
)
def test_a_dump_does_nothing_but_fill_tables(tmp_path: Path, statement: str) -> None:
    path = tmp_path / "dump.sql"
    path.write_text(
        "PRAGMA foreign_keys=OFF;\nCREATE TABLE entries (id, title, content, rev);\n"
        f"INSERT INTO entries VALUES ('a', 'A; \"title\"', 'it''s', 1);\n"
        f"{statement.format(tmp_path)}\n-- a comment; with a semicolon\n"
    )
    try:
        batch = bring(path)
    except LorefsError as error:
        line = error.line
    else:
        line = 4
        assert [record.entry.content for record in batch.records] == ["it's"]
        assert any("not run" in what for what, _ in batch.notes)
    assert line == 4
    assert [each.name for each in tmp_path.iterdir()] == ["dump.sql"]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("x.json", b"[" * 100_000),
        ("x.json", b'{"entries": {}}'),
        ("x.json", b'[{"title": NaN}]'),
        ("x.json", b'[{"title": ' + b"1" * 5000 + b"}]"),
        ("x.json", b"\xff\xfe"),
        ("x.json", b'{"lorefs": 99, "entries": []}'),
        ("x.db", b"SQLite format 3\0" + b"\xff" * 4096),
        ("x.db", b"no database"),
        ("x.sql", b"CREATE TABLE ("),
        ("x.sql", b"BEGIN; CREATE TABLE entries (id, title, content, rev);"),
        ("x.txt", b"what is this"),
    ],
)
def test_a_broken_file_is_an_error_with_a_remedy(tmp_path: Path, name: str, data: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(LorefsError) as refused:
        bring(path)
    assert refused.value.path == str(path)
    assert refused.value.hint


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "no title"),
        ({"title": "x", "tags": [[]]}, "list of words"),
        ({"title": "x", "confidence": 7}, "0 to 1"),
        ({"title": "x", "confidence": True}, "0 to 1"),
        ({"title": "x", "status": "odd"}, "active or"),
        ({"title": "x", "path": "../up"}, "relative"),
        ({"title": "x", "path": "a/.git"}, "relative"),
        ({"title": "x", "path": "a\\b"}, "directory"),
        ({"title": "x", "relations": [{"type": "eats", "id": "y"}]}, "types"),
        ({"title": "x", "content": "y" * 1_000_001}, "at most"),
        ({"title": "x", "extra": {"k": "}"}}, "no document can hold"),
        ({"title": "x", "extra": {"title": "y"}}, "unknown keys"),
        ({"title": "x", "deep": json.loads("[" * 90 + "]" * 90)}, "nested"),
        ({"title": {}}, "text"),
        ({"id": [], "title": "x"}, "id has to be"),
    ],
)
def test_a_record_that_cannot_be_an_entry_says_where_and_why(
    tmp_path: Path, values: dict[str, object], message: str
) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text('{"title": "fine"}\n' + json.dumps(values) + "\n")
    batch = bring(path)
    assert [record.entry.title for record in batch.records] == ["fine"]
    (error,) = batch.errors
    assert message in error.message
    assert error.line == 2
    assert error.hint


def test_control_characters_are_left_out_and_said(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps([{"title": "a\x1b[31mb\nc", "content": "x\0y\r\nz"}]))
    batch = bring(path)
    assert batch.records[0].entry[1:3] == ("a[31mb c", "xy\nz")
    assert batch.notes == (("control characters were left out", 1),)


def test_unknown_keys_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"entries": [{"title": "x", "owner": "ada", "n": [1, None]}]}))
    assert dict(bring(path).records[0].entry.extra) == {"n": "[1, null]", "owner": "ada"}


def test_one_id_with_two_meanings(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    lines = [{"id": FIRST, "title": title} for title in ("one", "one", "two")]
    path.write_text("\n".join(map(json.dumps, lines)))
    batch = bring(path)
    assert len(batch.records) == 1
    assert batch.errors[0].line == 3
    assert "stands at 1" in batch.errors[0].message


AGENTS = f"""\
# How to work here

* **Not lore**: an instruction.

## Long-term Knowledge

### Gotcha

<!-- lore:{FIRST} -->
* **Readers block**: the WAL grows.

* **By hand**: without a marker.

### Pattern

<!-- lore:019e8d03-4a10-7b52-8f3c-5d0e9a7c2b44 -->
* **Readers  block**: The WAL grows.
"""


def test_agents(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "AGENTS.md").write_text(AGENTS)
    (tmp_path / "sub" / "AGENTS.md").write_text(AGENTS)
    found = bring(tmp_path, kind="agents")
    assert [(r.entry.title, r.entry.category, r.place.line) for r in found.records] == [
        ("Readers block", "Gotcha", 9),
        ("By hand", "Gotcha", 12),
    ]
    assert found.notes[0][1] == 4


def test_notes_of_others(tmp_path: Path) -> None:
    (tmp_path / ".obsidian").mkdir()
    (tmp_path / ".obsidian" / "x.md").write_text("# no")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "Plain note.md").write_text("Just text.\n\n## A heading\n")
    (tmp_path / "basic.md").write_text(
        "---\ntitle: A thing\ntype: decision\npermalink: main/a-thing\ntags:\n  - '#x'\n  - y\n"
        "created: 2024-01-02\n---\n\n# A thing\n\n- relates_to [[Plain note]]\n"
    )
    (tmp_path / "broken.md").write_text("---\ntitle: [\n---\n")
    (tmp_path / "empty.md").write_text("\n")
    (tmp_path / "link.md").symlink_to("/etc/hostname")
    batch = bring(tmp_path)
    basic, plain = (record.entry for record in batch.records)
    assert (basic.title, basic.category, basic.tags) == ("A thing", "Decision", ("x", "y"))
    assert basic.content == "- relates_to [[Plain note]]"
    assert dict(basic.extra) == {"created": '"2024-01-02"', "permalink": "main/a-thing"}
    assert basic.id.startswith("018cc778-")
    assert (plain.title, plain.content) == ("Plain note", "Just text.\n\n## A heading")
    assert [(error.path, error.line) for error in batch.errors] == [("broken.md", 3)]
