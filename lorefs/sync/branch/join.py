"""Joins a hub and leaves it: looks first, then sets what a clone needs, and can take it back."""

from __future__ import annotations

import json
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from lorefs.core.realm import is_foreign, prefix_of, realm_of
from lorefs.errors import RefusedError, UsageError
from lorefs.remote import GitRemote
from lorefs.repo import Git, GitPaths
from lorefs.sync.branch.create import local_path
from lorefs.sync.branch.news import TAKEN, code_tip
from lorefs.sync.branch.realms import (
    ROOT,
    Named,
    claims,
    code_roots,
    documents_by_realm,
    name_realm,
)
from lorefs.sync.branch.rewrite import keep_aside
from lorefs.sync.branch.setup import Survey, back_up, heed_lore, ignore_lore, survey, turn_on
from lorefs.sync.progress import RECEIVING
from lorefs.sync.site import APPLIED

if TYPE_CHECKING:
    from lorefs.sync.branch.branch import Branch
    from lorefs.sync.site import Site

REMOTE: Final = "hub"  # the name of the git remote, unless another one is wanted
BEFORE: Final = "hub.before"  # what the settings were that joining has changed, as JSON
MARK: Final = "lorefsHub"  # set in the section of a git remote that joining has added
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
# Files that were left out come from here, if ever something asks for them.
_PROMISOR: Final = (("promisor", "true"), ("partialclonefilter", "blob:none"))
_SETTINGS: Final = ("enabled", "remote", "branch", "prefix", "mode", "ingestFrom")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for: a hub's address, and names where the usual ones will not do.

    With `everything`, files of all realms are fetched, though nobody here reads them.
    """

    address: str
    realm: str | None = None
    remote: str | None = None
    branch: str | None = None
    interactive: bool = False
    everything: bool = False


@dataclass(frozen=True, slots=True)
class Look:
    """What joining a hub would meet; nothing was changed yet.

    `is_new` tells whether the git remote `remote` has to be added. `realms` counts the documents
    of each realm there is. `selective` tells whether files of other realms will be left out.
    `claimed` are the first commits of the code that this realm is about
    so far, `roots` those of the code here.
    """

    address: str
    remote: str
    is_new: bool
    branch: str
    realm: Named
    tip: str | None
    realms: dict[str, int]
    claimed: frozenset[str]
    roots: frozenset[str]
    survey: Survey
    selective: bool

    @property
    def is_foreign(self) -> bool:
        """Whether the realm holds lore about other code."""
        return is_foreign(self.claimed, self.roots)


@dataclass(frozen=True, slots=True)
class Left:
    """What leaving did, in words, and the ref behind which the lore of this clone is kept."""

    done: tuple[str, ...]
    kept: str | None


def look(site: Site, branch: Branch, wanted: Wanted, directory: Path) -> Look:
    """Look at this clone and a hub. Fetches what the hub has; changes nothing else.

    `branch` is that of the settings here. Raises `RefusedError` where sync is on already, and
    `RemoteError` where the hub does not answer.
    """
    _check_off(site)
    address, remote, is_new = _place(site, wanted, directory)
    name = wanted.branch or site.config.sync.branch
    realm = name_realm(site, wanted.realm, address)
    hub = GitRemote(site.git, address, name, interactive=wanted.interactive)
    there = branch.named(name, f"{prefix_of(realm.name)}/")
    site.tell(RECEIVING, 0, 0)
    try:
        selective = is_new and not wanted.everything and hub.allows_filter()
        seen = _seen_apart(there, hub) if selective else _seen(there, hub)
    finally:
        site.tell("", 0, 0)
    tip = seen.tip
    found = survey(site, [(address, tip if realm.name in seen.realms else None)])
    return Look(
        address, remote, is_new, name, realm, tip, seen.realms, seen.claimed,
        code_roots(site.git), found, selective,
    )  # fmt: skip


class _Seen(NamedTuple):
    tip: str | None
    realms: dict[str, int]
    claimed: frozenset[str]


def _seen(branch: Branch, hub: GitRemote) -> _Seen:
    """What a hub has, fetched."""
    tip = hub.fetch()
    documents = documents_by_realm(branch, tip)
    counts = {name: len(paths) for name, paths in documents.items()}
    return _Seen(tip, counts, claims(branch.git, tip, branch.prefix))


def _seen_apart(branch: Branch, hub: GitRemote) -> _Seen:
    """The same without a single file, in a repository of its own that is thrown away."""
    with tempfile.TemporaryDirectory(prefix="lorefs-") as folder:
        root = Path(folder)
        git = Git(GitPaths(root, root / ".git", root / ".git"), hub.git.env)
        git.run("init", "--quiet", "--template=")
        for key, value in (("url", hub.name), ("promisor", "true")):
            git.run("config", f"remote.{REMOTE}.{key}", value)
        name = branch.name
        apart = GitRemote(git, REMOTE, name, interactive=hub.interactive, only=())
        there = branch.in_repository(git)
        try:
            return _seen(there, apart)
        finally:
            there.close()


def _check_off(site: Site) -> None:
    settings = site.config.sync
    if not settings.enabled:
        return
    realm = realm_of(settings.prefix)
    raise RefusedError(
        f"this clone exchanges lore with {settings.remote} already"
        + (f", as realm {realm}" if realm else ""),
        hint="`lorefs team leave` first" if realm else "`lorefs sync disable` first",
    )


def _place(site: Site, wanted: Wanted, directory: Path) -> tuple[str, str, bool]:
    """The hub's address, the name of its git remote, and whether that has to be added."""
    known = {
        name: site.git.text("config", f"remote.{name}.url", allowed=(0, 1))
        for name in site.git.text("remote").split("\n")
        if name
    }
    if wanted.remote is None and wanted.address in known:
        return known[wanted.address], wanted.address, False
    path = local_path(wanted.address, directory)
    is_path = path is not None and "://" not in wanted.address
    address = str(path.resolve()) if is_path and path is not None else wanted.address
    name = wanted.remote or next((n for n, url in known.items() if url == address), REMOTE)
    if not _NAME.fullmatch(name):
        raise UsageError("a git remote cannot be called that", found=name, hint="use letters")
    if name in known and known[name] != address:
        raise UsageError(
            f"the git remote {name} is another one",
            found=known[name],
            hint="choose another name with --name",
        )
    return address, name, name not in known


