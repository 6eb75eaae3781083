"""Entries of LoreHub: its JSON export, and what its tables share with that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from lorefs.errors import UsageError
from lorefs.formats.batch import Told
from lorefs.formats.json_text import parse_json
from lorefs.formats.record import FormatError, Place, Source, build, kept
from lorefs.formats.tables import ALL_PROJECTS
from lorefs.formats.values import (
    fitting_category,
    listed,
    paragraphs,
    tags,
    text,
    title_and_rest,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lorefs.formats.batch import Item
    from lorefs.formats.tables import Choice

LOREHUB: Final = Source("lorehub", "lorehub_id")
_VERSIONS: Final = "1."
_STATUSES: Final = {
    "living": "active",
    "proclaimed": "active",
    "whispered": "pending",
    "ancient": "archived",
    "archived": "archived",
}
_RELATIONS: Final = {
    "succeeds": "supersedes",
    "challenges": "challenges",
    "supports": "supports",
    "depends_on": "depends_on",
    "bound_to": "relates_to",
}


def read_lorehub(source: str, path: str, choice: Choice) -> Iterator[Item]:
    """The entries of an export of LoreHub, which has no relations."""
    place = Place(path)
    found = parse_json(source, place)
    lores = found.get("lores") if isinstance(found, dict) else None
    if not isinstance(lores, list):
        raise place.error("this is no export of LoreHub", hint='it has to hold {"lores": [...]}')
    if not str(found.get("version", "1.0")).startswith(_VERSIONS):
        raise place.error(
            "the export has a version that this lorefs does not know",
            found=str(found["version"])[:20],
            hint="export it as version 1.0",
        )
    realms = [realm for realm in found.get("realms") or [] if isinstance(realm, dict)]
    realm = realm_of(realms, choice)
    elsewhere = 0
    for number, values in enumerate(lores, 1):
        at = Place(path, record=number)
        if not isinstance(values, dict):
            yield at.error(
                "an entry has to be an object", found=str(values)[:80], hint="correct it"
            )
        elif realm is not None and values.get("realmId") != realm:
            elsewhere += 1
        else:
            created = {"created_at": values.get("createdAt")}
            yield lorehub_record({**values, **created}, at, choice)
    if elsewhere:
        yield Told("entries of other realms were left out; `--project all` takes them", elsewhere)


def realm_of(realms: Sequence[Mapping[str, Any]], choice: Choice) -> object | None:
    """The id of the realm that is taken; None for all.

    That is the one of this repository's path, or the only one; raises `UsageError` where the
    user has to choose.
    """
    if choice.project == ALL_PROJECTS or (choice.project is None and len(realms) < 2):  # noqa: PLR2004
        return None
    wanted = choice.project or choice.root
    for realm in realms:
        if wanted in {realm.get("path"), realm.get("name"), realm.get("id")}:
            found: object = realm.get("id")
            return found
    names = ", ".join(sorted(str(realm.get("name") or realm.get("id")) for realm in realms)[:20])
    raise UsageError(
        "there is no such realm" if choice.project else "none of its realms is this repository",
        found=choice.project,
        hint=f"name one with --project: {names}, or all" if names else "it names none",
    )


def lorehub_record(values: Mapping[str, Any], place: Place, choice: Choice) -> Item:
    """The record of one lore, with the names of its columns; an error is a value."""
    try:
        return build(_values(values, place, choice), place, LOREHUB)
    except FormatError as error:
        return error
    except ValueError as error:
        return place.error(f"a value has to be {error}", hint="correct the record")


def _values(values: Mapping[str, Any], place: Place, choice: Choice) -> dict[str, Any]:
    title, rest = title_and_rest(text(values.get("content") or "", []))
    directories, labels = _provinces(values.get("provinces"), choice)
    status = str(values.get("status") or "living")
    if status not in _STATUSES:
        raise place.error(
            "lorefs does not know this status", found=status[:40], hint="correct the record"
        )
    unknown = {"origin": values.get("origin")}
    if status == "proclaimed":
        unknown["lorehub_status"] = status
    return {
        "id": values.get("id"),
        "title": title,
        "content": paragraphs(rest, text(values.get("why") or "", [])),
        "category": fitting_category(text(values.get("type") or "other", [])),
        "path": directories[0] if directories else None,
        "tags": tags([*tags(values.get("sigils") or []), *labels]) or None,
        "confidence": _share(values.get("confidence"), place),
        "status": _STATUSES[status],
        "relations": _relations(values.get("relations")),
        "created_at": values.get("created_at"),
        "extra": kept({key: item for key, item in unknown.items() if item}, place),
    }


def _provinces(found: object, choice: Choice) -> tuple[list[str], list[str]]:
    """The directory that the provinces name, and tags for the other ones."""
    names = listed(found or [])
    if not isinstance(names, list):
        raise ValueError("a list of provinces")  # noqa: TRY004  # the caller words it
    provinces = [str(name).strip().strip("/") for name in names if str(name).strip()]
    here = [name for name in provinces if choice.directory(name)]
    return here[:1], [f"province:{name}" for name in provinces if name not in here[:1]]


def _share(found: object, place: Place) -> float | None:
    """A confidence of 0 to 100 as one of 0 to 1."""
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int | float) or not 0 <= found <= 100:  # noqa: PLR2004
        raise place.error(
            "confidence has to be a number from 0 to 100",
            found=str(found)[:40],
            hint="correct the record",
        )
    return found / 100


def _relations(found: object) -> list[tuple[str, str]] | None:
    """Relations of the tables; the export says nothing of them."""
    if not isinstance(found, list):
        return None
    pairs = (pair for pair in found if isinstance(pair, tuple))
    return [(_RELATIONS.get(kind, "relates_to"), target) for kind, target in pairs]
