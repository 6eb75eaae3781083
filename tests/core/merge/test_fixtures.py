"""Merges by example: `fixtures/merge/<case>/{base,ours,theirs,expected}.lore.md`.

`expected` is what the driver writes, conflict markers included, with the settings in the base's
front matter. `--update-golden` writes it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from lorefs.core.document import decode, encode
from lorefs.core.merge import Settings, Sides, merge_document
from lorefs.sync.commits.history import merge_settings

FIXTURES = Path(__file__).resolve().parents[3] / "fixtures" / "merge"
CASES = sorted(folder.name for folder in FIXTURES.iterdir())


@pytest.mark.parametrize("case", CASES)
def test_case(case: str, request: pytest.FixtureRequest) -> None:
    folder = FIXTURES / case
    names = ("base", "ours", "theirs")
    sides = Sides(*(decode((folder / f"{name}.lore.md").read_bytes()) for name in names))
    settings = merge_settings(sides.base, Settings(on_clash="markers"))
    merged = merge_document(Sides(*sides), settings=settings)
    expected = folder / "expected.lore.md"
    if request.config.getoption("--update-golden"):
        expected.write_bytes(encode(merged.text or ""))
    assert merged.text == decode(expected.read_bytes())


def test_there_are_cases() -> None:
    assert len(CASES) >= 15
