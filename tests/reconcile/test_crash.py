"""A process killed with SIGKILL between any two steps: nothing lost, nothing brought back."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from lorefs.worktree import sole
from tests.gitrepo import Repo
from tests.lore import entries, ident
from tests.reconcile.conftest import BASE, opened
from tests.victims import victim

TOP = Path(__file__).resolve().parents[2]

# Runs one update and dies at the named step, as after a power cut: no handler, no clean-up.
VICTIM = """
import os, signal, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from lorefs.api import Workspace

def step(name):
    print(name, flush=True)
    if name == sys.argv[5]:
        Path(sys.argv[2], ".lore.md").write_text(sys.argv[6])
    if name == sys.argv[3]:
        os.kill(os.getpid(), signal.SIGKILL)

with Workspace.open(
    Path(sys.argv[2]), env=dict(os.environ), clock=lambda: 1, source="cli", step=step
) as workspace:
    workspace.update(sys.argv[4], {"title": "By lorefs"})
"""

STEPS = (
    "observe",
    "rows",
    "write the new file",
    "commit",
    "exchange the files",
    "swap the names",
    "look at the replaced file",
    "sync the directory",
    "note the file",
)


def run(team: Repo, step: str, *save: str) -> subprocess.CompletedProcess[str]:
    """Kill an update at a step; `save` is a step at which an editor saves, and what it saves."""
    arguments = [str(TOP), str(team.path), step, ident(2), *(save or ("", ""))]
    return subprocess.run(
        [sys.executable, "-c", VICTIM, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )


def test_the_steps_are_these(team: Repo) -> None:
    with opened(team) as workspace:
        workspace.reconcile()
    done = run(team, "none of them")
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split("\n")) - {""} == set(STEPS)


@pytest.mark.parametrize("save", [False, True], ids=["alone", "and a save"])
@pytest.mark.parametrize("step", STEPS)
def test_killed_at_a_step(team: Repo, step: str, save: bool) -> None:
    with opened(team) as workspace:
        workspace.reconcile()
    if save:
        team.write(".lore.md", BASE.replace("The gamma", "A gamma"))
    assert run(team, step).returncode == -signal.SIGKILL
    with opened(team) as workspace:
        workspace.take_in()  # what every command does first
        rows = {row.entry.id: row.entry for row in workspace.store.entries.rows()}
        file = entries(team.read(".lore.md"))
        assert rows == file
        assert rows.keys() == {ident(1), ident(2), ident(3)}
        taken = step not in {"observe", "rows", "write the new file", "commit"}
        assert (rows[ident(2)].title == "By lorefs") == taken
        assert rows[ident(3)].content == ("A gamma text." if save else "The gamma text.")
        again = workspace.reconcile()
        assert (again.changes, again.written) == (0, ())
        workspace.update(ident(1), {"title": "Once more"})
    assert not list(team.path.glob(".*lorefs-*")), "a killed process left a file"


# The same where a row has no document yet.
NEW = (
    "observe",
    "rows",
    "write the new file",
    "commit",
    "link the new file",
    "sync the directory",
    "note the file",
)


@pytest.fixture
def row(team: Repo) -> str:
    """A row that another program wrote; the document it belongs to is not there."""
    with opened(team) as workspace:
        workspace.reconcile()
    (team.path / "docs").mkdir()
    statement = "INSERT INTO entries (title, path, category) VALUES ('New', 'docs', 'Gotcha')"
    with closing(sqlite3.connect(team.path / ".git/lorefs/index.db")) as other, other:
        other.execute(statement)
    return "New"


def test_the_steps_to_a_new_document_are_these(team: Repo, row: str) -> None:
    del row
    assert tuple(victim(team.path, "reconcile").stdout.splitlines()) == NEW


@pytest.mark.parametrize("step", NEW)
def test_killed_while_a_document_is_made(team: Repo, row: str, step: str) -> None:
    assert victim(team.path, "reconcile", step).returncode == -signal.SIGKILL
    with opened(team) as workspace:
        workspace.reconcile()
        made = entries(team.read("docs/.lore.md"))
        assert [each.title for each in made.values()] == [row]
        rows = {each.entry.id for each in workspace.store.entries.rows()}
        assert rows == {ident(1), ident(2), ident(3), *made}
        again = workspace.reconcile()
        assert (again.changes, again.written) == (0, ())
    assert [each.name for each in (team.path / "docs").iterdir()] == [".lore.md"]


@pytest.mark.parametrize("step", STEPS[4:])
@pytest.mark.parametrize("moment", ["write the new file", "commit", "exchange the files"])
def test_a_save_just_before_the_kill_is_not_lost(team: Repo, moment: str, step: str) -> None:
    with opened(team) as workspace:
        workspace.reconcile()
    saved = BASE.replace("The gamma", "A gamma")
    run(team, step, moment, saved)  # which is over where the save was noticed before the step
    with opened(team) as workspace:
        assert workspace.take_in().refusals == ()
        found = entries(team.read(".lore.md"))
        assert {row.entry.id: row.entry for row in workspace.store.entries.rows()} == found
        assert found[ident(2)].title == "By lorefs"
        assert found[ident(3)].content == "A gamma text."
        again = workspace.reconcile()
        assert (again.changes, again.written) == (0, ())
    assert not list(team.path.glob(".*lorefs-*")), "a killed process left a file"


def test_a_branch_switch_after_a_crash_publishes_nothing(team: Repo) -> None:
    team("branch", "colleague")
    with opened(team) as workspace:
        workspace.reconcile()
    assert run(team, "exchange the files").returncode == -signal.SIGKILL
    team("switch", "--quiet", "colleague")
    team.commit("theirs", **{".lore.md": BASE.replace("The gamma", "Their gamma")})
    with opened(team) as workspace:
        workspace.reconcile()
        found = entries(team.read(".lore.md"))
        assert found[ident(2)].title == "By lorefs", "the acknowledged change is lost"
        assert found[ident(3)].content == "Their gamma text."


def test_a_process_at_work_does_not_keep_others_from_reading(team: Repo) -> None:
    with opened(team) as workspace:
        workspace.reconcile()
        lock = workspace.site.lock
        with sole(lock):
            assert len(workspace.entries()) == 3, "reading waits for who writes"
        lock.write_text("no number\n")
        workspace.entries()
        assert lock.read_bytes() == b"", "nobody looked after what a killed process left"
