"""Tells the user's own commands what happened: `lorefs.onConflict` and `lorefs.onFailure`.

They run once everything is written and no lock is held, get the facts as JSON on standard
input, and have bounded time. One that fails is reported and fails nothing.
"""

from __future__ import annotations

import json
import os
import signal
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from lorefs.errors import LorefsError, RefusedError
from lorefs.sync.reconcile.run import reconcile
from lorefs.sync.site import LAST_FAILURE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lorefs.store import Record
    from lorefs.sync.report import Report
    from lorefs.sync.site import Request, Site

    Warn = Callable[[LorefsError], None]

SECONDS: Final = 10.0
INSIDE: Final = "LOREFS_INSIDE_COMMAND"  # keeps a command from being started by itself
_WORDS: Final = 200  # characters of what a failing command said


def reconcile_and_tell(site: Site, request: Request, warn: Warn) -> Report:
    """Reconcile, and tell the user's commands what gave way and what failed.

    Raises what `reconcile` raises.
    """
    try:
        report = reconcile(site, request)
    except LorefsError as error:
        if request.change is None:  # else whoever wanted the change is told
            tell(site, warn, failures=(error,))
        raise
    tell(site, warn, failures=report.refusals, conflicts=report.conflicts)
    return report


def tell(
    site: Site,
    warn: Warn,
    *,
    failures: Sequence[LorefsError] = (),
    conflicts: Sequence[str] = (),
    told: str = LAST_FAILURE,
) -> None:
    """Tell the user's commands what failed, and which records of the ledger are new.

    `warn` gets what went wrong with a command. A failure that lasts is told once: the state
    `told` says what was.
    """
    commands = site.config.commands
    troubles: list[LorefsError | None] = []
    if commands.on_conflict and conflicts:
        records = [each for each in site.store.ledger.records() if each.id in conflicts]
        about = {"event": "conflict", "records": [_record(record) for record in records]}
        troubles.append(_tell(site, "onConflict", commands.on_conflict, about))
    if _is_news(site, failures if commands.on_failure else (), told):
        about = {"event": "failure", "failures": [_facts(error) for error in failures]}
        troubles.append(_tell(site, "onFailure", commands.on_failure, about))
    for trouble in troubles:
        if trouble is not None:
            warn(trouble)


def _is_news(site: Site, failures: Sequence[LorefsError], told: str) -> bool:
    """Whether these are others than last time; notes them."""
    signature = json.dumps([_facts(error) for error in failures]) if failures else ""
    if signature == (site.store.state(told) or ""):
        return False
    with site.store.write():
        site.store.set_state(told, signature)
    return bool(failures)


def _record(record: Record) -> dict[str, Any]:
    return {
        "id": record.id,
        **record.discard._asdict(),
        "merge_commit": record.merge_commit,
        "recorded_at": record.recorded_at,
    }


def _facts(error: LorefsError) -> dict[str, Any]:
    return {
        "kind": type(error).__name__,
        "message": error.message,
        "path": error.path,
        "line": error.line,
        "hint": error.hint,
    }


def _tell(site: Site, name: str, command: str, facts: Mapping[str, object]) -> LorefsError | None:
    if not command or INSIDE in site.git.env:
        return None
    root = site.git.paths.worktree
    about = {"worktree": str(root), **facts}
    import subprocess  # most commands start none

    try:
        status, words = _run(command, root, site.git.env, json.dumps(about).encode())
    except subprocess.TimeoutExpired:
        return _failed(name, f"did not end within {SECONDS:.0f} seconds, and was ended", command)
    except OSError as error:
        return _failed(name, f"cannot be run: {error.strerror}", command)
    if status == 0:
        return None
    said = f", saying: {words}" if words else ""
    return _failed(name, f"ended with {status}{said}", command)


def _failed(name: str, how: str, command: str) -> LorefsError:
    return RefusedError(
        f"the command of lorefs.{name} {how}",
        found=command,
        hint=f"`lorefs config set {name} COMMAND` changes it",
    )


def _run(
    command: str, root: os.PathLike[str], env: Mapping[str, str], facts: bytes
) -> tuple[int, str]:
    """The exit status and the first words of complaint."""
    import subprocess

    with subprocess.Popen(
        ["sh", "-c", command],
        cwd=root,
        env={**env, INSIDE: "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,  # programs read what lorefs prints
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        try:
            _, errors = process.communicate(facts, timeout=SECONDS)
        except BaseException:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise
    return process.returncode, errors.decode("utf-8", "replace").strip()[:_WORDS]
