"""Realms: the directories of a hub, one for each project, and how projects come to their names.

A name is the same on every machine: it comes from the address of the code or from its first
commit, never from where a clone happens to stand.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from lorefs.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

REALMS: Final = "realms/"  # the directory of a hub's trees that holds them
SHARED: Final = "shared"  # the realm that is for all projects of a hub
LENGTH: Final = 100  # characters of a name

_PARTS: Final = 2  # of an address: the owner and the project
_ROOT_DIGITS: Final = 12
_SCHEME: Final = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
_NETWORK: Final = frozenset({"ssh", "git", "http", "https", "git+ssh", "ssh+git", "ftp", "ftps"})
# scp's form, host:path, which is a local path where a slash stands before the colon; a single
# letter is a drive of Windows
_SCP: Final = re.compile(r"(?:[^/\\:@]+@)?(?:\[[^]]+\]|[^/\\:@]{2,}):(?!:|//)(.+)")
_UNSAFE: Final = re.compile(r"[^a-z0-9._-]+")


class RealmError(UsageError):
    """A name that no realm can have."""


def prefix_of(realm: str) -> str:
    """The directory of a realm, as `sync.prefix` names it."""
    return REALMS + realm


def realm_of(prefix: str) -> str | None:
    """The realm whose directory a prefix is, None if it is none."""
    name = prefix.strip("/").removeprefix(REALMS)
    inside = prefix.strip("/").startswith(REALMS)
    return name if inside and name and "/" not in name else None


def check_realm(name: str) -> str:
    """The name, if a realm can have it; else `RealmError`."""
    wrong = ""
    if not name or len(name) > LENGTH:
        wrong = f"has 1 to {LENGTH} characters"
    elif "/" in name or "\\" in name or name in {".", ".."}:
        wrong = "is the name of one directory"
    elif not name.isprintable() or name != name.strip():
        wrong = "is made of printable characters, without blanks around them"
    elif name.casefold() == ".git" or name.startswith("-"):
        wrong = "is no name that git gives a meaning to"
    if wrong:
        raise RealmError(
            f"a realm {wrong}", found=name[:LENGTH], hint="choose one such as acme-widgets"
        )
    return name


def is_local(address: str) -> bool:
    """Whether an address of a git remote is a path on this machine."""
    scheme = _SCHEME.match(address)
    if scheme is not None:
        return scheme[1].lower() not in _NETWORK
    return _SCP.fullmatch(address) is None


def realm_from_address(address: str) -> str | None:
    """The name that the address of the code gives: its last two parts, in lower case.

    None for a path on this machine, and where nothing is left of it.
    """
    if is_local(address):
        return None
    scheme = _SCHEME.match(address)
    if scheme is not None:
        path = address[scheme.end() :].partition("/")[2]
        path = path.partition("?")[0].partition("#")[0]
    else:
        found = _SCP.fullmatch(address)
        path = found[1] if found else ""
    parts = [part for part in path.rstrip("/").removesuffix(".git").split("/") if part]
    name = "-".join(filter(None, map(_safe, parts[-_PARTS:])))
    return name[:LENGTH].strip("-.") or None


def _safe(part: str) -> str:
    return _UNSAFE.sub("-", part.lower()).strip("-._")


def realm_from_root(roots: Iterable[str]) -> str | None:
    """The name that the first commit of the code gives, None without commits."""
    first = min(roots, default="")
    return f"root-{first[:_ROOT_DIGITS]}" if first else None


def is_foreign(claims: Iterable[str], roots: Iterable[str]) -> bool:
    """Whether a realm that code with some first commits has claimed is that of other code.

    A realm that nobody claimed is free; code that does not know its own first commit cannot
    say that it is the same.
    """
    claimed = frozenset(claims)
    return bool(claimed) and claimed.isdisjoint(roots)
