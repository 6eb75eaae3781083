"""Brings a database up to the version of its tables that this program knows."""

from __future__ import annotations

from sqlite3 import OperationalError, complete_statement
from typing import TYPE_CHECKING, Final

from lorefs.errors import RefusedError
from lorefs.store.connection import not_of_lorefs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from sqlite3 import Connection

VERSION: Final = 9  # how many migrations there are; most runs need to know no more of them


class NewerDatabaseError(RefusedError):
    """The database was written by a newer lorefs."""


def migrate(connection: Connection) -> None:
    """Bring the tables up to `VERSION`; whoever comes first does it, all others wait.

    Raises `NewerDatabaseError` for a database that a later version has already changed, and
    `CorruptDatabaseError` for one that is not of lorefs.
    """
    if _version(connection) == VERSION:
        return
    from lorefs.store.migrations import MIGRATIONS

    apply(connection, MIGRATIONS)


def apply(connection: Connection, migrations: Sequence[str]) -> None:
    """Run the migrations that the database lacks, all of them or none."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = _version(connection)
        if version > len(migrations):
            raise _newer(version, len(migrations))  # noqa: TRY301
        for script in migrations[version:]:
            for statement in _statements(script):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(migrations)}")
        connection.execute("COMMIT")
    except BaseException as error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        if isinstance(error, OperationalError):  # a table of this name is somebody else's
            raise not_of_lorefs(error) from error
        raise


def _newer(version: int, known: int) -> NewerDatabaseError:
    return NewerDatabaseError(
        f"the database has schema version {version}, this lorefs knows {known}",
        hint="install a newer lorefs, or move the database away to have it rebuilt",
    )


def _version(connection: Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _statements(script: str) -> list[str]:
    """The statements of a script; `executescript` would commit between them."""
    statements: list[str] = []
    pending = ""
    for piece in script.split(";"):
        pending += piece + ";"
        if complete_statement(pending):
            statements.append(pending)
            pending = ""
    return [statement for statement in statements if statement.strip(" \n;")]
