"""The backups table: what the backup of personal documents holds, as far as it is known here."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from sqlite3 import Connection

# "base" is the version that this worktree and the backup last agreed on; "sent" one that is being
# sent, of which nobody knows yet whether it arrived.
Kind = Literal["base", "sent"]

_COLUMNS: Final = "realm, path, blob, clock, times, data"


@dataclass(frozen=True, slots=True)
class Backed:
    """One version of a document in the backup.

    `blob` is the encrypted one's oid, `clock` counts the versions that it has seen. `times` says
    when its entries were written last, by id, in seconds since 1970.
    """

    realm: str
    path: str
    blob: str
    clock: Mapping[str, int]
    data: bytes
    times: Mapping[str, int] = field(default_factory=dict)


class Backups:
    """Access to the backups table."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def all(self, kind: Kind = "base") -> list[Backed]:
        """All versions of a kind, by realm and path."""
        rows = self.connection.execute(
            f"SELECT {_COLUMNS} FROM backups WHERE kind = ? ORDER BY realm, path", (kind,)
        )
        return [_backed(row) for row in rows]

    def put(self, version: Backed, kind: Kind = "base") -> None:
        """Note a version, in place of the one of that kind."""
        self.connection.execute(
            f"INSERT OR REPLACE INTO backups (kind, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                kind,
                version.realm,
                version.path,
                version.blob,
                json.dumps(dict(version.clock)),
                json.dumps(dict(version.times)),
                version.data,
            ),
        )

    def forget_sent(self) -> None:
        """Forget what was being sent: it is known by now whether it arrived."""
        self.connection.execute("DELETE FROM backups WHERE kind = 'sent'")

    def clear(self, realm: str | None = None) -> None:
        """Forget a realm or everything, so that the next run meets it for the first time."""
        self.connection.execute("DELETE FROM backups WHERE realm = coalesce(?, realm)", (realm,))


def _backed(row: tuple[Any, ...]) -> Backed:
    realm, path, blob, clock, times, data = row
    return Backed(realm, path, blob, json.loads(clock), data, json.loads(times))
