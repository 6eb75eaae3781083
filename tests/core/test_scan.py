"""The scanner takes linear time for every text, and remembers only what is true."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lorefs.core import lines
from lorefs.core.claim import identify
from lorefs.core.document import conflict_marker_line, parse
from lorefs.core.metadata import problem
from lorefs.core.scan import scan
from lorefs.core.source import cut, metadata_problem, read_entry

SIZE = 40_000  # characters of the smaller text; the larger one has eight times as many

MARKER = "<!-- lore:019e8d03-3fdf-7c3a-9d1e-2f1f6b1f0a11 -->"

# What is repeated, behind what: a line, or a run of characters within one.
WORST: dict[str, tuple[str, str]] = {
    "spaces": ("", " "),
    "blank lines": ("", " \t\r\n"),
    "blank lines behind a marker": (MARKER, "\n"),
    "spaces in a marker": ("<!--", " "),
    "spaces behind an id": ("<!-- lore:x", " "),
    "spaces behind a marker": (MARKER, " "),
    "an endless id": ("<!-- lore:", "a"),
    "markers": ("", MARKER + "\n"),
    "markers and metadata": ("", MARKER + "\n<!-- {a: b} -->\n"),
    "metadata that closes often": (MARKER + "\n<!-- {", "} "),
    "metadata that opens often": (MARKER + "\n<!-- ", "{"),
    "spaces in metadata": (MARKER + "\n<!-- {", " "),
    "comments never closed": ("", "<!-- a\n"),
    "comments closed at the end": ("-->", "\n<!-- a"),
    "comments that end another": ("", "<!-- a\n--> b\n"),
    "comments behind an item": (MARKER + "\n* a\n", "<!-- a\n"),
    "arrows": ("<!--", "-->"),
    "raw HTML never closed": ("", "<pre>\n\n"),
    "tags": ("", "<a b\n"),
    "less than": ("", "<\n"),
    "fences never closed": ("", "```sh\n"),
    "fences closed": ("", "```\n"),
    "fences of tildes": ("", "~~~a\n"),
    "a long fence": ("", "`"),
    "number signs": ("", "#"),
    "headings": ("", "# a\n"),
    "number signs at the end": ("# a ", "# "),
    "bullets": ("### A\n\n", "* **\n"),
    "titles never closed": ("### A\n\n* **", "**:"),
    "titles that nearly close": ("### A\n\n* **a", " **"),
    "stars": ("### A\n\n* ", "*"),
    "rules that are none": ("", "* " * 50 + "x\n"),
    "a rule that is none": (MARKER + "\n", "* "),
    "an item that goes on": (MARKER + "\n* a\n", "1\n"),
    "an item that nearly ends": (MARKER + "\n* a\n", "_ \n"),
    "indented lines": (MARKER + "\n* a\n", "  b\n\n"),
    "a section that nearly ends": (MARKER + "\n#### a\n", "<\n##### b\n"),
    "fences in a section": (MARKER + "\n#### a\n", "```a\n"),
    "rules at the start": ("---\n", "--- a\n"),
    "comments in front matter": ("---\n", "<!-- a -->\n"),
    "conflict markers that are none": ("", "=======a\n"),
    "equals signs": ("", "="),
    "less-than signs": ("", "<"),
    "carriage returns": ("a\n", "\r"),
}


def read(text: str) -> None:
    document = identify(parse(text), ".lore.md")
    conflict_marker_line(text)
    for block in document.blocks:
        if block.id:
            cut(block)
            read_entry(block, path="")
            metadata_problem(block)


def falling_fences(size: int) -> str:
    """Each fence shorter than the one before, none closed."""
    return "\n".join("`" * length + "a" for length in range(int((2 * size) ** 0.5), 2, -1))


def crossing_fences(size: int) -> str:
    """Long fences that only the last line closes, between short ones that always close."""
    return "````a\n~~~\n~~~\n" * (size // 15) + "~~~~"


def seconds(text: str) -> float:
    best = float("inf")
    for _ in range(2):
        start = time.perf_counter()
        read(text)
        best = min(best, time.perf_counter() - start)
    return best


def grown(make: Callable[[int], str]) -> float:
    """How many times longer eight times as much text takes."""
    return seconds(make(8 * SIZE)) / max(seconds(make(SIZE)), 0.002)


@pytest.mark.parametrize("name", WORST)
def test_time_is_linear(name: str) -> None:
    start, part = WORST[name]
    assert grown(lambda size: start + part * (size // len(part)) + "\n") < 32  # 64 if quadratic


@pytest.mark.parametrize("make", [falling_fences, crossing_fences])
def test_time_is_linear_in_fences(make: Callable[[int], str]) -> None:
    assert grown(make) < 32


def test_deep_metadata_is_refused_at_once() -> None:
    assert problem("<!-- {a: " + "[" * 100_000 + "} -->") is not None
    assert problem("<!-- {a: " + "[" * 30_000 + "} -->") is not None


@given(
    st.lists(
        st.sampled_from(("```", "````", "~~~", "```sh", "~~~~ a", "", "* **a**: b")), max_size=9
    )
)
def test_fences_are_those_that_a_naive_reader_finds(chosen: list[str]) -> None:
    text = "\n".join(chosen)
    hidden: set[int] = set()
    n = 0
    while n < len(chosen):
        length = lines.fence_length(chosen[n])
        ends = (
            m
            for m in range(n + 1, len(chosen))
            if chosen[m] and not chosen[m].strip(chosen[n][0]) and len(chosen[m]) >= length
        )
        end = next(ends, None) if length else None
        hidden |= set(range(n, end + 1)) if end is not None else set()
        n = (n if end is None else end) + 1
    shown = {n for n, line in enumerate(chosen) if line.startswith("*") and n not in hidden}
    found = {text[: span.start].count("\n") for span in scan(text) if span.kind == "unclaimed"}
    assert found == shown
