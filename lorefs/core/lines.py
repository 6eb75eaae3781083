"""What a line of Markdown is when it stands at column 0, told from its text alone.

All functions take the text of a line without its line end unless they say otherwise.
"""

from __future__ import annotations

from typing import Final

SPACE: Final = " \t\r"

_CONFLICT_LENGTH: Final = 7  # git's default; conflict-marker-size makes it longer
_FENCE_LENGTH: Final = 3
_RULE_LENGTH: Final = 3
_DEEPEST_HEADING: Final = 6


def marker_id(line: str) -> str:
    """The id in an entry's marker, `<!-- lore:ID -->`; "" if the line is none.

    White space inside the comment is tolerated, and whatever id without white space.
    """
    inner = _comment(line)
    if not inner.startswith("lore:"):
        return ""
    found = inner[5:].lstrip(SPACE)
    return found if len(found.split()) == 1 and ">" not in found else ""


def is_metadata(line: str) -> bool:
    """Whether a line is a comment that holds a flow mapping, well formed or not."""
    inner = _comment(line)
    return inner.startswith("{") and inner.endswith("}")


def _comment(line: str) -> str:
    """What a line that is one comment holds, "" for all others."""
    line = line.rstrip(SPACE)
    if line.startswith("<!--") and line.endswith("-->"):
        inner = line[4:-3]
        return "" if "-->" in inner else inner.strip(SPACE)
    return ""


def heading(line: str) -> tuple[int, str]:
    """Level and title of an ATX heading, without its closing number signs; level 0 if none."""
    rest = line.lstrip("#")
    level = len(line) - len(rest)
    if not 0 < level <= _DEEPEST_HEADING or (rest and rest[0] not in SPACE):
        return 0, ""
    title = rest.strip(SPACE)
    opened = title.rstrip("#")
    return level, opened.rstrip(SPACE) if not opened or opened[-1] in SPACE else title


def is_bullet(line: str) -> bool:
    """Whether a line is the first one of a bullet list item that is not empty."""
    return line[:2] in _BULLETS and line[2:].strip(SPACE) != ""


_BULLETS: Final = frozenset({"* ", "- ", "+ ", "*\t", "-\t", "+\t"})


def bold_title(text: str) -> str:
    """The title that starts a text, `**Title**: `; "" if there is none.

    The first `**:` with white space or nothing behind it ends a title, so that a title can
    hold `**` itself.
    """
    end = 2
    while text.startswith("**") and (end := text.find("**:", end + 1)) >= 0:
        if text[end + 3 : end + 4] in _AFTER_TITLE and not text[2:end].isspace():
            return text[2:end]
    return ""


_AFTER_TITLE: Final = frozenset({"", " ", "\t", "\r", "\n"})


def fence_length(line: str) -> int:
    """How many characters the fence has that a line opens a code block with; 0 if it does not."""
    info = line.lstrip(line[:1])
    length = len(line) - len(info)
    if length < _FENCE_LENGTH or line[0] not in "`~" or (line[0] == "`" and "`" in info):
        return 0
    return length


def is_rule(line: str) -> bool:
    """Whether a line is a thematic break: three or more of `*`, `-` or `_`, spaced or not."""
    first = line[:1]
    if first not in {"*", "-", "_"} or line.strip(first + SPACE):
        return False
    return line.count(first) >= _RULE_LENGTH


def is_conflict_marker(line: str) -> bool:
    """Whether a line is one of those that git puts around the sides of a conflict.

    `=======` is, too, though it may also underline a heading.
    """
    if line[:1] not in {"<", ">", "|", "="}:
        return False
    label = line.lstrip(line[0])
    if len(line) - len(label) < _CONFLICT_LENGTH:
        return False
    return not label.strip(SPACE) or (label[0] == " " and line[0] != "=")


def interrupts_item(line: str) -> bool:
    """Whether a line ends the list item before it, though no blank line stands between them.

    As in CommonMark, of all ordered lists only one that starts with 1 does: wrapped text may
    well begin a line with "2026. ".
    """
    match line[0]:
        case "<":
            return line.startswith("<!--") or is_conflict_marker(line)
        case ">" | "|" | "=":
            return is_conflict_marker(line)
        case "#":
            return heading(line)[0] > 0
        case "*" | "-" | "+" | "_":
            return is_bullet(line) or is_rule(line)
        case "`" | "~":
            return fence_length(line) > 0
        case "1":
            return line[1:3] in {". ", ") ", ".\t", ")\t"}
        case _:
            return False
