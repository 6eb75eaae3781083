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


def modules(folder: str) -> set[str]:
    """The modules and folders right below a folder."""
    within = [path.relative_to(folder) for path in FILES if path.is_relative_to(folder)]
    return {path.parts[0].removesuffix(".py") for path in within} - {"__init__"}


@pytest.mark.parametrize(
    ("heading", "folders", "elsewhere"),
    [
        ("## The core", ["core"], set()),
        (
            "Where to look in `sync/`",
            ["sync", "sync/reconcile", "sync/decisions", "sync/commits", "sync/judging"],
            {"branch", "backup"},  # they have sections of their own
        ),
    ],
)
def test_tables_name_the_modules(heading: str, folders: list[str], elsewhere: set[str]) -> None:
    there = set[str]().union(*map(modules, folders))
    assert tabled(heading) | elsewhere == there
