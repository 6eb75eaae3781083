"""Entries that stand outside of this repository, and how their documents are named here.

A *source* is `user` (the user's own store), `shared` (the realm that all projects of a hub may
read) or `hub:NAME/REALM` (a further hub). What a document of a source is called here holds "://",
which no path in a worktree does: two slashes never follow each other there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from lorefs.core.model import PERSONAL, TEAM

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lorefs.core.model import Entry

HERE: Final = "here"  # stands for the documents of this repository
USER: Final = "user"
SHARED: Final = "shared"
HUB: Final = "hub"
MARK: Final = "://"

EVERYWHERE: Final = "cross_project"  # the key that lets an entry of the user's store be seen
_TRUE: Final = ("true", "True", "TRUE")  # of YAML 1.2
_ORDER: Final = (USER, SHARED)


class Place(NamedTuple):
    """Where a guest stands, in words, and how it is changed there."""

    where: str
    remedy: str


def hub_source(name: str, realm: str) -> str:
    """The source that a realm of a further hub is; "" is a hub that knows no realms."""
    return f"{HUB}:{name}/{realm}" if realm else f"{HUB}:{name}"


def guest_document(source: str, path: str) -> str:
    """What a document of a source is called here."""
    return f"{source}{MARK}{path}"


def source_of(document: str) -> str:
    """The source of a document, `HERE` for one of this repository."""
    source, mark, _ = document.partition(MARK)
    return source if mark else HERE


def is_source(text: str) -> bool:
    """Whether a text names a source, or all hubs."""
    return text in {HERE, USER, SHARED, HUB} or text.startswith(f"{HUB}:")


def is_guest(document: str) -> bool:
    """Whether a document stands outside of this repository."""
    return MARK in document


def is_foreign(document: str) -> bool:
    """Whether a document stands in a realm of elsewhere, where others write."""
    return MARK in document and not document.startswith(USER + MARK)


def precedence(document: str) -> tuple[int, str]:
    """The order in which guests with one id are looked for; the first is shown."""
    source = source_of(document)
    return (_ORDER.index(source) if source in _ORDER else len(_ORDER), document)


def place_of(document: str) -> Place:
    """Where the guests of a document stand."""
    source = source_of(document)
    if source == USER:
        return Place("your own store", "change it in that file, with any editor")
    if source == SHARED:
        remedy = "change it in a clone whose sync.prefix is realms/shared"
        return Place("the realm shared of the hub", remedy)
    name, _, realm = source.removeprefix(f"{HUB}:").partition("/")
    named = f"the realm {realm} of the hub {name}" if realm else f"the hub {name}"
    return Place(named, "change it in a clone that syncs with it")


def guest_entries(text: str, document: str) -> Iterator[Entry]:
    """The entries of a guest document that are shown here, the first of each id.

    They hold for the whole repository: a directory of elsewhere is none of this worktree.
    """
    from lorefs.core.claim import identify  # readers with nothing new need none of it
    from lorefs.core.document import ENTRY, UNCLAIMED, parse
    from lorefs.core.source import read_entry

    of_user = source_of(document) == USER
    scope = PERSONAL if of_user else TEAM
    found: set[str] = set()
    for block in identify(parse(text), document).blocks:
        if not block.id or block.kind not in {ENTRY, UNCLAIMED} or block.id in found:
            continue
        entry = read_entry(block, path="", scope=scope)
        if not of_user or dict(entry.extra).get(EVERYWHERE) in _TRUE:
            found.add(block.id)
            yield entry
