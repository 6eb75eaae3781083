"""How differences between entries look: in lines as `git diff` has them, and as JSON."""

from __future__ import annotations

import difflib
import os
from typing import TYPE_CHECKING, Any, Final

from lorefs.cli.listing import entry_json, short_ids, value_text
from lorefs.cli.output import ID_STYLE, for_person, one_line, safe, write_json, write_lines
from lorefs.core.words import word_diff

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lorefs.cli.output import Span
    from lorefs.core.model import Entry
    from lorefs.sync.commits.diff import EntryDiff


def write_differences(found: Sequence[EntryDiff], *, as_json: bool = False) -> None:
    """Print what differs, entry by entry and field by field."""
    if as_json:
        write_json([difference_json(each) for each in found])
        return
    short = short_ids([each.entry.id for each in found])
    write_lines(line for each in found for line in _lines(each, short[each.entry.id]))


def difference_json(found: EntryDiff) -> dict[str, Any]:
    """One difference as JSON."""
    return {
        "id": found.entry.id,
        "before": found.before and entry_json(found.before),
        "after": found.after and entry_json(found.after),
        "fields": list(found.fields),
    }


def _lines(found: EntryDiff, ident: str) -> Iterator[list[Span]]:
    entry = found.entry
    place = f"  {one_line(entry.category)}{' · ' + one_line(entry.path) if entry.path else ''}"
    mark, style = "~", "yellow"
    if found.before is None:
        mark, style = "+", "green"
    elif found.after is None:
        mark, style = "-", "red"
    title = one_line(entry.title)
    yield [(f"{mark} ", style), (ident, ID_STYLE), (f"  {title}", style), (place, "dim")]
    if found.before is not None and found.after is not None:
        for field in found.fields:
            yield from _field(field, found.before, found.after)
    else:
        for line in entry.content.split("\n") if entry.content else ():
            yield [(f"    {mark}{safe(line)}", style)]


def _field(field: str, before: Entry, after: Entry) -> Iterator[list[Span]]:
    old, new = getattr(before, field), getattr(after, field)
    if field != "content":
        yield [(f"    {field}  ", "bold"), (value_text(old) or "—", "red"), (" → ", "dim"),
               (value_text(new) or "—", "green")]  # fmt: skip
        return
    styles = {"-": "red", "+": "green", "@": "cyan"}
    lines = difflib.unified_diff(old.split("\n"), new.split("\n"), lineterm="", n=1)
    for line in list(lines)[2:]:  # without the names of files
        yield [(f"    {safe(line)}", styles.get(line[0], "dim"))]


_STYLES: Final = {"same": "", "gone": "red strike", "new": "green"}
_MARKS: Final = {"same": ("", ""), "gone": ("[-", "-]"), "new": ("{+", "+}")}


def word_spans(base: str, value: str) -> list[Span]:
    """A text compared with another one word by word: in colours, or between marks in a pipe."""
    if base == value:
        return [(safe(value), "")]
    stretches = word_diff(base, value)
    if not any(kind == "same" and text.strip() for kind, text in stretches):
        return [(safe(value), _STYLES["new"])]  # all is another, and the base stands above
    coloured = for_person() and "NO_COLOR" not in os.environ
    spans: list[Span] = []
    for kind, text in stretches:
        before, after = _MARKS[kind]
        marked = (f"{before}{safe(text)}{after}", "")
        spans.append((safe(text), _STYLES[kind]) if coloured else marked)
    return spans
