"""An entry as a section of Markdown for people and agents to read: title, facts, text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lorefs.core.model import PERSONAL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lorefs.core.model import Entry

SHOWN: Final = 3  # paths that a heading names


def excerpt(entry: Entry, document: str) -> str:
    """A section; its facts are those an agent needs to judge the entry and to ask for it again."""
    facts = [f"`{entry.id}`", entry.category, document]
    if entry.scope == PERSONAL:
        facts.append("personal")
    if entry.confidence < 1:
        facts.append(f"confidence {entry.confidence:g}")
    facts += [f"#{tag}" for tag in entry.tags]
    parts = [f"## {' '.join(entry.title.split())}\n", " · ".join(filter(None, facts)) + "\n"]
    if entry.content.strip():
        parts.append(f"\n{entry.content.strip()}\n")
    return "\n" + "".join(parts)


def heading(paths: Sequence[str], query: str) -> str:
    """What an excerpt of several entries is about, as a heading."""
    about = [path or "the repository" for path in paths[:SHOWN]]
    if len(paths) > SHOWN:
        about.append(f"{len(paths) - SHOWN} more")
    named = ", ".join(about) or "the repository"
    asked = " ".join(query.split())
    return f"# Lore for {named}{f': {asked}' if asked else ''}\n"
