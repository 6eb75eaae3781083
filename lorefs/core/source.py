"""An entry's source cut at its fields, and its fields as values.

The body of an entry is a list item (`* **Title**: text`) or a heading of level 4 or deeper
with what follows it. Whichever is found is kept.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from lorefs.core.model import METADATA_FIELDS, TEAM, Entry
from lorefs.core.scan import MARKER

if TYPE_CHECKING:
    from lorefs.core.document import Block

# What nearly every entry looks like: a marker, a bold title, one line of text.
_USUAL: Final = re.compile(r"<!-- lore:[^\n]* -->\n[*+-] \*\*([^\n*]+)\*\*: ([^\n]+)\Z")
_METADATA: Final = re.compile(r"<!--[ \t]*\{[^\n]*-->")
_BULLET: Final = re.compile(r"[*+-][ \t]+")
_HASHES: Final = re.compile(r"#+[ \t]*")
_BLANK: Final = " \t\r\n"
# Content that starts like this needs a line of its own below the title.
_OWN_LINE: Final = re.compile(r"[ \t]|[*+-][ \t]|\d+[.)][ \t]|#{1,6}[ \t]|`{3}|~{3}|[>|]")


class Parts(NamedTuple):
    """An entry's source, cut; `"".join(parts)` is the source again.

    `marker` reaches to the metadata comment, else to the body, and is "" for an unclaimed
    entry. `gap` is what stands between metadata and body. `bullet` is `* **`, `* ` where the
    title is not bold, or `#### `. `separator` reaches from the title to the content.
    """

    marker: str
    metadata: str
    gap: str
    bullet: str
    title: str
    separator: str
    content: str


def cut(block: Block) -> Parts:
    """The parts of an entry, claimed or not."""
    text = block.text
    marker = MARKER.match(text)
    body = start = _skip(text, marker.end()) if marker else 0
    metadata = _METADATA.match(text, start) if marker else None
    if metadata:
        body = _skip(text, metadata.end())
    head = (
        text[:start],
        metadata[0] if metadata else "",
        text[start:body][len(metadata[0]) :] if metadata else "",
    )
    bullet = _BULLET.match(text, body)
    if bullet:
        return Parts(*head, *_cut_item(text, body, bullet.end()))
    hashes = _HASHES.match(text, body)
    return Parts(*head, *_cut_section(text, body, hashes.end() if hashes else body))


def _skip(text: str, position: int) -> int:
    while position < len(text) and text[position] in _BLANK:
        position += 1
    return position


def _cut_item(text: str, start: int, title: int) -> tuple[str, str, str, str]:
    line_end = _line_end(text, title)
    if text.startswith("**", title):
        end = text.find("**:", title + 2, line_end)
        if end < 0:
            end = text.find("**", title + 2, line_end)
        if end > title + 2:
            after = end + 3 if text.startswith("**:", end) else end + 2
            content = _skip(text, after)
            return text[start : title + 2], text[title + 2 : end], text[end:content], text[content:]
    content = _skip(text, line_end)
    return text[start:title], text[title:line_end], text[line_end:content], text[content:]


def _cut_section(text: str, start: int, title: int) -> tuple[str, str, str, str]:
    line_end = _line_end(text, title)
    line = text[title:line_end]
    closed = line.rstrip(" \t").rstrip("#")
    closing = closed != line.rstrip(" \t") and closed[-1:] in {" ", "\t"}
    end = title + len(closed.rstrip(" \t") if closing else line.rstrip(" \t"))
    content = _skip(text, line_end)
    return text[start:title], text[title:end], text[end:content], text[content:]


def _line_end(text: str, position: int) -> int:
    end = text.find("\n", position)
    end = len(text) if end < 0 else end
    return end - 1 if end > position and text[end - 1] == "\r" else end


def is_heading_form(parts: Parts) -> bool:
    """Whether the entry's body is a heading with what follows it."""
    return parts.bullet.startswith("#")


def read_content(parts: Parts) -> str:
    """The content as a value: without the item's indentation, lines ended by a line feed."""
    source = parts.content
    if "\n" not in source:
        return source.rstrip(_BLANK)
    lines = source.replace("\r\n", "\n").split("\n")
    if not is_heading_form(parts):
        width = _indent(parts)
        lines[1:] = [_dedented(line, width) for line in lines[1:]]
    return "\n".join(line if line.strip(" \t") else "" for line in lines).rstrip(_BLANK)


def _indent(parts: Parts) -> int:
    """The column at which the item's text starts: 2 for `* `."""
    return len(parts.bullet.rstrip("*")) if parts.bullet.endswith("**") else len(parts.bullet)


def _dedented(line: str, width: int) -> str:
    if line.startswith("\t"):
        return line[1:]
    return line[min(width, len(line) - len(line.lstrip(" "))) :]


def write_content(parts: Parts, value: str) -> Parts:
    """The parts with another content, in the form and with the line ends of the entry."""
    value = _normal(value)
    if value == read_content(parts):
        return parts
    eol = "\r\n" if "\r\n" in "".join(parts) else "\n"
    heading = is_heading_form(parts)
    indent = "" if heading else " " * _indent(parts)
    bold = parts.bullet.endswith("**")
    separator = parts.separator
    if not value:
        separator = "**" if bold else ""
    elif heading or not bold:
        if "\n" not in separator:
            separator += eol * 2 + indent
    elif _OWN_LINE.match(value):
        separator = f"**:{eol * 2}{indent}"
    elif "\n" in separator or not separator.startswith("**:") or separator == "**:":
        separator = "**: "
    lines = value.split("\n")
    source = eol.join([lines[0], *(indent + line if line else "" for line in lines[1:])])
    return parts._replace(separator=separator, content=source)


def _normal(value: str) -> str:
    """A content as `read_content` gives it back."""
    lines = value.replace("\r\n", "\n").split("\n")
    return "\n".join(line if line.strip(" \t") else "" for line in lines).strip("\n").rstrip(_BLANK)


def read_entry(block: Block, *, path: str, scope: str = TEAM) -> Entry:
    """The values of an entry; bad metadata reads as if it were not there."""
    usual = _USUAL.match(block.text)
    if usual:
        title, content = usual.groups()
        return Entry(block.id, title.strip(), content.rstrip(_BLANK), block.category, path, scope)
    parts = cut(block)
    entry = Entry(block.id, parts.title.strip(), read_content(parts), block.category, path, scope)
    if not parts.metadata:
        return entry
    from lorefs.core.metadata import read_fields  # rare, and not free to import

    return entry._replace(**read_fields(parts.metadata))


def write_entry(entry: Entry, *, eol: str = "\n") -> str:
    """The source of a new entry, in the list form, without a final line end."""
    metadata = ""
    if entry[METADATA_START:] != _DEFAULTS:
        from lorefs.core.metadata import write_fields

        metadata = write_fields(entry) + eol
    parts = Parts(f"<!-- lore:{entry.id} -->{eol}", "", "", "* **", entry.title, "**", "")
    parts = write_content(parts, entry.content)
    return parts._replace(metadata=metadata).marker + metadata + "".join(parts[3:])


METADATA_START: Final = Entry._fields.index(METADATA_FIELDS[0])
_DEFAULTS: Final = tuple(Entry._field_defaults[field] for field in Entry._fields[METADATA_START:])
