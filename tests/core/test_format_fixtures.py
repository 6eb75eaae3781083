"""The documents of `fixtures/format` are read as the file beside each of them says.

They are for other implementers, too. `python tests/core/test_format_fixtures.py` writes what
is read now.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lorefs.core.document import (
    ENTRY,
    HEADING,
    UNCLAIMED,
    conflict_marker_line,
    decode,
    line_of,
    parse,
    serialize,
)
from lorefs.core.model import Entry
from lorefs.core.source import read_entry

FIXTURES = Path(__file__).resolve().parent.parent.parent / "fixtures" / "format"
CASES = sorted(path.name for path in FIXTURES.glob("*.md"))
DEFAULTS = Entry("", "")._asdict()


def blocks(name: str) -> list[dict[str, Any]]:
    """What is read: the blocks, and those values of entries that are not the default."""
    text = decode((FIXTURES / name).read_bytes())
    document = parse(text, lore=name.endswith(".lore.md"))
    found = []
    for index, block in enumerate(document.blocks):
        shown: dict[str, Any] = {"line": line_of(document, index), "kind": block.kind}
        if block.kind in {ENTRY, UNCLAIMED}:
            values = read_entry(block, path="")._asdict()
            shown |= {key: value for key, value in values.items() if value != DEFAULTS[key]}
        elif block.kind == HEADING:
            shown |= {"title": block.category, "level": block.level}
        found.append(shown)
    return found


@pytest.mark.parametrize("name", CASES)
def test_fixtures(name: str) -> None:
    expected = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    assert json.loads(json.dumps(blocks(name))) == expected
    text = decode((FIXTURES / name).read_bytes())
    assert serialize(parse(text)) == text


def test_only_the_fixture_with_a_conflict_has_markers() -> None:
    texts = {name: decode((FIXTURES / name).read_bytes()) for name in CASES}
    marked = {name: line for name in CASES if (line := conflict_marker_line(texts[name]))}
    assert marked == {"conflict.lore.md": 3}


if __name__ == "__main__":
    for case in CASES:
        lines = ",\n".join(json.dumps(block, ensure_ascii=False) for block in blocks(case))
        (FIXTURES / f"{case}.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")
