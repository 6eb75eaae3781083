"""The files of documents: read, replaced and recovered, and never more than that.

A path that comes from a database or a tree is hostile until it is opened: no symbolic link is
followed, in any part of it, and nothing but a regular file is read. Replacing is atomic, and
an editor that saves in between is noticed.
"""

from lorefs.worktree.folder import folder_of
from lorefs.worktree.lock import sole
from lorefs.worktree.read import Absence, Found, check_place, read, wait_for
from lorefs.worktree.recover import Known, leftovers, recover
from lorefs.worktree.replace import (
    ChangedMeanwhileError,
    MissingDirectoryError,
    Staged,
    discard,
    put_in_place,
    replace,
    stage,
)
from lorefs.worktree.text import check_text

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
