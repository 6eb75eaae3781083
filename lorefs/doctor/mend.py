"""Carries out fixes, each after a copy of all that it may change was made."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

from lorefs.errors import LorefsError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from lorefs.doctor.finding import Finding, Fix, Place


class Mended(NamedTuple):
    """What came of a fix: where the copies are, None where nothing was copied, and its error."""

    what: str
    backup: Path | None
    error: str | None


def fixes_of(findings: Iterable[Finding]) -> list[Fix]:
    """The fixes of findings, each once, in their order."""
    found = {finding.fix.what: finding.fix for finding in findings if finding.fix is not None}
    return list(found.values())


def mend(place: Place, fixes: Iterable[Fix]) -> list[Mended]:
    """Carry fixes out, one by one; one that fails does not keep the others from it."""
    return [_mend(place, number, fix) for number, fix in enumerate(fixes, 1)]


def _mend(place: Place, number: int, fix: Fix) -> Mended:
    backup = place.git.paths.lorefs_dir / "backup" / f"{place.now // 1000}-{number}"
    try:
        copied = [_copy(file, backup, place) for file in fix.touches if file.is_file()]
        fix.act()
    except LorefsError as error:
        return Mended(fix.what, backup if backup.exists() else None, error.message)
    except (OSError, sqlite3.DatabaseError) as error:
        return Mended(fix.what, backup if backup.exists() else None, str(error))
    return Mended(fix.what, backup if copied else None, None)


def _copy(file: Path, backup: Path, place: Place) -> Path:
    """Copies a file below the backup, under its path from the top of the worktree."""
    paths = place.git.paths
    for home, name in ((paths.git_dir, "git"), (paths.common_dir, "git"), (paths.worktree, "")):
        if file.is_relative_to(home):
            target = backup / name / file.relative_to(home)
            break
    else:
        target = backup / file.name
    target.parent.mkdir(parents=True, exist_ok=True)
    if file == place.database:
        with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(target)) as copy:
            source.backup(copy)  # what is in the log beside the file is part of it
    else:
        shutil.copy2(file, target)
    return target
