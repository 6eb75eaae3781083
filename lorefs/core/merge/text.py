"""Three-way merge of running text: by line, then by word within what both sides changed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from lorefs.core.merge.align import regions
from lorefs.core.merge.sides import Clash, Sides

if TYPE_CHECKING:
    from collections.abc import Sequence

# Patterns are compiled where they are needed: most merges need none of them.
# White space belongs to the word behind it, so words join back to the same text.
_WORDS = r"\s*\S+|\s+"
_LINES = r"[^\n]*\n|[^\n]+"

# Past this many words a paragraph that both changed is a conflict as a whole.
WORD_LIMIT = 20_000


class MergedText(NamedTuple):
    """A merged text as its pieces: settled text, and clashes where the sides disagree."""

    pieces: tuple[str | Clash[str], ...]

    @property
    def clean(self) -> bool:
        """Whether no clash is left."""
        return not any(isinstance(piece, Clash) for piece in self.pieces)

    def readings(self) -> Sides[str]:
        """The text with each clash settled for the base, for ours and for theirs."""
        clashes = [Sides("", "", "")]
        clashes += [
            piece.sides if isinstance(piece, Clash) else Sides(piece, piece, piece)
            for piece in self.pieces
        ]
        return Sides(*("".join(pieces) for pieces in zip(*clashes, strict=True)))


def merge_text(sides: Sides[str]) -> MergedText:
    """Merge three versions of a text; they join line ends as they find them."""
    pieces: list[str | Clash[str]] = []
    for part in _by_lines(sides):
        if isinstance(part, str):
            pieces.append(part)
        else:
            pieces += _merge_words(part)
    return MergedText(_joined(pieces))


def union_text(sides: Sides[str]) -> str:
    """The text with both versions of what clashes, the bytewise smaller one first.

    Words that both sides inserted at one place stand next to each other; of other clashes
    both versions of the lines are kept. Ours and theirs may change places: a merge on two
    machines gives one text.
    """
    return "".join(
        part if isinstance(part, str) else _both_sorted(part) for part in _by_lines(sides)
    )


def ours_and_theirs(sides: Sides[str]) -> str:
    """The text with both versions of what clashes, ours first: what a person means by "both".

    Of a clash both versions of the lines are kept; between two paragraphs a blank line is put.
    """
    return "".join(
        part if isinstance(part, str) else _both_readable(part) for part in _by_lines(sides)
    )


def _both_sorted(sides: Sides[str]) -> str:
    """Both versions of a stretch of lines on which the sides disagree, for `union_text`."""
    words = _merge_words(sides)
    if sides.base and not any(isinstance(word, Clash) and word.sides.base for word in words):
        return "".join("".join(sorted(w.sides[1:])) if isinstance(w, Clash) else w for w in words)
    read = MergedText(tuple(words)).readings()
    first, second = sorted((read.ours, read.theirs))
    separator = "\n" if first and not first.endswith("\n") else ""
    return f"{first}{separator}{second}"


def _both_readable(sides: Sides[str]) -> str:
    """The same for `ours_and_theirs`."""
    words = MergedText(tuple(_merge_words(sides)))
    if words.clean:
        return words.readings().ours
    ours, theirs = sides.ours, sides.theirs
    if not ours.strip() or not theirs.strip():
        return ours if ours.strip() else theirs
    above = ours.rstrip("\n")
    flows = not re.match(_STARTS, theirs) and not re.match(_STARTS, above.rpartition("\n")[2])
    return f"{above}\n\n{theirs}" if flows else f"{above}\n{theirs}"


def _by_lines(sides: Sides[str]) -> list[str | Sides[str]]:
    """The lines that need no judgement, joined, and the stretches of lines that do."""
    return _settle(Sides(*(re.findall(_LINES, text) for text in sides)))


def _merge_words(sides: Sides[str]) -> list[str | Clash[str]]:
    words = Sides(*(re.findall(_WORDS, text) for text in sides))
    if not words.base or max(map(len, words)) > WORD_LIMIT:
        return [Clash(sides)]
    return [part if isinstance(part, str) else Clash(part) for part in _settle(words)]


def _settle(sides: Sides[list[str]]) -> list[str | Sides[str]]:
    """The items that need no judgement, joined, and the stretches that do."""
    parts: list[str | Sides[str]] = []
    for region in regions(*sides):
        base = _stretch(sides.base, region.base)
        ours = _stretch(sides.ours, region.ours)
        theirs = _stretch(sides.theirs, region.theirs)
        if ours == theirs or theirs == base:
            parts.append(ours)
        elif ours == base:
            parts.append(theirs)
        else:
            parts.append(Sides(base, ours, theirs))
    return parts


def _stretch(items: Sequence[str], span: tuple[int, int]) -> str:
    return "".join(items[span[0] : span[1]])


def _joined(pieces: list[str | Clash[str]]) -> tuple[str | Clash[str], ...]:
    joined: list[str | Clash[str]] = []
    for piece in pieces:
        if isinstance(piece, str) and joined and isinstance(joined[-1], str):
            joined[-1] += piece
        elif piece:
            joined.append(piece)
    return tuple(joined)


# Lines that Markdown does not flow into the line before them.
_STARTS = r"[ \t]*(?:[-*+>#|<]|\d+[.)]|`{3}|~{3}|={3})"
_FENCE = r"[ \t]*(`{3,}|~{3,})"


def unwrapped(content: str) -> str:
    """The content with each paragraph on one line: equal for texts that differ in wrapping."""
    if "\n" not in content:
        return content
    lines: list[str] = []
    fence = ""
    flows = False  # whether the next line may continue the last one
    for line in content.split("\n"):
        opener = re.match(_FENCE, line)
        if fence:
            lines.append(line)
            if opener and opener[1].startswith(fence) and line.strip() == opener[1]:
                fence = ""
        elif flows and line.strip() and not re.match(_STARTS, line):
            lines[-1] = f"{lines[-1]} {line.lstrip()}"
        else:
            fence = opener[1] if opener else ""
            lines.append(line)
        hard_break = line.endswith(("  ", "\\"))
        flows = not (fence or opener or hard_break) and bool(line.strip()) and line[0] not in "#|<"
    return "\n".join(lines)
