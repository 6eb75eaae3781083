"""Standard conflict markers around the lines in which two versions of an entry differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lorefs.core.merge.sides import Settings, Sides


def with_markers(texts: Sides[str], settings: Settings) -> str:
    """One text holding both versions; the lines on which they agree stand outside.

    `texts` have no final line end, as the text of a block, and "" is no line at all. `base`
    is shown where the user's `merge.conflictStyle` asks for it.
    """
    eol = "\r\n" if "\r\n" in (texts.ours or texts.theirs) else "\n"
    base, ours, theirs = (f"{text}{eol}".split("\n") if text else [""] for text in texts)
    start = 0
    while start < min(len(ours), len(theirs)) and ours[start] == theirs[start]:
        start += 1
    end = 0
    while end < min(len(ours), len(theirs)) - start and ours[-1 - end] == theirs[-1 - end]:
        end += 1
    # the empty string behind the last line end is common to both, so a line never splits
    end = max(end, 1)
    size, labels = settings.marker_size, settings.labels
    lines = [*ours[:start], f"{'<' * size} {labels.ours}{eol[:-1]}", *ours[start:-end]]
    if settings.show_base:
        lines += [f"{'|' * size} {labels.base}{eol[:-1]}", *base[start : len(base) - end]]
    lines += [f"{'=' * size}{eol[:-1]}", *theirs[start:-end]]
    lines += [f"{'>' * size} {labels.theirs}{eol[:-1]}", *ours[len(ours) - end :]]
    return "\n".join(lines).removesuffix(eol)
