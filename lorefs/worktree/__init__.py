"""The files of documents: read, replaced and recovered, and never more than that.

A path that comes from a database or a tree is hostile until it is opened: no symbolic link is
followed, in any part of it, and nothing but a regular file is read. Replacing is atomic, and
an editor that saves in between is noticed.

Every command reads; what writes is loaded when it is first asked for.
"""

from typing import TYPE_CHECKING

from lorefs.worktree.folder import folder_of
from lorefs.worktree.read import Absence, Found, check_place, read, wait_for
from lorefs.worktree.text import check_text

if TYPE_CHECKING:
    from lorefs.worktree.lock import sole
    from lorefs.worktree.recovery import Known, leftovers, recover
    from lorefs.worktree.replacing import (
        ChangedMeanwhileError,
        MissingDirectoryError,
        Staged,
        discard,
        put_in_place,
        replace,
        stage,
    )

_LATER = {
    "sole": "lock",
    **dict.fromkeys(("Known", "leftovers", "recover"), "recovery"),
    **dict.fromkeys(("ChangedMeanwhileError", "MissingDirectoryError", "Staged"), "replacing"),
    **dict.fromkeys(("discard", "put_in_place", "replace", "stage"), "replacing"),
}


def __getattr__(name: str) -> object:
    """Load what a name stands for."""
    from importlib import import_module

    if name not in _LATER:
        raise AttributeError(name)
    found: object = getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
    return found


__all__ = [
    "Absence",
    "ChangedMeanwhileError",
    "Found",
    "Known",
    "MissingDirectoryError",
    "Staged",
    "check_place",
    "check_text",
    "discard",
    "folder_of",
    "leftovers",
    "put_in_place",
    "read",
    "recover",
    "replace",
    "sole",
    "stage",
    "wait_for",
]
