"""`lorefs doctor` where there is a backup, or should be."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lorefs.crypto import make_identity
from lorefs.doctor import Finding, Place, examine
from tests.backup.conftest import BRANCH, MINE, Machine, Machines
from tests.cli.terminal import Lorefs

DAY = 86_400_000  # milliseconds


@pytest.fixture
def here(desk: Machine) -> Iterator[Machine]:
    """A machine on which the doctor sees what the machine's own commands see."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in desk.env.items():
            patch.setenv(name, value)
        yield desk


def found(machine: Machine, *, later: int = 0) -> list[Finding]:
    """What is said of the backup, so many milliseconds later."""
    with machine.open() as workspace:
        env = workspace.site.git.env
    place = Place.around(machine.repo.path, env, machine.tick() + later)
    return [each for each in examine(place) if each.check in {"backup", "remote"}]


def only(machine: Machine, level: str, *, later: int = 0) -> Finding:
    (finding,) = found(machine, later=later)
    assert finding.level == level, finding
    assert finding.remedy
    assert finding.fix is None
    return finding


def test_a_backup_that_works_is_no_finding(here: Machine) -> None:
    assert found(here) == []
    assert found(here, later=6 * DAY) == []


def test_a_backup_that_is_off_is_not_looked_at(here: Machine) -> None:
    here.identity.unlink()
    with here.open() as workspace:
        workspace.disable_backup()
    assert found(here) == []


def test_a_key_that_is_gone(here: Machine) -> None:
    here.identity.unlink()
    finding = only(here, "error")
    assert str(here.identity) in finding.what
    assert "bring it back" in finding.remedy


def test_a_key_that_others_can_read(here: Machine) -> None:
    here.identity.chmod(0o640)
    finding = only(here, "error")
    assert "can be read by others" in finding.what
    assert f"chmod 600 {here.identity}" in finding.remedy
    assert here.identity.stat().st_mode & 0o777 == 0o640


def test_a_key_that_is_none(here: Machine) -> None:
    here.identity.write_text("Nothing that opens anything.\n")
    assert "no key that can be used" in only(here, "error").what


def test_a_key_of_another_backup(here: Machine) -> None:
    here.identity.unlink()
    make_identity(here.identity)
    assert "cannot open the backup" in only(here, "error").what


@pytest.mark.parametrize("name", ["remote", "realm", "identity"])
def test_a_setting_that_is_missing(here: Machine, name: str) -> None:
    here.repo("config", "--unset", f"lorefs.backup.{name}")
    assert f"lorefs.backup.{name}" in only(here, "error").what


def test_a_remote_that_this_clone_does_not_know(here: Machine) -> None:
    here.repo("config", "lorefs.backup.remote", "vault")
    says = [each.what for each in found(here)]
    assert "the backup's remote vault is no git remote of this clone" in says
    assert "no backup was made yet" in says
    assert any("the remote vault does not answer" in each for each in says)


def test_a_backup_on_the_branch_of_sync(here: Machine) -> None:
    here.repo("config", "lorefs.sync.enabled", "true")
    here.repo("config", "lorefs.sync.remote", str(here.vault))
    here.repo("config", "lorefs.sync.branch", BRANCH)
    assert "share the branch" in only(here, "error").what


def test_an_old_backup(here: Machine) -> None:
    finding = only(here, "warning", later=8 * DAY)
    assert finding.what == "the last backup is 8 days old"
    assert "lorefs watch" in finding.remedy


def test_what_changed_since_a_backup(here: Machine) -> None:
    here.add("Later")
    assert found(here) == []
    finding = only(here, "warning", later=3 * DAY)
    assert finding.what == f"the last backup is 3 days old, and {MINE} changed since"
    here.backup()
    assert found(here) == []


def test_a_backup_that_fails(here: Machine) -> None:
    here.vault.rename(here.vault.with_name("away"))
    Lorefs(here.repo.path)("backup", status=5, env=here.env)
    says = [(each.check, each.level) for each in found(here)]
    assert says == [("backup", "warning"), ("remote", "warning")]
    fails, asked = found(here)
    assert fails.what.startswith("the backup fails (")
    assert "does not answer" in asked.what


def test_a_backup_that_is_gone_from_its_remote(here: Machine, machines: Machines) -> None:
    machines.vault("update-ref", "-d", f"refs/heads/{BRANCH}")
    finding = only(here, "error")
    assert finding.check == "remote"
    assert "--accept-rewrite" in finding.remedy


def test_looking_changes_nothing(here: Machine) -> None:
    Lorefs(here.repo.path)("init")
    folder = here.repo.path / ".git"
    before = {str(f): f.read_bytes() for f in sorted(folder.rglob("*")) if f.is_file()}
    key = here.identity.read_bytes()
    here.identity.chmod(0o644)
    done = Lorefs(here.repo.path)("doctor", status=1, env=here.env)
    assert "backup" in done.out
    assert key.decode().splitlines()[-1] not in done.out
    after = {str(f): f.read_bytes() for f in sorted(folder.rglob("*")) if f.is_file()}
    assert after == before
