"""The table of `docs/reliability.md` and the tests agree."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
ROWS = 37
NAME = re.compile(r"\btest_scenario_(\d\d)_\w+")


def in_the_table() -> dict[int, list[str]]:
    """The names of tests by the number of the row that they stand in."""
    found: dict[int, list[str]] = {}
    for line in (TOP / "docs" / "reliability.md").read_text().splitlines():
        row = re.match(r"\| (\d+) \|", line)
        if row is not None:
            assert int(row[1]) not in found, f"row {row[1]} stands twice"
            found[int(row[1])] = [name[0] for name in NAME.finditer(line)]
    return found


def in_tests(folder: Path) -> dict[int, set[str]]:
    """The names of tests below a folder by the number of their scenario."""
    found: dict[int, set[str]] = defaultdict(set)
    for path in sorted(folder.rglob("test_*.py")):
        for name in re.finditer(r"^def (test_scenario_(\d\d)_\w+)", path.read_text(), re.MULTILINE):
            found[int(name[2])].add(name[1])
    return found


def test_every_row_has_tests_and_names_them() -> None:
    table, tests = in_the_table(), in_tests(TOP / "tests" / "scenarios")
    assert list(table) == list(range(1, ROWS + 1))
    for number, names in table.items():
        assert len(names) == len(set(names)), f"row {number} names a test twice"
        assert set(names) == tests[number], f"row {number} of the table and its tests differ"
        assert names, f"row {number} has no test"


def test_every_scenario_elsewhere_is_one_of_the_table() -> None:
    assert set(in_tests(TOP / "tests")) == set(range(1, ROWS + 1))
