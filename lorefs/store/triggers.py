"""What stands between other programs and the rows: their edits are checked, then captured.

All of it is SQL that any program runs which opens the database, with nothing registered. A
value that no document can hold is refused where it is written, because the program that
wrote it is the only one that can correct it. What is accepted goes to the outbox with the
row before, which is what `entries_fts` holds until the edit is taken in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from lorefs.core.model import RELATION_TYPES, SCOPES, SENSITIVITIES, STATUSES
from lorefs.store.connection import GUARD
from lorefs.store.rows import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_FOREIGN: Final = f"NOT EXISTS (SELECT 1 FROM state WHERE key = '{GUARD}')"

_LINES: Final = ("title", "category", "path", "proposed_by", "approved_by", "approved_hash")
_UUID: Final = "????????-????-????-????-????????????"


class Rule(NamedTuple):
    """What a column may hold: a condition on `NEW`, and the words that name it."""

    column: str
    condition: str
    words: str


def _one_of(column: str, found: Iterable[str]) -> Rule:
    words = list(found)
    quoted = ", ".join(f"'{word}'" for word in words)
    return Rule(column, f"NEW.{column} IN ({quoted})", f"one of {', '.join(words)}")


def _json(column: str, kind: str, each: str, words: str) -> Iterator[Rule]:
    """JSON of a kind, each of its items of a form.

    Reads it with table-valued functions, as the others may not run in triggers where a
    program does not trust the schema. What is no JSON at all makes these fail.
    """
    yield Rule(column, f"typeof(NEW.{column}) = 'text'", words)
    root = f"SELECT type = '{kind}' FROM json_tree(NEW.{column}) WHERE parent IS NULL"
    yield Rule(column, f"({root})", words)
    others = f"SELECT 1 FROM json_each(NEW.{column}) AS item WHERE NOT coalesce({each}, 0)"
    yield Rule(column, f"NOT EXISTS ({others})", words)


_IS_TEXT: Final = "item.type = 'text'"
_IS_RELATION: Final = (
    "CASE WHEN item.type = 'array' THEN"
    " (SELECT count(*) = 2 AND min(part.type = 'text') AND max(part.key = 0 AND part.value"
    f" IN ({', '.join(map(repr, RELATION_TYPES))})) FROM json_each(item.value) AS part) END"
)
_INSIDE: Final = " AND ".join(
    (
        "trim(NEW.path, '/') = NEW.path AND NEW.path NOT LIKE '%//%'",
        *(f"instr('/' || NEW.path || '/', '/{part}/') = 0" for part in (".", "..", ".git")),
    )
)
_RULES: Final = (
    *(
        Rule(name, f"typeof(NEW.{name}) = 'text' AND instr(NEW.{name}, char(0)) = 0", "text")
        for name in (*_LINES, "content")
    ),
    *(
        Rule(name, f"instr(NEW.{name}, char(10)) + instr(NEW.{name}, char(13)) = 0", "one line")
        for name in _LINES
    ),
    Rule("title", "trim(NEW.title) != ''", "one line that is not empty"),
    Rule("category", "trim(NEW.category) = NEW.category", "a heading, without spaces around it"),
    Rule("path", _INSIDE, "a directory below the top of the worktree"),
    Rule(
        "confidence",
        "typeof(NEW.confidence) IN ('real', 'integer') AND NEW.confidence BETWEEN 0 AND 1",
        "a number from 0 to 1",
    ),
    _one_of("scope", SCOPES.values()),
    _one_of("status", STATUSES),
    _one_of("sensitivity", SENSITIVITIES),
    *_json("tags", "array", _IS_TEXT, "a JSON array of texts"),
    *_json("relations", "array", _IS_RELATION, "a JSON array of pairs of type and id"),
    *_json("extra", "object", _IS_TEXT, "a JSON object of YAML sources"),
)
_NEW_ID: Final = Rule(
    "id",
    f"NEW.id IS NULL OR (NEW.id GLOB '{_UUID}' AND NEW.id NOT GLOB '*[^0-9a-f-]*')",
    "left out, or a UUID in lower case",
)
_KEPT: Final = (
    Rule(
        "id",
        "NEW.id IS OLD.id AND NEW.pk = OLD.pk",
        "what it was, and pk too; delete the row and insert another",
    ),
    Rule("rev", "NEW.rev - OLD.rev IN (0, 1)", "left alone; it counts by itself"),
)


def _check(rule: Rule) -> str:
    words = f"entries.{rule.column} must be {rule.words}"
    return f"SELECT RAISE(ABORT, '{words}') WHERE NOT coalesce({rule.condition}, 0);"


def _check_change(rule: Rule) -> str:
    """Leaves alone what was there before: documents hold odder things than these."""
    column = rule.column
    changed = f"CASE WHEN NEW.{column} IS OLD.{column} THEN 1 ELSE {rule.condition} END"
    return _check(rule._replace(condition=changed))


def _script(statements: Iterable[str]) -> str:
    return "\n".join(statements)


def _capture(op: str, row: str) -> str:
    """Notes a row as it was before it was first touched.

    Not by INSERT OR IGNORE: in a trigger the OR of the statement that fires it counts.
    """
    values = ", ".join(f"{row}.{name}" for name in COLUMNS.split(", "))
    table = " FROM entries" if row == "entries" else ""
    return (
        f"INSERT INTO outbox (pk, op, {COLUMNS}) SELECT {row}.pk, '{op}', {values}{table}"
        f" WHERE NOT EXISTS (SELECT 1 FROM outbox WHERE pk = {row}.pk)"
    )


_NEW: Final = ", ".join(f"NEW.{name}" for name in COLUMNS.split(", "))

# The checks of a new row stand in the trigger of a view: SQLite sets up the whole program of a
# trigger for each row, even where its condition says no, and theirs is large.
#
# A REPLACE removes the row in its way without firing the trigger for deletions, so that row
# is captured before; where the INSERT is ignored or becomes an UPDATE, nothing came of it.
TRIGGERS: Final = f"""
CREATE VIEW incoming AS SELECT {COLUMNS} FROM entries WHERE 0;
CREATE TRIGGER incoming_insert INSTEAD OF INSERT ON incoming
BEGIN
{_script(map(_check, (_NEW_ID, *_RULES)))}
END;
CREATE TRIGGER entries_insert BEFORE INSERT ON entries WHEN {_FOREIGN}
BEGIN
INSERT INTO incoming ({COLUMNS}) VALUES ({_NEW});
{_capture("replace", "entries")} AND (id = NEW.id OR pk = NEW.pk);
END;
CREATE TRIGGER entries_inserted AFTER INSERT ON entries WHEN {_FOREIGN}
BEGIN
INSERT INTO outbox (pk, op) SELECT NEW.pk, 'insert'
WHERE NOT EXISTS (SELECT 1 FROM outbox WHERE pk = NEW.pk);
END;
CREATE TRIGGER entries_update BEFORE UPDATE ON entries WHEN {_FOREIGN}
BEGIN
{_script(map(_check, _KEPT))}
{_script(map(_check_change, _RULES))}
{_capture("update", "OLD")};
END;
CREATE TRIGGER entries_revised AFTER UPDATE ON entries WHEN {_FOREIGN} AND NEW.rev = OLD.rev
BEGIN
UPDATE entries SET rev = rev + 1 WHERE pk = NEW.pk;
END;
CREATE TRIGGER entries_delete BEFORE DELETE ON entries WHEN {_FOREIGN}
BEGIN
{_capture("delete", "OLD")};
END;
CREATE TRIGGER changes_update BEFORE UPDATE ON changes
BEGIN
SELECT RAISE(ABORT, 'changes is append-only');
END;
CREATE TRIGGER changes_delete BEFORE DELETE ON changes
BEGIN
SELECT RAISE(ABORT, 'changes is append-only');
END;
"""
