r"""An entry's source cut at its fields, and its fields as values.

The body of an entry is a list item (`* **Title**: text`) or a heading of level 4 or deeper
with what follows it. lorefs writes the list form and keeps whichever form it finds. Values
have "\n" as their line end and neither the item's indentation nor blank lines around them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from lorefs.core.lines import SPACE, bold_title, heading, is_bullet, is_metadata, is_rule, marker_id
from lorefs.core.model import METADATA_FIELDS, TEAM, Entry
from lorefs.core.scan import BODY_LEVEL
from lorefs.errors import DocumentError

if TYPE_CHECKING:
    from lorefs.core.document import Block
    from lorefs.core.metadata import MetadataError

# Content that starts like this would not be read as such by Markdown behind the title.
_OWN_LINE: Final = r"[ \t>|]|[*+-][ \t]|[0-9]+[.)][ \t]|#{1,6}[ \t]|`{3}|~{3}"
_USUAL_BULLETS: Final = frozenset({"* **", "- **", "+ **"})
_WIDEST_BULLET: Final = 5  # columns; what is wider starts with indented code
_BLANK: Final = " \t\r\n"
_NO_TEXT: Final = frozenset({"", *_BLANK})


class Parts(NamedTuple):
    r"""An entry's source, cut; `"".join(parts)` is the source again.

    `marker` reaches to the metadata comment, else to the body, and is "" for an unclaimed
    entry. `gap` is what stands between metadata and body. `bullet` is `* **`, `* ` where the
    title is not bold, or `#### `. `separator` reaches from the title to the content: `**: `,
    or `**:\n\n` where the content starts on a line of its own.
    """

    marker: str
    metadata: str
    gap: str
    bullet: str
    title: str
    separator: str
    content: str


def cut(block: Block) -> Parts:
    """The parts of an entry, claimed or not; a text that is no entry is all content."""
    text = block.text
    start, end, body = _head(text)
    return Parts(text[:start], text[start:end], text[end:body], *_cut_body(text[body:]))


def _head(text: str) -> tuple[int, int, int]:
    """Where the metadata starts and ends, and where the body starts; equal without metadata."""
    line = _line(text, 0) if text.startswith("<!--") else ""
    if not marker_id(line):
        return 0, 0, 0
    start = _skip_blank(text, len(line))
    if text.startswith("<!--", start):
        line = _line(text, start)
        if is_metadata(line):
            end = start + len(line.rstrip(SPACE))
            return start, end, _skip_blank(text, end)
    return start, start, start


def _cut_body(body: str) -> tuple[str, str, str, str]:
    """Bullet, title, separator and content."""
    line = _line(body, 0)
    if is_bullet(line):
        return _cut_item(body, line)
    level, title = heading(line)
    if level < BODY_LEVEL:
        return "", "", "", body
    start = len(line) - len(line.lstrip("#").lstrip(SPACE))
    return _cut_at(body, start, start + len(title), start + len(title), len(line))


def _cut_item(body: str, line: str) -> tuple[str, str, str, str]:
    start = len(line) - len(line[1:].lstrip(SPACE))
    title = bold_title(line[start:])
    close = ":" if title else ""
    if not title and line.startswith("**", start):
        title = line[start + 2 : max(line.find("**", start + 3), 0)]
    if not title.strip():  # not in bold
        end = len(line.rstrip(SPACE))
        return _cut_at(body, start, end, end, len(line))
    end = start + 2 + len(title)
    return _cut_at(body, start + 2, end, end + 2 + len(close), len(line))


def _cut_at(
    body: str, title: int, title_end: int, separator: int, line_end: int
) -> tuple[str, str, str, str]:
    """The body cut at these places; the separator ends where the content starts."""
    rest = body[separator:line_end]
    content = line_end - len(rest.lstrip(SPACE))
    if content == line_end or body.startswith("#"):
        first = _skip_blank(body, line_end)
        content = max(body.rfind("\n", 0, first) + 1, line_end) if first < len(body) else first
    return body[:title], body[title:title_end], body[title_end:content], body[content:]


def _line(text: str, at: int) -> str:
    end = text.find("\n", at)
    return text[at:] if end < 0 else text[at : end - 1 if text[end - 1] == "\r" else end]


def _skip_blank(text: str, at: int) -> int:
    while at < len(text) and text[at] in _BLANK:
        at += 1
    return at


def is_heading_form(parts: Parts) -> bool:
    """Whether the entry's body is a heading with what follows it."""
    return parts.bullet.startswith("#")


def read_content(parts: Parts) -> str:
    """The content as a value."""
    if is_heading_form(parts):
        return tidy(parts.content)
    return _item_value(parts.content, _width(parts), inline="\n" not in parts.separator)


def _item_value(source: str, width: int, *, inline: bool) -> str:
    if inline and "\n" not in source and "\r" not in source:
        return source.strip(SPACE)
    return tidy(_dedented(_plain_ends(source), width, inline=inline))


def tidy(value: str) -> str:
    """A content in the form in which it is read back once it was written.

    Lines of white space are empty, none stands at the start, and nothing blank at the end.
    """
    lines = _plain_ends(value).rstrip(_BLANK).split("\n")
    return "\n".join([line if line.strip(SPACE) else "" for line in lines]).lstrip("\n")


