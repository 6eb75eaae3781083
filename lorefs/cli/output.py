"""Prints for people on terminals, for pipes, and for programs.

What stands in a document is other people's text. Before it is printed, whatever a terminal
would obey or be confused by is made visible.
"""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TextIO

    from rich.console import Console

Span = tuple[str, str]  # a text and its style in the words of rich
ID_STYLE: Final = "yellow"

# Controls (C0 but tab and newline, DEL, C1), what changes the direction of text, line and
# paragraph separators, what is invisible, and bytes that are no UTF-8.
_UNSAFE: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff"
    "\ud800-\udfff]"
)
_UNSAFE_IN_JSON: Final = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def safe(text: str) -> str:
    """A text whose characters do nothing but stand there; lines and tabs stay."""
    return _UNSAFE.sub(lambda found: f"<U+{ord(found[0]):04X}>", text)


def one_line(text: str) -> str:
    """A safe text on one line."""
    return safe(" ".join(text.split()))


def counted(number: int, one: str, many: str) -> str:
    """A number with its noun."""
    return f"{number} {one if number == 1 else many}"


def for_person(stream: TextIO | None = None) -> bool:
    """Whether a person on a terminal reads what is printed."""
    stream = stream or sys.stdout
    return stream.isatty() and os.environ.get("TERM", "") not in ("", "dumb")


def can_ask() -> bool:
    """Whether a person is there to answer, on the terminal that standard error shows."""
    return for_person(sys.stderr) and sys.stdin.isatty()


def console(stream: TextIO | None = None) -> Console:
    """A terminal to print styled text on; it respects NO_COLOR."""
    from rich.console import Console

    return Console(file=stream or sys.stdout, highlight=False, markup=False, emoji=False)


def write_lines(
    lines: Iterable[Iterable[Span]], stream: TextIO | None = None, *, wrap: bool = False
) -> None:
    """Print lines of spans: styled for a person, else plain.

    For a person the rows of a list are cut to the width, unless they are to `wrap`. What starts
    with a label (`hint: `) is a sentence, of which the end matters too, and is never cut.
    """
    stream = stream or sys.stdout
    if not for_person(stream):
        for line in lines:
            stream.write("".join(text for text, _ in line) + "\n")
        return
    from rich.text import Text

    screen = console(stream)
    for line in lines:
        spans = list(line)
        text = Text.assemble(*spans)
        if wrap or (spans and spans[0][0].rstrip().endswith(":")):
            screen.print(text, soft_wrap=True)
        else:
            screen.print(text, no_wrap=True, overflow="ellipsis", crop=True)


def write_wrapped(spans: Iterable[Span], indent: int) -> None:
    """Print a text of many lines, indented; for a person it is wrapped at the width."""
    margin = " " * indent
    if not for_person():
        text = "".join(part for part, _ in spans)
        for line in text.rstrip("\n").split("\n"):
            sys.stdout.write(f"{margin}{line}".rstrip() + "\n")
        return
    from rich.padding import Padding
    from rich.text import Text

    text_ = Text.assemble(*spans)
    text_.rstrip()
    console().print(Padding(text_, (0, 0, 0, indent), expand=False))


def write(text: str) -> None:
    """Print a text as it is, made safe."""
    sys.stdout.write(safe(text) + "\n")


def write_columns(rows: Iterable[Iterable[str]]) -> None:
    """Print rows for `cut` and `awk`: columns stand between tabs, and none holds one."""
    for row in rows:
        sys.stdout.write("\t".join(one_line(cell) for cell in row) + "\n")


def write_json(value: Any) -> None:  # noqa: ANN401  # whatever JSON can hold
    """Print a value as JSON; what a terminal would obey is escaped."""
    sys.stdout.write(json_text(value) + "\n")


def json_text(value: Any, indent: int | None = 2) -> str:  # noqa: ANN401  # as above
    """A value as JSON in which nothing stands that a terminal would obey."""
    import json

    text = json.dumps(value, ensure_ascii=False, indent=indent)
    text = text.encode("utf-8", "backslashreplace").decode()  # surrogates; JSON's own escape
    return _UNSAFE_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
