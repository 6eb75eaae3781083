"""What one side begins and does not end swallows no entry of the other side."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given

from lorefs.core.document import parse
from lorefs.core.merge import Settings, Sides, merge_document
from lorefs.core.merge.closing import closed, may_be_open

IDS = [f"00000000-0000-7000-8000-{number:012}" for number in range(1, 5)]
OPENINGS = ("```", "````", "```python", "~~~", "<pre>", "<PRE class=a>", "<script>", "<style>")
LINES = (*OPENINGS, "```\ncode\n```", "~~~\n```\n~~~", "<pre>\ncode\n</pre>", "text", "")


def entries(bodies: list[str]) -> str:
    return "\n".join(
        f"<!-- lore:{ident} -->\n#### Title {ident[-1]}\n\ntext\n{body}\n"
        for ident, body in zip(IDS, bodies, strict=False)
    )


def found(text: str) -> list[str]:
    return [block.id for block in parse(text).blocks if block.id]


@pytest.mark.parametrize("settings", [Settings(), Settings(on_clash="markers")])
@pytest.mark.parametrize("opening", OPENINGS)
def test_each_side_begins_something_in_another_entry(opening: str, settings: Settings) -> None:
    sides = Sides(*(entries(bodies) for bodies in (["", ""], [opening, ""], ["", opening])))
    assert [found(side) for side in sides] == [IDS[:2]] * 3
    merged = merge_document(sides, settings=settings)
    assert merged.text is not None
    assert found(merged.text) == IDS[:2]
    assert merged.text.count(opening) >= 2
    assert not merged.conflicts
    swapped = merge_document(sides._replace(ours=sides.theirs, theirs=sides.ours))
    assert swapped.text == merged.text


@given(st.data())
def test_no_entry_is_lost_whatever_is_begun(data: st.DataObject) -> None:
    bodies = [data.draw(st.sampled_from(("", "text"))) for _ in IDS]
    sides = [bodies]
    for _ in range(2):
        side = [data.draw(st.sampled_from((body, body, *LINES))) for body in bodies]
        sides.append(side)
    texts = Sides(*map(entries, sides))
    kept = set(found(texts.ours)) & set(found(texts.theirs))
    merged = merge_document(texts)
    assert merged.text is not None
    assert kept <= set(found(merged.text))
    assert len(found(merged.text)) == len(set(found(merged.text)))


@pytest.mark.parametrize("opening", OPENINGS)
def test_a_text_is_closed_once(opening: str) -> None:
    text = f"#### Title\n\n{opening}\ncode"
    whole = closed(text, "\n")
    assert whole.startswith(f"{text}\n")
    assert whole.count("\n") == text.count("\n") + 1
    assert closed(whole, "\n") == whole
    assert may_be_open(text)


@pytest.mark.parametrize(
    "text", ["* **Title**: text", "#### Title\n\n    ```\n", "#### `a`\n\n<b>"]
)
def test_a_text_that_begins_nothing_stays(text: str) -> None:
    assert closed(text, "\n") == text
    assert not may_be_open(text)


def test_markers_that_somebody_quotes_hide_no_entry() -> None:
    """An entry is looked for in the result although it holds a line like a conflict marker."""
    entry = entries([""])
    quoted = f"{entry}\n```\n<<<<<<< HEAD\ncode\n"
    texts = (f"Some prose.\n\n{entry}", f"```\nSome prose.\n\n{entry}", f"Some prose.\n\n{quoted}")
    sides = Sides(*texts)
    assert [found(side) for side in sides] == [IDS[:1]] * 3
    merged = merge_document(sides)
    assert merged.text is not None
    assert found(merged.text) == IDS[:1]
