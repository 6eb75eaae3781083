"""The commands of the configuration that are told what gave way and what failed."""

from __future__ import annotations

import json
import os
import time

import pytest

from lorefs.api import Workspace
from lorefs.errors import LorefsError
from lorefs.sync import notify
from tests.cli.conftest import CONFIDENCE, FIRST, LORE, Merged
from tests.cli.terminal import Lorefs
from tests.gitrepo import Repo


def test_a_command_is_told_what_gave_way(lore: Lorefs, merged: Merged, repo: Repo) -> None:
    told = repo.path.parent / "told.json"
    lore("config", "set", "onConflict", f"cat >> {told}")
    assert repo("config", "lorefs.onConflict") == f"cat >> {told}"
    merged(*CONFIDENCE)
    lore("list")
    facts = json.loads(told.read_text())
    assert (facts["event"], facts["worktree"]) == ("conflict", str(repo.path))
    (record,) = facts["records"]
    assert (record["entry"], record["field"], record["chosen"]) == (FIRST, "confidence", "0.3")
    lore("list")
    json.loads(told.read_text())  # told once


def test_a_command_is_told_once_what_failed(lore: Lorefs, repo: Repo) -> None:
    told = repo.path.parent / "told"
    lore("config", "set", "onFailure", f"cat >> {told}; echo >> {told}")
    lore("list")
    repo.write(".lore.md", LORE + "\n<<<<<<< HEAD\n")
    lore("list")
    lore("list")
    (line,) = told.read_text().splitlines()
    (failure,) = json.loads(line)["failures"]
    assert failure["path"] == ".lore.md"
    repo.write(".lore.md", LORE)
    lore("list")
    repo.write(".lore.md", LORE + "\n<<<<<<< HEAD\n")
    lore("list")
    assert len(told.read_text().splitlines()) == 2


@pytest.mark.parametrize(
    ("command", "words"),
    [("echo no >&2; exit 3", "ended with 3, saying: no"), ("kill -9 $$", "ended with -9")],
)
def test_a_failing_command_is_reported_and_fails_nothing(
    lore: Lorefs, repo: Repo, command: str, words: str
) -> None:
    repo("config", "lorefs.onConflict", command)
    lore("edit", FIRST, "--confidence", "0.5")
    repo.write(".lore.md", LORE.replace("books", "charges"))
    done = lore("list", "--json")
    assert len(done.json) == 3
    assert done.err.startswith("warning: the command of lorefs.onConflict")
    assert words in done.err


def test_a_command_that_hangs_is_ended(
    lore: Lorefs, repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notify, "SECONDS", 0.3)
    repo("config", "lorefs.onConflict", "sleep 40 & sleep 40")
    lore("edit", FIRST, "--confidence", "0.5")
    repo.write(".lore.md", LORE.replace("books", "charges"))
    troubles: list[LorefsError] = []
    start = time.monotonic()
    with Workspace.open(
        repo.path, env=os.environ, clock=lambda: 1, warn=troubles.append
    ) as workspace:
        assert len(workspace.entries()) == 3
    assert time.monotonic() - start < 20
    assert "was ended" in troubles[0].message


def test_a_command_that_runs_lorefs_is_not_started_by_itself(lore: Lorefs, repo: Repo) -> None:
    told = repo.path.parent / "told"
    repo("config", "lorefs.onConflict", f"echo >> {told}; false")
    lore("edit", FIRST, "--confidence", "0.5")
    repo.write(".lore.md", LORE.replace("books", "charges"))
    lore("list", env={"LOREFS_INSIDE_COMMAND": "1"})
    assert not told.exists()


def test_no_shared_file_can_set_a_command(lore: Lorefs, repo: Repo) -> None:
    repo.write(".lorefs.toml", 'onConflict = "touch owned"\n')
    assert "each clone's own choice" in lore("list", status=2).err