def _plain_ends(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _width(parts: Parts) -> int:
    """The column at which the item's text starts: 2 for `* `."""
    width = len(parts.bullet.removesuffix("**").expandtabs(4))
    return width if width <= _WIDEST_BULLET else 2


def _dedented(source: str, width: int, *, inline: bool) -> str:
    """The source without the indentation that makes it part of the item.

    That is the item's width, or less where people indent less; lines that are not indented
    continue a paragraph lazily.
    """
    if inline and width == 2 and "\t" not in source:  # noqa: PLR2004
        return source.replace("\n  ", "\n")
    lines = source.split("\n")
    indented = [line for line in lines[inline:] if line.startswith("  ") and line.strip(SPACE)]
    width = min([width, *(len(line) - len(line.lstrip(" ")) for line in indented)])
    for n in range(inline, len(lines)):
        line = lines[n]
        if line.startswith(("\t", " \t")):
            lines[n] = line.lstrip(" ")[1:]
        elif line.startswith("  "):
            lines[n] = line[width:]
    return "\n".join(lines)


def write_content(parts: Parts, value: str, *, eol: str = "") -> Parts:
    """The parts with another content, in the form and with the line ends of the entry.

    `eol` is the line end for an entry that has none yet.
    """
    value = tidy(value)
    if value == read_content(parts):
        return parts
    eol = "\r\n" if "\r\n" in "".join(parts) else eol or "\n"
    if is_heading_form(parts):
        separator, indent = parts.separator, ""
        if "\n" not in separator:
            separator += eol * 2
    else:
        separator, indent = _item_separator(parts, value, eol), " " * _width(parts)
    first, *rest = value.split("\n")
    first = indent + first if "\n" in separator else first
    content = eol.join([first, *(indent + line if line else "" for line in rest)])
    if not value:
        separator, content = separator.rstrip(_BLANK), ""
    return parts._replace(separator=separator, content=content)


def _item_separator(parts: Parts, value: str, eol: str) -> str:
    """What stands before a value in a list item; kept where the value allows it."""
    separator = parts.separator
    if parts.bullet.endswith("**"):
        line = f"{parts.bullet[-2:]}{parts.title}{separator}{value}"
        if not separator.startswith("**:") and bold_title(_line(line, 0)):
            separator = "**:"  # a later `**:` would end the title
    elif "\n" not in separator:
        return separator + eol * 2
    if "\n" in separator:
        return separator
    if re.match(_OWN_LINE, value):
        return separator.rstrip(SPACE) + eol * 2
    return separator if separator[-1] in SPACE else separator + " "


def write_title(parts: Parts, title: str) -> Parts:
    """The parts with another title.

    Raises `DocumentError` for a title that is empty, holds a line end, or would be read back
    as another one.
    """
    title = title.strip()
    if not title or "\n" in title or "\r" in title:
        raise DocumentError("a title is one line of text", found=title)
    written = parts._replace(title=title)
    bold = written
    if not is_heading_form(parts):
        gap = parts.separator.removeprefix("**").removeprefix(":") or (" " if parts.content else "")
        bullet = parts.bullet.removesuffix("**")
        bold = written._replace(bullet=f"{bullet}**", separator=f"**:{gap}")
    for candidate in (written, bold):
        body = "".join(candidate[3:])
        if _cut_body(body) == candidate[3:] and not is_rule(_line(body, 0)):
            return candidate
    raise DocumentError(
        "the title would be read back as another one",
        found=title,
        hint="avoid `**:` in a title, and number signs at its end",
    )


def read_entry(block: Block, *, path: str, scope: str = TEAM) -> Entry:
    """The values of an entry; bad metadata reads as if it were not there.

    `path` is the directory of the document, "" for the top. See `metadata_problem`.
    """
    text = block.text
    start = end = body = text.find("\n") + 1
    if text[body : body + 4] not in _USUAL_BULLETS or not text.startswith("<!-- lore:"):
        start, end, body = _head(text)
    title = source = ""
    if text[body : body + 4] in _USUAL_BULLETS:  # faster than to cut what needs no cutting
        close = text.find("**:", body + 5)
        if close > 0 and text[close + 3 : close + 4] == " ":
            title, source = text[body + 4 : close].strip(), text[close + 4 :]
            if "\n" in title or source[:1] in _NO_TEXT:
                title = ""
    if title:
        content = _item_value(source, 2, inline=True)
    else:
        parts = cut(block)
        title, content = parts.title.strip(), read_content(parts)
    if start == end:
        return Entry(block.id, title, content, block.category, path, scope)
    from lorefs.core.metadata import read_fields  # not free to import

    fields = read_fields(text[start:end])
    return Entry(block.id, title, content, block.category, path, scope, **fields)


def metadata_problem(block: Block) -> MetadataError | None:
    """Why an entry's metadata is not understood in full, None if it is."""
    from lorefs.core.metadata import problem

    source = cut(block).metadata
    return problem(source) if source else None


def write_entry(entry: Entry, *, eol: str = "\n") -> str:
    """The source of a new entry, in the list form, without a final line end.

    Raises `DocumentError` for a title that cannot stand in bold on one line.
    """
    metadata = gap = ""
    if entry[_METADATA_START:] != _DEFAULTS:
        from lorefs.core.metadata import write_fields

        metadata = write_fields(entry)
        gap = eol if metadata else ""
    parts = Parts(f"<!-- lore:{entry.id} -->{eol}", metadata, gap, "* **", "", "**:", "")
    return "".join(write_title(write_content(parts, entry.content, eol=eol), entry.title))


_METADATA_START: Final = Entry._fields.index(METADATA_FIELDS[0])
_DEFAULTS: Final = tuple(Entry._field_defaults[field] for field in Entry._fields[_METADATA_START:])
