"""An editor saves in a tight loop while rows change: all of it is in the end, or in the ledger."""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from lorefs.errors import UnknownEntryError
from tests.gitrepo import Repo
from tests.lore import entries, entry, ident
from tests.reconcile.conftest import opened

SAVES, CHANGES = 60, 12

# Reads the file, adds an entry, saves in one of the ways of editors, and says that it did.
EDITOR = """
import os, sys, time
from pathlib import Path
file, way = Path(sys.argv[1]), sys.argv[2]
for added in sys.argv[3:]:
    text = file.read_text() + added
    if way == "in place":
        with file.open("w") as opened:
            opened.write(text[:200])
            opened.flush()
            time.sleep(0.002)
            opened.write(text[200:])
    else:
        new = file.with_name("new~")
        new.write_text(text)
        if way == "backup":
            os.replace(file, file.with_name("old~"))
        os.replace(new, file)
    time.sleep(0.005)
"""


@pytest.mark.parametrize("way", ["in place", "rename", "backup"])
def test_no_save_and_no_change_is_lost(team: Repo, way: str) -> None:
    with opened(team) as workspace:
        workspace.reconcile()
        numbers = range(100, 100 + SAVES)
        added = [f"\n{entry(number, f'Saved {number}')}\n" for number in numbers]
        arguments = [str(team.path / ".lore.md"), way, *added]
        editor = subprocess.Popen([sys.executable, "-c", EDITOR, *arguments])
        made = []
        for number in range(CHANGES):
            # a save of an older buffer may take it back before the command is done, and says so
            with suppress(UnknownEntryError):
                made.append(workspace.add(f"Made {number}").entry.id)
        assert editor.wait(timeout=50) == 0
        workspace.reconcile()
        found = entries(team.read(".lore.md"))
        assert found.keys() == {row.entry.id for row in workspace.store.entries.rows()}
        ledger = {record.discard.entry for record in workspace.store.ledger.records()}
        assert {ident(number) for number in numbers} <= found.keys(), "a save is lost"
        assert set(made) <= found.keys() | ledger, "a change is lost"
        again = workspace.reconcile()
        assert (again.changes, again.written) == (0, ())
    assert _leftovers(team.path) == []


def _leftovers(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if "lorefs" in path.name or "saved" in path.name]
