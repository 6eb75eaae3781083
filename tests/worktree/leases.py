"""Whether the system tells who has a file open for writing."""

from __future__ import annotations

from pathlib import Path

import pytest

from lorefs.worktree.lease import lease


def needs_leases(file: Path) -> None:
    with file.open("rb") as opened, lease(opened.fileno()) as held:
        if not held.granted:
            pytest.skip("no leases on this system or file system")
