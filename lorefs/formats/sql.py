"""Entries as an SQL dump: one table with the columns of the database, in SQLite's dialect."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from lorefs.core.model import Entry
from lorefs.formats.json_text import entry_values

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_TYPES: Final = {"id": "TEXT PRIMARY KEY", "title": "TEXT NOT NULL", "confidence": "REAL"}
_UNQUOTABLE: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def write_sql(entries: Iterable[Entry]) -> Iterator[str]:
    """The statements that make the table `entries` and fill it; `rev` marks it as one of lorefs."""
    columns = ",\n  ".join(f"{name} {_TYPES.get(name, 'TEXT')}" for name in Entry._fields)
    yield "BEGIN TRANSACTION;\n"
    yield f"CREATE TABLE entries (\n  {columns},\n  rev INTEGER DEFAULT 1\n);\n"
    names = ", ".join(Entry._fields)
    for entry in entries:
        values = ", ".join(_literal(value) for value in entry_values(entry).values())
        yield f"INSERT INTO entries ({names}) VALUES ({values});\n"  # noqa: S608  # it is the product
    yield "COMMIT;\n"


def _literal(value: object) -> str:
    if isinstance(value, float | int):
        return repr(float(value))
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    # what no text of SQL can hold is not worth a dump that cannot be read
    return "'" + _UNQUOTABLE.sub("\ufffd", text).replace("'", "''") + "'"
