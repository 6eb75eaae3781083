"""Runs all checks, one after the other; one that fails is a finding itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from lorefs.doctor.backups import check_backup
from lorefs.doctor.database import check_database, check_index, check_rows
from lorefs.doctor.files import check_files, check_leftovers
from lorefs.doctor.finding import Finding, Place
from lorefs.doctor.installation import check_attributes, check_driver, check_hooks
from lorefs.doctor.machine import check_clock, check_locks, check_watches
from lorefs.doctor.settings import check_configuration, check_remote, check_sync
from lorefs.doctor.versions import check_versions
from lorefs.errors import LorefsError

Check = Callable[[Place], Iterable[Finding]]

# In the order in which a person would ask: what later ones need comes first.
CHECKS: Final[Mapping[str, Check]] = {
    "versions": check_versions,
    "configuration": check_configuration,
    "attributes": check_attributes,
    "driver": check_driver,
    "hooks": check_hooks,
    "locks": check_locks,
    "database": check_database,
    "index": check_index,
    "rows": check_rows,
    "files": check_files,
    "leftovers": check_leftovers,
    "watches": check_watches,
    "clock": check_clock,
    "backup": check_backup,
    "sync": check_sync,
    "remote": check_remote,
}


def examine(place: Place) -> list[Finding]:
    """All findings, in the order of the checks; nothing is changed."""
    return [finding for name, check in CHECKS.items() for finding in _run(name, check, place)]


def _run(name: str, check: Check, place: Place) -> list[Finding]:
    try:
        return list(check(place))
    except LorefsError as error:
        return [Finding(name, "error", error.message, error.hint or "see the message")]
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return [Finding(name, "error", f"{where}{error.strerror}", "make it accessible")]
