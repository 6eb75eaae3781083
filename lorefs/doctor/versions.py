"""Which programs are at work, and whether they are new enough."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from lorefs.doctor.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lorefs.doctor.finding import Place

OLDEST_GIT: Final = (2, 30)


def versions(place: Place) -> dict[str, str]:
    """The versions of lorefs and of what it stands on, by name."""
    import platform
    import sqlite3

    from lorefs import __version__

    return {
        "lorefs": __version__,
        "git": _git_version(place),
        "Python": platform.python_version(),
        "SQLite": sqlite3.sqlite_version,
    }


def _git_version(place: Place) -> str:
    return place.git.text("version").removeprefix("git version ")


def check_versions(place: Place) -> Iterator[Finding]:
    """Whether git is new enough; Python is, or lorefs would not have been installed."""
    found = _git_version(place)
    numbers = re.match(r"(\d+)\.(\d+)", found)
    if numbers and tuple(map(int, numbers.groups())) < OLDEST_GIT:
        oldest = ".".join(map(str, OLDEST_GIT))
        yield Finding("versions", "error", f"git is {found}", f"install git {oldest} or newer")
