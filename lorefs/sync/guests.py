"""Takes in entries that stand outside of this repository, from what is on this machine.

Commands that only read come here first, so little is loaded until a source has changed. What is
here of other machines was fetched, and checked, before.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from lorefs.core.document import encode
from lorefs.core.guests import SHARED, USER, guest_document
from lorefs.core.model import TEAM_NAME
from lorefs.core.realm import REALMS
from lorefs.errors import DocumentError, LorefsError
from lorefs.repo import ref_oid
from lorefs.sync.site import APPLIED
from lorefs.worktree import Found, check_text, read

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from lorefs.config import Config
    from lorefs.store import Origin
    from lorefs.sync.branch.branch import Branch
    from lorefs.sync.site import Site

SHARED_PREFIX: Final = "realms/shared"
_NOTHING: Final = ""  # was seen of a source that is not there


def take_in_guests(
    site: Site,
    store_file: Path | None,
    branch: Callable[[], Branch],
    origin: Callable[[], Origin],
    *,
    forget: bool,
) -> tuple[LorefsError, ...]:
    """Make the guests follow their sources; returns what could not be read.

    `store_file` is the user's own store. With `forget` sources go that the settings do not name
    any more. Costs a look at that file and at a ref for each hub where nothing is new.
    """
    seen = site.store.guests.seen()
    wanted = _commits(site)
    for source in seen.keys() - wanted.keys() - {USER} if forget else ():
        with site.store.write():
            site.store.guests.forget(source, origin())
    troubles: list[LorefsError] = []
    try:
        _take_in_user(site, store_file, seen.get(USER, _NOTHING), origin)
    except LorefsError as error:
        troubles.append(error)
    for source, (prefix, commit) in wanted.items():
        known = seen.get(source, _NOTHING)
        if commit and known != f"{commit} {prefix}":
            try:
                _take_in_commit(site, branch().under(prefix), source, known, commit, origin())
            except LorefsError as error:
                troubles.append(error)
    return tuple(troubles)


def _commits(site: Site) -> dict[str, tuple[str, str]]:
    """The realms that are read here by their source: where they stand in which commit."""
    found: dict[str, tuple[str, str]] = {}
    if reads_shared(site.config):
        found[SHARED] = f"{SHARED_PREFIX}/", site.store.state(APPLIED) or _NOTHING
    for hub in site.config.hubs:
        found[hub.source] = hub.prefix, ref_oid(site.git.paths, hub.ref) or _NOTHING
    return found


def reads_shared(config: Config) -> bool:
    """Whether the sync branch is that of a hub of many realms, and this is not the shared one."""
    prefix = config.sync.prefix
    return config.sync.enabled and prefix.startswith(REALMS) and prefix != SHARED_PREFIX


# ---------------------------------------------------------------- the user's own store


def user_store(env: Mapping[str, str]) -> Path | None:
    """The file of the user's own store, None for a user without a home."""
    import sys
    from pathlib import Path

    found = (env.get(name, "") for name in ("HOME", "XDG_DATA_HOME"))
    home, folder = (path if path.startswith("/") else "" for path in found)
    if sys.platform == "darwin":
        from platformdirs import user_data_path

        return user_data_path("lorefs") / "personal" / TEAM_NAME
    # as platformdirs has it, whose import takes as long as a whole search
    folder = folder or (home and f"{home}/.local/share")
    return Path(folder, "lorefs", "personal", TEAM_NAME) if folder else None


def read_user(file: Path, limit: int) -> Found | None:
    """The bytes of the user's own store, None where there is none.

    Raises `LorefsError` where that cannot be told.
    """
    try:
        os.lstat(file)  # of a directory that is not there `read` would not say so
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise _unreadable(file) from error
    try:
        found = read(file.parent, file.name, limit)
    except DocumentError as error:
        error.path = str(file)
        raise
    if found == "missing":
        return None
    if not isinstance(found, Found):
        raise _unreadable(file)
    return found


def _unreadable(file: Path) -> LorefsError:
    return DocumentError(
        "your own store cannot be read",
        path=str(file),
        hint="make it and its directories readable, and close programs that are writing it",
    )


def _take_in_user(site: Site, file: Path | None, known: str, origin: Callable[[], Origin]) -> None:
    found = None if file is None else read_user(file, site.config.limits.document_size)
    now = _NOTHING if found is None else f"{found.hash} {file}"
    if now == known:
        return
    if found is not None:
        check_text(str(file), found.data)
    store, document = site.store, guest_document(USER, TEAM_NAME)
    with store.write():
        if store.outbox:
            return  # rows that others wrote come first; the next command is here again
        if found is None:
            store.guests.forget(USER, origin())
        else:
            store.guests.put({document: found.data}, origin())
            store.guests.note(USER, now)


# ---------------------------------------------------------------- realms


def _take_in_commit(
    site: Site, branch: Branch, source: str, known: str, commit: str, origin: Origin
) -> None:
    """Take in what a realm's documents say in a commit; `known` is what was seen before."""
    store = site.store
    before, _, prefix = known.partition(" ")
    again = not before or prefix != branch.prefix or not branch.objects.has(before)
    texts = guest_texts(branch, None if again else before, commit)
    named = {guest_document(source, path): data for path, data in texts.items()}
    with store.write():
        if store.outbox:
            return
        if again:
            gone = set(store.guests.documents(source)) - named.keys()
            named |= dict.fromkeys(gone)
        store.guests.put(named, origin)
        store.guests.note(source, f"{commit} {branch.prefix}")


def guest_texts(branch: Branch, before: str | None, commit: str) -> dict[str, bytes | None]:
    """The team documents of a realm that differ between two commits; None for one that is gone.

    Proposals are for those who approve them.
    """
    paths = [
        path for path in branch.changed(before, commit) if path.rpartition("/")[2] == TEAM_NAME
    ]
    texts = branch.texts(commit, frozenset(paths)) if paths else {}
    return {path: encode(texts[path]) if path in texts else None for path in paths}
