"""Ends what one side began and did not end, so that it swallows nothing of the other's.

A fence or raw HTML that nothing ends is a line of prose. Each of two versions may hold one that
is harmless there; in one document the first would end at the second, and all that stands in
between would be code.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from lorefs.core.document import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

_OPENING: Final = r"\n(?:```|~~~|<(?:pre|script|style|textarea)\b)"
_FENCES: Final = r"^(`{3,}|~{3,})"
_RAW: Final = r"^<(pre|script|style|textarea)\b"

_PROBE: Final = "6c6f7265-6673-8000-8000-70726f626500"  # no entry has it


def may_be_open(text: str) -> bool:
    """Whether an entry's text begins something that another text could end."""
    return re.search(_OPENING, text, re.IGNORECASE) is not None


def closed(text: str, eol: str) -> str:
    """A block's text with an end for all that it leaves open."""
    for closing in _closings(text):
        if _swallows(text, closing):
            text = f"{text}{eol}{closing}"
    return text


def _closings(text: str) -> Iterator[str]:
    """The lines that could end what a text begins, the longest of each kind."""
    fences = re.findall(_FENCES, text, re.MULTILINE)
    for character in "`~":
        longest = max((fence for fence in fences if fence[0] == character), key=len, default="")
        if longest:
            yield longest
    for tag in dict.fromkeys(re.findall(_RAW, text, re.MULTILINE | re.IGNORECASE)):
        yield f"</{tag}>"


def _swallows(text: str, closing: str) -> bool:
    """Whether an entry between a text and such a line is no entry any more."""
    probe = f"{text}\n\n<!-- lore:{_PROBE} -->\n#### Probe\n\n{closing}\n"
    return all(block.id != _PROBE for block in parse(probe).blocks)
