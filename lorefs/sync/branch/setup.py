"""Turns the exchange on and off in a clone: looks first, says what it will do, then does it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lorefs.config.keys import written
from lorefs.config.resolve import checked, key_named
from lorefs.core.message import FORMAT, FORMAT_VERSION, message
from lorefs.core.model import PERSONAL, REVIEW_NAME, TEAM_NAME
from lorefs.errors import RefusedError, UsageError
from lorefs.repo import head_oid, observe_tracking
from lorefs.repo.objects import Signature
from lorefs.store import OWN
from lorefs.sync.branch.branch import BACKUPS, HostileTreeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from lorefs.sync.branch.branch import Branch
    from lorefs.sync.site import Site

IGNORED: Final = (TEAM_NAME, REVIEW_NAME)
EXCLUDED: Final = "sync.excluded"  # set where setup told git to ignore lore


@dataclass(frozen=True, slots=True)
class Survey:
    """What stands here and on the remotes before anything is changed.

    `entries` and `documents` are those here; `tracked` the documents that HEAD holds. `remotes`
    have a tip each, None where there is no sync branch yet. `already` says that both sides have
    met.
    """

    remotes: tuple[tuple[str, str | None], ...]
    entries: int
    documents: tuple[str, ...]
    tracked: tuple[str, ...]
    already: bool

    @property
    def there(self) -> str | None:
        """The tip on the first remote that has one."""
        return next((tip for _, tip in self.remotes if tip), None)

    @property
    def is_meeting(self) -> bool:
        """Whether lore of this clone meets lore of others for the first time."""
        return bool(self.entries and self.there and not self.already)


def survey(
    site: Site, remotes: Iterable[tuple[str, str | None]], *, already: bool | None = None
) -> Survey:
    """What stands here, and beside it the tips that were found on remotes.

    `already` says that both have met; without it, that is where sync is on.
    """
    states = [s for s in site.store.documents.states() if s.scope != PERSONAL]
    head = head_oid(site.git.paths)
    tracked = observe_tracking(site.git, head, [state.path for state in states]).in_head
    entries = sum(row.entry.scope != PERSONAL for row in site.store.entries.rows(OWN))
    return Survey(
        tuple(remotes),
        entries,
        tuple(state.path for state in states),
        tuple(sorted(tracked)),
        site.config.sync.enabled if already is None else already,
    )


def read_settings(settings: Mapping[str, str]) -> dict[str, str]:
    """Settings of `sync.*` as they are written; raises `ConfigError` where one is none."""
    return {
        name: written(checked(key_named(f"sync.{name}"), value)) for name, value in settings.items()
    }


def check_branch(branch: Branch, tips: Iterable[str | None]) -> None:
    """Raise `RefusedError` where a branch holds something else than lore, the code for example."""
    for oid in dict.fromkeys([branch.tip(), *tips]):
        if oid is None or not branch.objects.has(oid):
            continue  # the exchange checks what it fetches
        try:
            branch.check(oid)
        except HostileTreeError as error:
            raise RefusedError(
                f"{branch.name} is no sync branch: {error.message}",
                hint="nothing was changed; choose another name with --branch",
            ) from error


def check_fresh(found: Survey, *, wanted: bool) -> None:
    """Raise `UsageError` where to start fresh is `wanted`, and the team has nothing that is new."""
    if wanted and (found.already or not found.there):
        cause = "follows the team's already" if found.already else "has no sync branch to take"
        who = "this clone" if found.already else " or ".join(name for name, _ in found.remotes)
        raise UsageError(
            f"there is nothing to start fresh with: {who} {cause}",
            hint="`lorefs sync setup` without --fresh goes on",
        )


def choose_remote(site: Site, wanted: str | None) -> str:
    """The remote to exchange with: the wanted one, the one of the settings, or the only one."""
    known = site.git.text("remote").split()
    if wanted is not None:
        return wanted
    configured = site.config.sync.remote
    if configured in known or configured not in {"origin", ""}:
        return configured
    if len(known) == 1:
        return known[0]
    raise UsageError(
        "there is no git remote to exchange lore with"
        if not known
        else f"which of the remotes {', '.join(known)} is to be used?",
        hint="name one with --remote NAME, or add one with `git remote add origin ADDRESS`",
    )


def turn_on(site: Site, settings: dict[str, str]) -> list[str]:
    """Write the settings of this clone; returns what was changed, in words."""
    done = []
    for name, value in {"enabled": "true", **settings}.items():
        known = site.git.text("config", "--local", "--get", f"lorefs.sync.{name}", allowed=(0, 1))
        if known == value:
            continue
        site.git.run("config", "--local", f"lorefs.sync.{name}", value)
        done.append(f"set lorefs.sync.{name} to {value} in git's configuration")
    return done


def ignore_lore(site: Site) -> list[str]:
    """Tell git of this clone to leave shared lore alone; returns what was changed."""
    exclude = _exclude(site)
    before = exclude.read_text("utf-8", "surrogateescape") if exclude.is_file() else ""
    missing = [name for name in IGNORED if name not in before.split("\n")]
    if not missing:
        return []
    exclude.parent.mkdir(exist_ok=True)
    end = "" if not before or before.endswith("\n") else "\n"
    text = before + end + "".join(f"{name}\n" for name in missing)
    exclude.write_text(text, "utf-8", "surrogateescape")
    with site.store.write():
        site.store.set_state(EXCLUDED, " ".join(missing))
    return [f"added to info/exclude: {', '.join(missing)}"]


def turn_off(site: Site) -> list[str]:
    """Back to this machine alone; the sync branch and the remote's stay as they are."""
    site.git.run("config", "--local", "lorefs.sync.enabled", "false")
    return ["set lorefs.sync.enabled to false in git's configuration", *heed_lore(site)]


def heed_lore(site: Site) -> list[str]:
    """Take back what `ignore_lore` told git; returns what was changed."""
    done = []
    excluded = (site.store.state(EXCLUDED) or "").split()
    exclude = _exclude(site)
    if excluded and exclude.is_file():
        lines = exclude.read_text("utf-8", "surrogateescape").split("\n")
        kept = "\n".join(line for line in lines if line not in excluded)
        exclude.write_text(kept, "utf-8", "surrogateescape")
        done.append(f"removed from info/exclude: {', '.join(excluded)}")
    with site.store.write():
        site.store.set_state(EXCLUDED, "")
    return done


def _exclude(site: Site) -> Path:
    return site.git.paths.common_dir / "info" / "exclude"


def back_up(site: Site, branch: Branch, at: int) -> str | None:
    """Keep the shared documents as they are now behind a ref; returns its name.

    None where there are none.
    """
    documents = site.store.documents
    texts = {s.path: documents.current(s.path) for s in documents.states() if s.scope != PERSONAL}
    kept = {path: data for path, data in texts.items() if data}
    if not kept:
        return None
    tree = branch.objects.write_tree(None, kept)
    who = Signature("lorefs", "backup@lorefs.invalid", at // 1000)
    text = message("Keep the lore of this clone", [(FORMAT, str(FORMAT_VERSION))])
    oid = branch.objects.write_commit(tree, (), text, who, who)
    ref = f"{BACKUPS}/{at}-lore"
    branch.objects.move(ref, oid, branch.look_up(ref), "lorefs: before a first meeting")
    return ref
