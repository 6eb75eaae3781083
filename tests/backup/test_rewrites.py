"""A backup that was rewritten, deleted, or never was one."""

from __future__ import annotations

import pytest

from lorefs.sync.backup.vault import NoBackupError
from lorefs.sync.branch.exchange import RewrittenError
from tests.backup.conftest import BRANCH, Machine, Machines


def test_a_backup_that_was_rewritten_stops_until_somebody_says_so(
    machines: Machines, desk: Machine, laptop: Machine
) -> None:
    old = machines.tip()
    desk.add("New")
    desk.backup()
    laptop.backup()
    machines.vault("update-ref", f"refs/heads/{BRANCH}", old)
    with pytest.raises(RewrittenError):
        desk.backup()
    assert desk.titles() == ["New", "Of the desk"]
    desk.backup(accept_rewrite=True)
    assert desk.titles() == ["New", "Of the desk"], "what is not there was not deleted"
    laptop.backup(accept_rewrite=True)
    assert laptop.text() == desk.text()


def test_a_backup_that_is_gone_is_made_anew_on_request(
    machines: Machines, desk: Machine, laptop: Machine
) -> None:
    machines.vault("update-ref", "-d", f"refs/heads/{BRANCH}")
    with pytest.raises(RewrittenError, match="is gone"):
        desk.backup()
    first = desk.backup(accept_rewrite=True)
    assert desk.backup().fingerprint == first.fingerprint
    with pytest.raises(RewrittenError):
        laptop.backup()
    laptop.add("Of the laptop")
    laptop.backup(accept_rewrite=True)
    desk.backup()
    assert desk.titles() == ["Of the desk", "Of the laptop"]


def test_a_branch_that_is_something_else_is_left_alone(machines: Machines) -> None:
    desk = machines.machine("desk")
    desk.repo("push", "--quiet", str(machines.vault.path), f"HEAD:refs/heads/{BRANCH}")
    with pytest.raises(NoBackupError, match="no backup of lorefs"):
        desk.setup()
    assert machines.files() == ["README.md", "lib/code.py"]
    assert desk.repo("config", "--get", "lorefs.backup.enabled", ok=False) == ""
