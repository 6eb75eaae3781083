"""The vocabulary of lore: what an entry is, and how documents are named.

Everything here is data. `NamedTuple` is used instead of dataclasses because the merge
driver imports this module, and its start-up time is what people feel on every merge.
"""

from __future__ import annotations

from typing import Final, NamedTuple

TEAM: Final = "team"
REVIEW: Final = "review"
PERSONAL: Final = "personal"

TEAM_NAME: Final = ".lore.md"
REVIEW_NAME: Final = ".lore.review.md"
PERSONAL_NAME: Final = ".lore.local.md"

SCOPES: Final = {TEAM_NAME: TEAM, REVIEW_NAME: REVIEW, PERSONAL_NAME: PERSONAL}
NAMES: Final = {scope: name for name, scope in SCOPES.items()}

STATUSES: Final = ("active", "pending", "rejected", "archived")
ACTIVE, PENDING, REJECTED, _ = STATUSES
SENSITIVITIES: Final = ("normal", "sensitive", "restricted")  # from the least strict on
RELATION_TYPES: Final = ("supersedes", "challenges", "supports", "depends_on", "relates_to")


class Relation(NamedTuple):
    """A directed link from the entry that holds it to the entry `id`."""

    type: str
    id: str


class Entry(NamedTuple):
    r"""One durable fact, as values; its source text is a `document.Block`.

    `title` is one line and `content` any number of lines of Markdown source, with "\n"
    as the line end. `path` is the directory of the document relative to the top of the
    worktree, in POSIX form, "" for the top itself. `tags` and `relations` are sets, kept
    as sorted tuples. `extra` holds the unknown metadata keys with their YAML source.
    """

    id: str
    title: str
    content: str = ""
    category: str = ""
    path: str = ""
    scope: str = TEAM
    confidence: float = 1.0
    status: str = "active"
    sensitivity: str = "normal"
    tags: tuple[str, ...] = ()
    relations: tuple[Relation, ...] = ()
    proposed_by: str = ""
    approved_by: str = ""
    approved_hash: str = ""
    extra: tuple[tuple[str, str], ...] = ()


# The fields that stand in the metadata comment, in the order in which lorefs writes them.
METADATA_FIELDS: Final = (
    "confidence",
    "status",
    "sensitivity",
    "tags",
    "relations",
    "proposed_by",
    "approved_by",
    "approved_hash",
)


def scope_of(document: str) -> str | None:
    """The scope of the document at a path, None if its name is not that of a lore document."""
    return SCOPES.get(document.rpartition("/")[2])


def directory_of(document: str) -> str:
    """The directory of a document's path: the path scope of its entries, "" at the top."""
    return document.rpartition("/")[0]


def document_path(directory: str, scope: str) -> str:
    """The path of the document that holds the entries of a scope in a directory."""
    return f"{directory}/{NAMES[scope]}" if directory else NAMES[scope]
