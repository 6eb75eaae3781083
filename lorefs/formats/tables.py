"""Entries of tables that lorefs does not know: columns mapped to the fields of an entry."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from lorefs.core.model import Entry
from lorefs.errors import UsageError
from lorefs.formats.batch import Mapped
from lorefs.formats.json_text import LOREFS, ROW_FACTS
from lorefs.formats.record import FormatError, Place, Source, build, extra_source, kept
from lorefs.formats.values import title_and_rest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from lorefs.formats.batch import Item

ALL_PROJECTS: Final = "all"
_NEEDED: Final = frozenset({"id", "title", "content", "rev"})  # what a table of lorefs has


class Tables(Protocol):
    """The tables of a database, as far as readers need to know it."""

    @property
    def path(self) -> str:
        """The database's path, for errors."""

    def columns(self) -> dict[str, tuple[str, ...]]:
        """The columns of all tables, by table."""

    def rows(self, table: str, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
        """The rows of a table; columns that it does not have are None."""


class Choice(NamedTuple):
    """What the user says of a database, and what the repository has.

    `project` names the project or realm to take, by path or name; `directory` tells whether a
    path is a directory of the repository.
    """

    root: str = ""
    project: str | None = None
    table: str | None = None
    mapping: tuple[tuple[str, str], ...] = ()
    directory: Callable[[str], bool] = lambda _: False


def read_table(tables: Tables, choice: Choice) -> Iterator[Item]:
    """The entries of one table of any program. The mapping comes first."""
    known = tables.columns()
    table = _table(known, choice, tables.path)
    columns = known[table]
    ours = table == "entries" and set(columns) >= _NEEDED
    source = LOREFS if ours else Source(table, f"{table}_id")
    pairs = _mapping(columns, choice.mapping, table)
    unused = [name for name in columns if name not in {column for _, column in pairs}]
    yield Mapped(
        table,
        tuple(pairs),
        tuple(name for name in unused if not (ours and name in ROW_FACTS)),
    )
    ordinals: dict[object, int] = {}
    created = next((name for name in ("created_at", "created") if name in columns), "created_at")
    wanted = (*dict.fromkeys(column for _, column in pairs), created)
    for number, row in enumerate(tables.rows(table, wanted), 1):
        place = Place(tables.path, record=number, name=table)
        try:
            values = _values(row, pairs, place, ours=ours)
            values["created_at"] = row.get(created)
            values["ordinal"] = ordinals.get(values.get("title"), 0)
            ordinals[values.get("title")] = int(values["ordinal"]) + 1
            yield build(values, place, source)
        except FormatError as error:
            yield error


def _table(known: Mapping[str, object], choice: Choice, path: str) -> str:
    if choice.table is not None:
        names = {name.lower(): name for name in known}
        if choice.table.lower() not in names:
            raise UsageError(
                "the database has no such table",
                path=path,
                found=choice.table,
                hint=f"it has {', '.join(sorted(known))}" if known else "it has no tables",
            )
        return names[choice.table.lower()]
    if "entries" in known:
        return "entries"
    if len(known) != 1:
        raise UsageError(
            "the database has several tables, none of which lorefs knows" if known
            else "the database has no tables",
            path=path,
            hint=f"name one of {', '.join(sorted(known)[:20])} with --table"
            if known else "name another file",
        )  # fmt: skip
    return next(iter(known))


def _mapping(
    columns: Sequence[str], wanted: Sequence[tuple[str, str]], table: str
) -> list[tuple[str, str]]:
    """Which field, or key of metadata, each column becomes."""
    names = {name.lower(): name for name in columns}
    if not wanted:
        found = [(field, names[field]) for field in Entry._fields if field in names]
        if not {"title", "content"} & {field for field, _ in found}:
            raise UsageError(
                f"no column of {table} is named as a field of an entry is",
                found=", ".join(columns)[:200],
                hint="map some with --map title=COLUMN --map content=COLUMN",
            )
        return found
    found = []
    for field, column in wanted:
        if column.lower() not in names:
            raise UsageError(
                f"{table} has no column of this name",
                found=column,
                hint=f"it has {', '.join(columns)}"[:400],
            )
        found.append((field, names[column.lower()]))
    return found


def _values(
    row: Mapping[str, Any], pairs: Sequence[tuple[str, str]], place: Place, *, ours: bool
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    unknown: dict[str, object] = {}
    for field, column in pairs:
        found = row[column]
        if isinstance(found, bytes):
            raise place.error(
                f"the column {column} holds bytes, not text", hint="map it to nothing"
            )
        if field in Entry._fields:
            values[field] = found
        elif found is not None:
            unknown[field] = found
    extra = values.pop("extra", None)
    if isinstance(extra, str):
        extra = read_cell(extra) or {}
    if extra is not None or unknown:
        values["extra"] = extra_source(extra or {}, place) | kept(unknown, place)
    if not ours and not values.get("title") and isinstance(values.get("content"), str):
        values["title"], values["content"] = title_and_rest(values["content"])
    return values


def read_cell(found: object) -> Any:  # noqa: ANN401  # whatever the cell holds
    """What a cell means that may hold JSON; a text that is none is itself."""
    if isinstance(found, str) and found.lstrip()[:1] in {"[", "{", '"'}:
        try:
            return json.loads(found)
        except (ValueError, RecursionError):
            return found
    return found