def join(site: Site, branch: Branch, found: Look, at: int) -> tuple[list[str], str | None]:
    """Turn the exchange with a hub on; returns what was changed, in words, and a backup ref.

    What is to leave this machine is sent by the first sync. `branch` is that of the settings
    here, `at` in milliseconds.
    """
    ref = back_up(site, branch, at) if found.survey.is_meeting else None
    settings = {
        "remote": found.remote,
        "branch": found.branch,
        "prefix": prefix_of(found.realm.name),
        "mode": site.config.sync.mode,
    }
    code = _code_ref(site, branch)
    settings |= {"ingestFrom": code} if code and not site.config.sync.ingest_from else {}
    before = {name: _setting(site, name) for name in _SETTINGS}
    remote = GitRemote(site.git, found.remote, found.branch)
    part(site, branch.named(found.branch, branch.prefix), remote, at, keep=True)
    with site.store.write():
        site.store.set_state(BEFORE, json.dumps(before))
    done = _add_remote(site, found) if found.is_new else []
    _hand_over(site, found, remote)
    done += turn_on(site, settings)
    if not found.survey.tracked:
        done += ignore_lore(site)
    return done, ref


def _code_ref(site: Site, branch: Branch) -> str | None:
    """The branch that code is taken in from now, by the name that goes on to mean it."""
    code = code_tip(site, branch)
    names = (f"{remote}/{name}" for remote in site.config.sync.remotes
             for name in ("HEAD", "main", "master"))  # fmt: skip
    return next((n for n in names if code and branch.look_up(f"refs/remotes/{n}") == code), None)


def _setting(site: Site, name: str) -> str | None:
    found = site.git.text("config", "--local", "--get", f"lorefs.sync.{name}", allowed=(0, 1))
    return found or None


def _add_remote(site: Site, found: Look) -> list[str]:
    """Add a git remote of which `git fetch --all` leaves the hands."""
    section = f"remote.{found.remote}"
    for key, value in (
        ("url", found.address),
        ("fetch", f"+refs/heads/{found.branch}:refs/remotes/{found.remote}/{found.branch}"),
        ("tagOpt", "--no-tags"),
        ("skipFetchAll", "true"),
        (MARK, "true"),
        *(_PROMISOR if found.selective else ()),
    ):
        site.git.run("config", "--local", f"{section}.{key}", value)
    return [f"added the git remote {found.remote}"]


def _hand_over(site: Site, found: Look, remote: GitRemote) -> None:
    """What was fetched by address counts as fetched by name."""
    by_address = GitRemote(site.git, found.address, found.branch)
    if found.tip is not None and by_address.fetched != remote.fetched:
        site.git.run("update-ref", remote.fetched, found.tip)
        site.git.run("update-ref", "-d", by_address.fetched)


def forget_look(site: Site, found: Look) -> None:
    """Let go of what looking has fetched."""
    by_address = GitRemote(site.git, found.address, found.branch)
    site.git.run("update-ref", "-d", by_address.fetched)


def leave(site: Site, branch: Branch, at: int) -> Left:
    """Take back what joining did. The lore stays here, and what was sent stays on the hub."""
    settings = site.config.sync
    kept = back_up(site, branch, at)
    done = heed_lore(site)
    before = json.loads(site.store.state(BEFORE) or "{}")
    for name in _SETTINGS:
        value = before.get(name)
        if value is None:
            site.git.run("config", "--local", "--unset-all", f"lorefs.sync.{name}", allowed=(0, 5))
        else:
            site.git.run("config", "--local", f"lorefs.sync.{name}", value)
    done.append("turned the exchange off, with the settings of before")
    part(site, branch, GitRemote(site.git, settings.remote, settings.branch), at, keep=False)
    mark = site.git.text("config", f"remote.{settings.remote}.{MARK}", allowed=(0, 1))
    if mark == "true":
        site.git.run("remote", "remove", settings.remote)
        done.append(f"removed the git remote {settings.remote}")
    return Left(tuple(done), kept)


def part(site: Site, branch: Branch, remote: GitRemote, at: int, *, keep: bool) -> None:
    """Part from the sync branch: rows and files stay, and have no place on it any more.

    With `keep` its history goes on behind a backup ref.
    """
    if keep:
        keep_aside(branch, at)
    branch.objects.drop(branch.ref)
    branch.objects.drop(remote.fetched)
    with site.store.write():
        site.store.documents.forget_synced()
        site.store.remotes.forget(remote.slug)
        for key in (APPLIED, TAKEN, ROOT, BEFORE):
            site.store.drop_state(key)
