"""docs/architecture.md speaks of modules that there are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.conftest import TOP

TEXT = (TOP / "docs/architecture.md").read_text(encoding="utf-8")
FILES = [path.relative_to(TOP / "lorefs") for path in (TOP / "lorefs").rglob("*.py")]


def tabled(heading: str) -> set[str]:
    """The names in backticks in the table that comes next after a line."""
    table = re.search(rf"^{heading}[\s\S]*?\n((?:\|.*\n)+)", TEXT, re.MULTILINE)
    assert table is not None
    return set(re.findall(r"`(\w+)/?`", table[1]))


def test_files_that_are_named_exist() -> None:
    named = {Path(name) for name in re.findall(r"`([\w/]+\.py)`", TEXT)}
    assert len(named) > 30
    assert not {name for name in named if not any(path.match(str(name)) for path in FILES)}


@pytest.mark.parametrize(
    ("folder", "heading"), [("core", "## The core"), ("sync", "Where to look in `sync/`")]
)
def test_modules_in_tables_exist(folder: str, heading: str) -> None:
    there = {path.stem for path in FILES if path.parent == Path(folder)}
    there |= {path.parent.name for path in FILES if path.parent.parent == Path(folder)}
    assert tabled(heading)
    assert not tabled(heading) - there
