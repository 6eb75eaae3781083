"""What the merge driver settled, on its way to the ledger.

The driver does not write the database: the merge may yet be aborted. It leaves one JSON file
for each run in `<git dir>/lorefs/spool/`, which the next reconcile files or throws away:

    {"path": ".lore.md", "result": SHA-256 of the merged file, "discards": [[seven values]]}
"""

from __future__ import annotations

import json
import os
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from lorefs.core.ledger import Discard

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class Run(NamedTuple):
    """One run of the driver: the hash of the file that it wrote, and what it discarded."""

    file: Path
    path: str
    result: str
    discards: tuple[Discard, ...]


def append(folder: Path, path: str, merged: bytes, discards: Iterable[Discard]) -> None:
    """Leave a run in the spool, whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    run = {"path": path, "result": sha256(merged).hexdigest(), "discards": list(discards)}
    data = json.dumps(run).encode()
    name = f"{sha256(data).hexdigest()[:16]}-{os.getpid()}"
    new = folder / f".{name}.new"
    with new.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    new.replace(folder / f"{name}.json")


def runs(folder: Path) -> list[Run]:
    """The runs in the spool; files that are none are left out."""
    found: list[Run] = []
    for file in sorted(folder.glob("*.json")):
        try:
            run = json.loads(file.read_bytes())
            discards = tuple(Discard(*discard) for discard in run["discards"])
            found.append(Run(file, str(run["path"]), str(run["result"]), discards))
        except (OSError, ValueError, KeyError, TypeError):
            continue  # written by another version, or damaged; `lorefs status` counts it
    return found
