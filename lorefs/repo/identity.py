"""Who git would say made a commit."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from lorefs.repo.git import Git

# What git takes as it is: it drops some characters, at the ends or everywhere.
_PLAIN: Final = re.compile(r"[^\x00-\x20.,:;<>\"\\'](?:[^\x00-\x1f<>]*[^\x00-\x20.,:;<>\"\\'])?")


def author(git: Git) -> tuple[str, str]:
    """Name and address of the author, as in `git var GIT_AUTHOR_IDENT`; "" where git has none."""
    name, email = (_set(git, part) for part in ("name", "email"))
    if _PLAIN.fullmatch(name) and _PLAIN.fullmatch(email):
        return name, email
    ident = git.text("var", "GIT_AUTHOR_IDENT", allowed=(0, 128))  # it asks the system, too
    name, _, rest = ident.partition(" <")
    return name, rest.partition(">")[0]


def _set(git: Git, part: str) -> str:
    """What is set for an author, "" for nothing."""
    variable = f"GIT_AUTHOR_{part.upper()}"
    if variable in git.env:
        return git.env[variable]
    return git.configured(f"author.{part}") or git.configured(f"user.{part}")
