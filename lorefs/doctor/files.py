"""Files against what the database last saw of them, and what killed processes left beside."""

from __future__ import annotations

import os
import re
from functools import partial
from typing import TYPE_CHECKING, Final

from lorefs.doctor.database import opened
from lorefs.doctor.finding import Finding, Fix
from lorefs.errors import DocumentError
from lorefs.repo import discover
from lorefs.worktree import Found, check_text, leftovers, read

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from lorefs.doctor.finding import Place

_SAVED: Final = re.compile(r".+\.saved-[0-9a-f]{8}", re.DOTALL)
_OF_DRIVER: Final = re.compile(r"\.merge_file_\w+\.lorefs-\d+", re.ASCII)


def check_files(place: Place) -> Iterator[Finding]:
    """Whether files are what was last seen, and no replacement was left half done."""
    root, limit = place.git.paths.worktree, place.config.limits.document_size
    with opened(place) as store:
        states = store.documents.states() if store is not None else []
    fix = Fix(
        "take in what changed (`lorefs reconcile`)",
        tuple(root / state.path for state in states),
        place.take_in,
    )
    for state in states:
        if state.pending_hash is not None:
            what = f"{state.path} was to be replaced, and was not yet"
            yield Finding("files", "warning", what, "run `lorefs reconcile`", fix)
            continue
        try:
            found = read(root, state.path, limit)
        except DocumentError as error:
            yield Finding("files", "error", error.message, error.hint or "look at the file")
            continue
        if found in {"unreadable", "busy"}:
            what = f"{state.path} cannot be read"
            hint = "make it and its directories readable; close programs that are writing it"
            yield Finding("files", "error", what, hint)
        elif (found.hash if isinstance(found, Found) else None) != state.worktree_hash:
            try:
                if isinstance(found, Found):
                    check_text(state.path, found.data)
            except DocumentError as error:
                at = f" (byte {error.offset}: {error.found})" if error.found else ""
                yield Finding("files", "error", f"{error.message}{at}", error.hint or "correct it")
                continue
            what = f"{state.path} changed and is not taken in yet"
            yield Finding("files", "note", what, "any lorefs command takes it in", fix)


def check_leftovers(place: Place) -> Iterator[Finding]:
    """What a killed process left beside documents and the database."""
    root = place.git.paths.worktree
    with opened(place) as store:
        known = {state.path for state in store.documents.states()} if store is not None else set()
    folders = {root, *((root / path).parent for path in known | discover(place.git))}
    found = [file for folder in sorted(folders) for file in _leftovers(folder)]
    fix = Fix("clear leftovers away (`lorefs reconcile`)", tuple(found), place.reconcile)
    for file in found:
        what = f"a killed process left {file.relative_to(root)}"
        yield Finding("leftovers", "warning", what, "run `lorefs reconcile`", fix)
    for folder in sorted(folders):
        yield from _others(folder, root)
    stale = tuple(sorted(place.database.parent.glob("index.db.new*")))
    if stale:
        what = f"an interrupted rebuild left {stale[0].name}"
        fix = Fix(f"remove {', '.join(each.name for each in stale)}", stale, lambda: _remove(stale))
        yield Finding("leftovers", "warning", what, "delete it, or run `lorefs rebuild`", fix)
    reports = list((place.git.paths.lorefs_dir / "reports").glob("report-*"))
    if reports:
        what = f"{len(reports)} reports of failures in {reports[0].parent}"
        yield Finding("leftovers", "note", what, "send them to the makers, or delete them")


def _remove(files: Iterable[Path]) -> None:
    for file in files:
        file.unlink(missing_ok=True)


def _names(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))  # noqa: PTH208 (names, not paths)
    except OSError:
        return []  # absent or closed: `check_files` says so


def _leftovers(folder: Path) -> list[Path]:
    return [folder / leftover for leftover, *_ in leftovers(_names(folder))]


def _others(folder: Path, root: Path) -> Iterator[Finding]:
    """Saves that were kept apart, and texts of merges that were killed."""
    for name in _names(folder):
        file = folder / name
        if name.startswith(".lore.") and _SAVED.fullmatch(name):
            what = f"{file.relative_to(root)} is a save that was overtaken by another one"
            hint = "take from it what you miss, and delete it"
            yield Finding("leftovers", "warning", what, hint)
        elif _OF_DRIVER.fullmatch(name):
            fix = Fix(f"remove {name}", (file,), partial(_remove, (file,)))
            what = f"a merge driver that was killed left {file.relative_to(root)}"
            yield Finding("leftovers", "warning", what, "delete it", fix)
