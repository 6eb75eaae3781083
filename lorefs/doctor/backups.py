"""The encrypted backup of personal documents: its key, its settings, and how old it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from lorefs.core.document import encode
from lorefs.core.model import directory_of
from lorefs.crypto import MissingExtraError, read_identity
from lorefs.doctor.database import opened
from lorefs.doctor.finding import Finding
from lorefs.doctor.machine import span
from lorefs.errors import LorefsError, telling
from lorefs.remote import GitRemote
from lorefs.sync.backup.documents import worktree_texts
from lorefs.sync.backup.run import RECIPIENTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lorefs.config import Backup
    from lorefs.crypto import Identity
    from lorefs.doctor.finding import Place
    from lorefs.store import Store

OLD: Final = 7 * 86_400  # seconds after which a backup is old, whatever changed since
WAITS: Final = 86_400  # and after which what changed since should be in it

_SETUP: Final = "run `lorefs backup setup REMOTE`"


def check_backup(place: Place) -> Iterator[Finding]:
    """Whether backups can be made and were, where they are on; no network."""
    settings = place.config.backup
    if not settings.enabled:
        return
    yield from _settings(place, settings)
    try:
        identity = _identity(settings)
    except MissingExtraError as error:
        yield Finding("backup", "error", error.message, error.hint or "")
        identity = None
    except LorefsError as error:
        what = f"{error.message}: {error.path}" if error.path else error.message
        yield Finding("backup", "error", what, error.hint or _SETUP)
        identity = None
    with opened(place) as store:
        if store is None:
            return
        if identity is not None:
            yield from _recipients(store, settings, identity)
        if settings.remote:
            yield from _runs(place, store, settings)


def _identity(settings: Backup) -> Identity | None:
    """The private key, None where none is named, which `_settings` says."""
    return read_identity(Path(settings.identity)) if settings.identity else None


def _settings(place: Place, settings: Backup) -> Iterator[Finding]:
    """Whether a run would know where to go, and with what."""
    for name, what in {
        "remote": "no remote that holds it",
        "realm": "no name of this repository in it",
        "identity": "no key that opens it",
    }.items():
        if not getattr(settings, name):
            fault = f"the backup is on, and {what} is set (lorefs.backup.{name})"
            yield Finding("backup", "error", fault, _SETUP)
    remote = settings.remote
    is_name = bool(remote) and not {"/", ":", "\\"} & set(remote)
    if is_name and remote not in place.git.text("remote").split():
        fault = f"the backup's remote {remote} is no git remote of this clone"
        hint = f"`git remote add {remote} ADDRESS`, or {_SETUP}"
        yield Finding("backup", "error", fault, hint)
    sync = place.config.sync
    if sync.enabled and (sync.remote, sync.branch) == (remote, settings.branch):
        fault = f"backup and sync share the branch {settings.branch} of {remote}"
        yield Finding("backup", "error", fault, "set lorefs.backup.branch to another one")


def _recipients(store: Store, settings: Backup, identity: Identity) -> Iterator[Finding]:
    """Whether the key is one of those that the backup was encrypted for last."""
    known = set(filter(None, (store.state(RECIPIENTS) or "").split("\n")))
    if known and not known.intersection(identity.recipients):
        what = f"the key in {settings.identity} cannot open the backup: it is for other keys"
        hint = "bring back the key of before; or on a machine that can open it, run"
        hint += f" `lorefs backup setup --recipient '{identity.recipients[0]}'`"
        yield Finding("backup", "error", what, hint)


def _runs(place: Place, store: Store, settings: Backup) -> Iterator[Finding]:
    """Whether the last run worked, and is not long ago."""
    slug = GitRemote(place.git, settings.remote, settings.branch).slug
    state = store.remotes.state(slug)
    age = None if state.success_at is None else (place.now - state.success_at) // 1000
    if state.failures:
        last = "none was made before" if age is None else f"the last one is {span(age)} old"
        words = telling(state.words)
        what = f"the backup fails ({words}); {last}"
        yield Finding("backup", "warning", what, "run `lorefs backup`; it says what helps")
        return
    if age is None:
        yield Finding("backup", "warning", "no backup was made yet", "run `lorefs backup`")
        return
    waiting = _waiting(place, store, settings)
    if age > OLD or (waiting and age > WAITS):
        what = f"the last backup is {span(age)} old"
        if waiting:
            what += f", and {', '.join(waiting)} changed since"
        hint = "run `lorefs backup`; `lorefs watch` makes backups by itself"
        yield Finding("backup", "warning", what, hint)


def _waiting(place: Place, store: Store, settings: Backup) -> list[str]:
    """The personal documents that the backup does not hold as they are."""
    held = {each.path: each.data for each in store.backups.all() if each.realm == settings.realm}
    root = place.git.paths.worktree
    there = {path: encode(text) for path, text in worktree_texts(store).items()}
    gone = {
        path: b"" for path in held if path not in there and (root / directory_of(path)).is_dir()
    }
    known = sorted((there | gone).items())
    return [path for path, data in known if data != held.get(path, b"")]
