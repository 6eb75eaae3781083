"""Entries of programs whose tables lorefs knows: lore, LoreHub and td."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from lorefs.core.model import PERSONAL
from lorefs.errors import UsageError
from lorefs.formats.batch import Mapped, Told
from lorefs.formats.lorehub import lorehub_record, realm_of
from lorefs.formats.record import FormatError, Place, Source, build, kept
from lorefs.formats.tables import ALL_PROJECTS, read_cell, read_table
from lorefs.formats.values import fitting_category, paragraphs, title_and_rest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lorefs.formats.batch import Item
    from lorefs.formats.tables import Choice, Tables

LORE: Final = Source("lore", "lore_id")
TD_NOTES: Final = Source("td-notes", "td_id")
TD_ISSUES: Final = Source("td-issues", "td_id")

_LORE_COLUMNS: Final = (
    "id project_id category title content cross_project confidence created_at updated_at"
    " source_session metadata embedding"
).split(" ")
_LOREHUB_COLUMNS: Final = (
    "id realm_id content why type provinces sigils confidence origin status created_at"
).split(" ")
_NOTE_COLUMNS: Final = "id title content created_at pinned archived deleted_at".split(" ")
_ISSUE_COLUMNS: Final = (
    "id title description status type priority labels acceptance created_at closed_at deleted_at"
).split(" ")
_RELATIONS: Final = frozenset({"supersedes", "challenges", "supports", "depends_on", "relates_to"})

_LORE_MAPPING: Final = (
    ("id", "id"), ("title", "title"), ("content", "content"), ("category", "category"),
    ("confidence", "confidence"), ("relations", "knowledge_refs"),
    ("scope", "cross_project"), ("metadata", "source_session, metadata"),
)  # fmt: skip
_LOREHUB_MAPPING: Final = (
    ("id", "id"), ("title", "content, its first sentence"), ("content", "content, why"),
    ("category", "type"), ("path, tags", "provinces"), ("tags", "sigils"),
    ("confidence", "confidence / 100"), ("status", "status"), ("relations", "lore_relations"),
    ("metadata", "origin"),
)  # fmt: skip
_NOTE_MAPPING: Final = (
    ("id", "id"), ("title", "title"), ("content", "content"), ("tags", "pinned"),
    ("status", "archived"),
)  # fmt: skip
_ISSUE_MAPPING: Final = (
    ("id", "id"), ("title", "title"), ("content", "description, acceptance"),
    ("category", "type"), ("tags", "labels"), ("status", "closed_at"),
    ("relations", "issue_dependencies"), ("metadata", "priority"),
)  # fmt: skip


def read_tables(tables: Tables, choice: Choice) -> Iterator[Item]:
    """The entries of a database: of a program that is known by its tables, else of one table."""
    known = tables.columns()
    if choice.table is None and not choice.mapping:
        if "knowledge" in known:
            return _lore(tables, choice)
        if "lores" in known:
            return _lorehub(tables, choice)
        if "notes" in known and {"pinned", "archived"} & set(known["notes"]):
            return _td_notes(tables)
    if choice.table == "issues" and not choice.mapping and "issue_dependencies" in known:
        return _td_issues(tables)
    return read_table(tables, choice)


# ---------------------------------------------------------------- lore


def _lore(tables: Tables, choice: Choice) -> Iterator[Item]:
    yield Mapped("knowledge", _LORE_MAPPING, ("embedding",))
    projects = _projects(tables, choice)
    relations: dict[str, list[tuple[str, str]]] = {}
    for row in _optional(tables, "knowledge_refs", ("from_id", "to_id")):
        pair = ("relates_to", str(row["to_id"]))
        relations.setdefault(str(row["from_id"]), []).append(pair)
    elsewhere = 0
    for number, row in enumerate(tables.rows("knowledge", _LORE_COLUMNS), 1):
        if not (row["cross_project"] or projects is None or row["project_id"] in projects):
            elsewhere += 1
            continue
        place = Place(tables.path, record=number, name="knowledge")
        try:
            yield build(_lore_values(row, relations, place), place, LORE)
        except FormatError as error:
            yield error
    if elsewhere:
        yield Told(
            "entries of other projects were left out; `--project NAME` or `--project all` takes"
            " them",
            elsewhere,
        )


def _projects(tables: Tables, choice: Choice) -> set[object] | None:
    """The ids of the projects that are taken; None for all."""
    if choice.project == ALL_PROJECTS or "projects" not in tables.columns():
        return None
    rows = list(tables.rows("projects", ("id", "path", "name")))
    wanted = choice.project or choice.root
    found = {row["id"] for row in rows if wanted in {row["path"], row["name"]}}
    if choice.project and not found:
        names = ", ".join(sorted(str(row["name"] or row["path"]) for row in rows)[:20])
        raise UsageError(
            "the database has no such project",
            found=choice.project,
            hint=f"it has {names}" if names else "it names none",
        )
    return found


def _lore_values(
    row: Mapping[str, Any], relations: Mapping[str, list[tuple[str, str]]], place: Place
) -> dict[str, Any]:
    unknown: dict[str, object] = {}
    if row["source_session"]:
        unknown["source_session"] = row["source_session"]
    metadata = read_cell(row["metadata"])
    if metadata:
        unknown["metadata"] = metadata
    values = {
        "id": row["id"],
        "title": row["title"],
        "content": row["content"],
        "category": fitting_category(str(row["category"] or "")),
        "confidence": row["confidence"],
        "relations": relations.get(str(row["id"])),
        "created_at": row["created_at"],
    }
    if not row["title"] and isinstance(row["content"], str):
        values["title"], values["content"] = title_and_rest(row["content"])
    if row["cross_project"]:
        values["scope"] = PERSONAL
        unknown["cross_project"] = True
    return values | {"extra": kept(unknown, place)}


# ---------------------------------------------------------------- LoreHub


def _lorehub(tables: Tables, choice: Choice) -> Iterator[Item]:
    yield Mapped("lores", _LOREHUB_MAPPING)
    realms = [
        {"id": row["id"], "name": row["name"], "path": row["path"]}
        for row in _optional(tables, "realms", ("id", "name", "path"))
    ]
    realm = realm_of(realms, choice)
    relations: dict[str, list[tuple[str, str]]] = {}
    columns = ("from_lore_id", "to_lore_id", "type")
    for row in _optional(tables, "lore_relations", columns):
        pair = (str(row["type"]), str(row["to_lore_id"]))
        relations.setdefault(str(row["from_lore_id"]), []).append(pair)
    elsewhere = 0
    for number, row in enumerate(tables.rows("lores", _LOREHUB_COLUMNS), 1):
        if realm is not None and row["realm_id"] != realm:
            elsewhere += 1
            continue
        found = {**row, "relations": relations.get(str(row["id"]))}
        for name in ("provinces", "sigils", "origin"):
            found[name] = read_cell(row[name])
        yield lorehub_record(found, Place(tables.path, record=number, name="lores"), choice)
    if elsewhere:
        yield Told("entries of other realms were left out; `--project all` takes them", elsewhere)


# ---------------------------------------------------------------- td


def _td_notes(tables: Tables) -> Iterator[Item]:
    yield Mapped("notes", _NOTE_MAPPING)
    for number, row in enumerate(tables.rows("notes", _NOTE_COLUMNS), 1):
        if row["deleted_at"]:
            continue
        values = {
            "id": row["id"],
            "title": row["title"],
            "content": row["content"],
            "category": "Note",
            "tags": ["pinned"] if row["pinned"] else None,
            "status": "archived" if row["archived"] else "active",
            "created_at": row["created_at"],
        }
        if not row["title"] and isinstance(row["content"], str):
            values["title"], values["content"] = title_and_rest(row["content"])
        place = Place(tables.path, record=number, name="notes")
        try:
            yield build(values, place, TD_NOTES)
        except FormatError as error:
            yield error


def _td_issues(tables: Tables) -> Iterator[Item]:
    yield Mapped("issues", _ISSUE_MAPPING)
    relations: dict[str, list[tuple[str, str]]] = {}
    columns = ("issue_id", "depends_on_id", "relation_type")
    for row in _optional(tables, "issue_dependencies", columns):
        kind = str(row["relation_type"] or "depends_on")
        pair = (kind if kind in _RELATIONS else "relates_to", str(row["depends_on_id"]))
        relations.setdefault(str(row["issue_id"]), []).append(pair)
    for number, row in enumerate(tables.rows("issues", _ISSUE_COLUMNS), 1):
        if row["deleted_at"]:
            continue
        place = Place(tables.path, record=number, name="issues")
        try:
            yield build(_issue_values(row, relations, place), place, TD_ISSUES)
        except FormatError as error:
            yield error


def _issue_values(
    row: Mapping[str, Any], relations: Mapping[str, list[tuple[str, str]]], place: Place
) -> dict[str, Any]:
    acceptance = str(row["acceptance"] or "")
    closed = row["closed_at"] or row["status"] == "closed"
    return {
        "id": row["id"],
        "title": row["title"],
        "content": paragraphs(str(row["description"] or ""), acceptance),
        "category": fitting_category(str(row["type"] or "")),
        "tags": row["labels"] or None,
        "status": "archived" if closed else "active",
        "relations": relations.get(str(row["id"])),
        "created_at": row["created_at"],
        "extra": kept({"priority": row["priority"]}, place),
    }


def _optional(tables: Tables, table: str, columns: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """The rows of a table that older databases do not have."""
    if table in tables.columns():
        yield from tables.rows(table, columns)
