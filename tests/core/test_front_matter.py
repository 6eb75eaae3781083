"""Front matter is a mapping of sane size, or an error that says so."""

from __future__ import annotations

import pytest

from lorefs.core.document import parse
from lorefs.core.flow import SIZE_LIMIT
from lorefs.core.front_matter import FrontMatterError, read_front_matter


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", {}),
        ("### No front matter\n", {}),
        ("---\n---\n", {}),
        ("---\n# nothing\n---\n", {}),
        ("---\r\nrealm: x\r\n---\r\n", {"realm": "x"}),
        (
            "---\nlorefs: 1\nmerge:\n  title: lww\n1: x\n---\ntext\n",
            {"lorefs": 1, "merge": {"title": "lww"}, "1": "x"},
        ),
    ],
)
def test_front_matter(text: str, found: dict[str, object]) -> None:
    assert read_front_matter(parse(text)) == found


@pytest.mark.parametrize(
    "inner",
    [
        "- a",
        "word",
        "a: [",
        "a: &x 1\nb: *x",
        "a: " + "[" * 40 + "]" * 40,
        "\n".join(f"{' ' * n}a:" for n in range(40)),
        "a: " + "x" * SIZE_LIMIT,
        "a: 2024-13-45",
        "a: 1\na: 2",
    ],
)
def test_front_matter_that_is_refused(inner: str) -> None:
    with pytest.raises(FrontMatterError, match="the front matter cannot be read") as caught:
        read_front_matter(parse(f"---\n{inner}\n---\n"))
    assert caught.value.line == 1
    assert caught.value.hint
