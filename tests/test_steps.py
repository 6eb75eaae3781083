"""Each step at which a process can be killed is in one of the matrices of such kills."""

from __future__ import annotations

import ast
import re

from tests.backup import test_crash as backup
from tests.conftest import TOP
from tests.reconcile import test_crash as reconcile
from tests.sync import test_crash as sync

FOLDERS = ("api", "sync", "worktree", "remote", "store", "repo")  # `check` has steps of its own


def in_the_source() -> dict[str, str]:
    """The names of all steps, each with the file that it stands in."""
    found: dict[str, str] = {}
    files = (file for folder in FOLDERS for file in (TOP / "lorefs" / folder).rglob("*.py"))
    for file in sorted(files):
        for node in ast.walk(ast.parse(file.read_text())):
            if not isinstance(node, ast.Call):
                continue
            called = node.func
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            if name == "step":
                (argument,) = node.args
                assert isinstance(argument, ast.Constant), f"{file}: a step without a name"
                found[str(argument.value)] = file.name
    return found


def test_every_step_has_its_kill() -> None:
    kills = (*reconcile.STEPS, *reconcile.NEW, *sync.STEPS, *sync.FOLLOWING, *backup.STEPS)
    killed = {re.sub(r" \(\d+\)$", "", step) for step in kills}
    assert set(in_the_source()) == killed
