"""What holds in a worktree, as values. Every command loads these, hence `NamedTuple`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from lorefs.core.guests import hub_source

if TYPE_CHECKING:
    from collections.abc import Mapping

MANUAL: Final = "manual"
AUTOMATIC: Final = "automatic"
PUBLISH: Final = "publish"
ALWAYS: Final = "always"
NONE: Final = "none"
SIGNED: Final = "signed"


class Sync(NamedTuple):
    """Settings of the exchange with other machines; all are this clone's own choice."""

    enabled: bool = False
    remote: str = "origin"
    branch: str = "lorefs-sync"
    prefix: str = ""
    mode: str = MANUAL
    materialise: str = PUBLISH
    ingest_from: str = ""  # nothing: the default branch of the remote
    sign: bool = False
    verify: str = NONE
    max_age: int = 0  # seconds; 0: never warn
    timeout: int = 5  # seconds, for an exchange that a reader waits for
    gc: bool = True

    @property
    def remotes(self) -> tuple[str, ...]:
        """The remotes to exchange with, in their order."""
        return tuple(self.remote.split())


class Backup(NamedTuple):
    """The encrypted backup of personal documents; all settings are this clone's own choice."""

    enabled: bool = False
    remote: str = ""
    branch: str = "lorefs-backup"
    realm: str = ""  # what the backup calls this repository
    identity: str = ""  # the file of the private key
    fingerprint: str = ""  # of the secret that the backup has to have


class Hub(NamedTuple):
    """A further hub whose lore is read here: `realm` is "" for one that knows no realms."""

    name: str
    url: str
    realm: str = ""
    branch: str = ""  # nothing: the name of our own

    @property
    def source(self) -> str:
        """What its entries are marked with."""
        return hub_source(self.name, self.realm)

    @property
    def prefix(self) -> str:
        """The directory of its trees that holds the realm, with a slash at the end."""
        return f"realms/{self.realm}/" if self.realm else ""

    @property
    def ref(self) -> str:
        """The ref that leads to its lore here, once that has been checked."""
        return f"refs/lorefs/hubs/{self.name}/{self.realm or '='}"


class Filters(NamedTuple):
    """Which entries are indexed here and sent from here; nothing means all."""

    paths: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    sensitivity: str = "restricted"


class Guard(NamedTuple):
    """A batch that deletes more than this share, and at least so many, needs confirmation."""

    deletion_share: float = 0.5
    deletion_count: int = 5


class Limits(NamedTuple):
    """What is taken in at most; sizes in bytes."""

    document_size: int = 16 << 20


class Commands(NamedTuple):
    """Shell commands that are told what happened; this clone's own choice."""

    on_conflict: str = ""
    on_failure: str = ""


class Check(NamedTuple):
    """Which rules `lorefs check` runs, and what they allow; lengths in characters."""

    select: tuple[str, ...] = ()  # nothing: all
    ignore: tuple[str, ...] = ()
    entry_length: int = 4000
    similarity: float = 0.8


class Context(NamedTuple):
    """How `lorefs context` chooses: tokens at most, and what personal entries' scores are times."""

    budget: int = 4000
    personal_boost: float = 1.2


class Stale(NamedTuple):
    """When `lorefs stale` calls an entry unused: so many days after it was read last; 0: never."""

    unused_after: int = 180


class Suggest(NamedTuple):
    """Whether nominations are kept up to date by themselves, and the score that they need."""

    auto: bool = False
    least: float = 0.3


class Origin(NamedTuple):
    """Where a value was found: a file and line (0: not known), or an environment variable."""

    where: str
    line: int = 0


class Config(NamedTuple):
    """All settings that hold in one worktree, and where each came from if it is no default."""

    sync: Sync = Sync()
    guard: Guard = Guard()
    filter: Filters = Filters()
    limits: Limits = Limits()
    commands: Commands = Commands()
    check: Check = Check()
    context: Context = Context()
    backup: Backup = Backup()
    hubs: tuple[Hub, ...] = ()
    stale: Stale = Stale()
    suggest: Suggest = Suggest()
    origins: Mapping[str, Origin] = {}
