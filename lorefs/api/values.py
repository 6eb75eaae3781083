"""Rows and errors as values that JSON can hold, for programs and agents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lorefs.core.guests import is_source, source_of
from lorefs.errors import AmbiguousIdError, ConflictError, UsageError

if TYPE_CHECKING:
    from lorefs.errors import LorefsError
    from lorefs.store import Row


def checked_source(text: str) -> str:
    """What names a source of entries; raises `UsageError` for what none can be called."""
    if not is_source(text):
        raise UsageError(
            "there is no such source",
            found=text,
            hint="name here, user, shared, hub, hub:NAME or hub:NAME/REALM",
        )
    return text


def brief(row: Row) -> dict[str, Any]:
    """What an agent needs of an entry: to judge it, and to ask for it or change it.

    `standing` is there where it is "unapproved": what it says nobody entitled has approved.
    """
    entry = row.entry
    standing = {"standing": row.standing} if row.standing else {}
    return {
        "id": entry.id,
        "title": entry.title,
        "content": entry.content,
        "category": entry.category,
        "path": entry.path,
        "scope": entry.scope,
        "status": entry.status,
        "confidence": entry.confidence,
        "tags": list(entry.tags),
        "relations": [{"type": kind, "id": target} for kind, target in entry.relations],
        "document": row.document,
        "source": source_of(row.document),
        "rev": row.rev,
        **standing,
    }


def failure(error: LorefsError) -> dict[str, Any]:
    """An error as facts; of a stale revision the row as it is now is one of them."""
    facts = {
        "error": type(error).__name__.removesuffix("Error"),
        "message": error.message,
        "hint": error.hint,
        "path": error.path,
        "line": error.line,
        "found": error.found,
    }
    found: dict[str, Any] = {key: value for key, value in facts.items() if value is not None}
    if isinstance(error, ConflictError):
        current: Any = error.current
        found["current"] = current and brief(current)
    if isinstance(error, AmbiguousIdError):
        found["candidates"] = list(error.candidates)
    return found
