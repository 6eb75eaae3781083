"""The SQLite index: rows that follow the documents, and the way back for rows others wrote."""

from lorefs.store.connection import BusyDatabaseError, CorruptDatabaseError
from lorefs.store.documents import DocumentState, digest
from lorefs.store.ledger import Record
from lorefs.store.outbox import ForeignEdit
from lorefs.store.remotes import RemoteState
from lorefs.store.rows import (
    ALL,
    OWN,
    Change,
    Edit,
    Filter,
    Origin,
    Row,
    entry_hash,
    entry_values,
    read_entry,
)
from lorefs.store.schema import NewerDatabaseError
from lorefs.store.search import Hit
from lorefs.store.store import Store

__all__ = [
    "ALL",
    "OWN",
    "BusyDatabaseError",
    "Change",
    "CorruptDatabaseError",
    "DocumentState",
    "Edit",
    "Filter",
    "ForeignEdit",
    "Hit",
    "NewerDatabaseError",
    "Origin",
    "Record",
    "RemoteState",
    "Row",
    "Store",
    "digest",
    "entry_hash",
    "entry_values",
    "read_entry",
]
