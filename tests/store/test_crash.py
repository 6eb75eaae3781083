"""A process killed in the middle of a write leaves the rows as they were, and no lock."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lorefs.store import Store
from tests.lore import ident
from tests.store.conftest import add, check_index, made

TOP = Path(__file__).resolve().parents[2]

# Writes more than fits SQLite's cache, so that pages reach the disk before the commit.
VICTIM = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from lorefs.core.model import Entry
from lorefs.store import Edit, Origin, Store

origin = Origin("cli", "ada", 1, "batch")
store = Store(Path(sys.argv[2]))
store.connection.execute("PRAGMA cache_size = 10")
old = store.entries.rows()

def write():
    store.entries.change([Edit(row.entry, None) for row in old], origin)
    store.entries.add(
        ((Entry(f"new-{n}", "New", "word " * 500), ".lore.md") for n in range(500)), origin
    )

def wait():
    print("waiting", flush=True)
    sys.stdin.readline()

if sys.argv[3] == "inside":
    with store.write():
        write()
        wait()
else:
    with store.write():
        write()
    wait()
"""


@pytest.mark.parametrize("moment", ["inside", "after"])
def test_killed_while_it_writes(database: Path, moment: str) -> None:
    with Store(database) as store:
        add(store, made(1), made(2), made(3))
    victim = subprocess.Popen(
        [sys.executable, "-c", VICTIM, str(TOP), str(database), moment],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert victim.stdout is not None
    assert victim.stdin is not None
    assert victim.stdout.readline() == "waiting\n"
    wal = database.with_name("index.db-wal")
    assert wal.stat().st_size > 500_000, "nothing was written that could be left behind"
    victim.kill()
    assert victim.wait(timeout=50) == -signal.SIGKILL
    victim.stdin.close()
    victim.stdout.close()
    with Store(database) as store:
        found = {row.entry.id for row in store.entries.rows()}
        if moment == "inside":
            assert found == {ident(1), ident(2), ident(3)}
        else:
            assert found == {f"new-{n}" for n in range(500)}
        check_index(store)
        assert not store.outbox
        add(store, made(4))
        assert store.search.find("something")
