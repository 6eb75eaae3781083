"""`docs/store.md` tells other programs what is true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lorefs.store import Store
from tests.store.conftest import Program, made

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "store.md").read_text(encoding="utf-8")
STATEMENTS = [
    statement.strip()
    for block in re.findall(r"```sql\n(.*?)```", TEXT, re.DOTALL)
    for statement in block.split(";")
    if statement.strip()
]


def first_cells(section: str) -> set[str]:
    """The names in the first column of the table of a section."""
    part = TEXT.partition(f"## {section}\n")[2].partition("\n## ")[0]
    cells = [line.split(" | ")[0] for line in part.split("\n") if line.startswith("| `")]
    return {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}


def test_there_are_examples() -> None:
    verbs = {statement.split()[0] for statement in STATEMENTS}
    assert verbs == {"SELECT", "INSERT", "UPDATE", "DELETE"}


@pytest.mark.parametrize("statement", STATEMENTS)
def test_an_example_runs(store: Store, program: Program, statement: str) -> None:
    row = store.entries.resolve(made(2).id)
    values = {1: (row.entry.id,), 2: (row.entry.id, row.rev)}.get(statement.count("?"), ())
    program(statement, *values)
    assert bool(store.outbox) == (not statement.startswith("SELECT"))


def test_all_columns_of_entries_are_explained(store: Store) -> None:
    columns = store.connection.execute("SELECT name FROM pragma_table_info('entries')").fetchall()
    assert first_cells("Reading") == {name for (name,) in columns}


def test_all_other_tables_are_explained(store: Store) -> None:
    tables = store.connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        " AND name NOT LIKE 'entries%'"
    ).fetchall()
    assert first_cells("The other tables") == {name for (name,) in tables}
