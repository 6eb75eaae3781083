"""Small documents for tests, in the form that people and tools write them."""

from __future__ import annotations

from lorefs.core.document import parse
from lorefs.core.model import Entry
from lorefs.core.source import read_entry


def ident(number: int) -> str:
    """A UUIDv7 for a small number."""
    return f"01926a3e-5f00-7000-8000-{number:012x}"


def entry(number: int, title: str, content: str = "Something to know.", meta: str = "") -> str:
    """The source of an entry; `meta` is what stands between the braces of its metadata."""
    comment = f"<!-- {{{meta}}} -->\n" if meta else ""
    return f"<!-- lore:{ident(number)} -->\n{comment}* **{title}**: {content}"


def document(*blocks: str, category: str = "Gotcha") -> str:
    """A document with entries below one heading."""
    return "\n\n".join(("## Long-term Knowledge", f"### {category}", *blocks)) + "\n"


def entries(text: str) -> dict[str, Entry]:
    """The marked entries of a document by id; fails where an id stands twice."""
    found = [read_entry(b, path="", scope="team") for b in parse(text).blocks if b.id]
    assert len({each.id for each in found}) == len(found), "an id stands twice"
    return {each.id: each for each in found}


def titles(text: str) -> list[str]:
    """The titles of the marked entries in their order."""
    return [each.title for each in entries(text).values()]
