"""Units for service managers: what stands in them, and that they go again."""

from __future__ import annotations

import os
import plistlib
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lorefs.errors import RefusedError
from lorefs.repo import locate
from lorefs.watch.units import System, install, uninstall, unit_for
from tests.cli.terminal import Lorefs
from tests.conftest import TOP
from tests.gitrepo import Repo

ODD = 'odd 100% "$HOME" & <b>\\x'


def test_a_unit_for_systemd(repo: Repo, tmp_path: Path) -> None:
    env = {"PATH": "/bin:/odd %h", "XDG_CONFIG_HOME": str(tmp_path / "config")}
    unit = unit_for("systemd", locate(repo.path), tmp_path, env)
    assert unit.file.parent == tmp_path / "config/systemd/user"
    lines = unit.text.splitlines()
    assert f"WorkingDirectory={repo.path}" in lines
    assert 'Environment="PATH=/bin:/odd %%h"' in lines
    words = next(line for line in lines if line.startswith("ExecStart="))
    expected = [sys.executable, "-P", "-m", "lorefs", "watch"]
    assert shlex.split(words.removeprefix("ExecStart=")) == expected
    assert unit.start[-1] == f"systemctl --user enable --now {unit.file.name}"


def test_systemd_understands_it(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    path = tmp_path / ODD
    path.mkdir()
    Repo(path)("init", "--quiet")
    unit = unit_for("systemd", locate(path), tmp_path, os.environ)
    assert install(unit)
    done = subprocess.run(
        ["systemd-analyze", "--user", "verify", unit.file],
        env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)},
        capture_output=True, text=True, check=False, timeout=50,
    )  # fmt: skip
    assert unit.file.name not in done.stderr, done.stderr


def test_a_unit_for_launchd(tmp_path: Path) -> None:
    path = tmp_path / ODD
    path.mkdir()
    Repo(path)("init", "--quiet")
    unit = unit_for("launchd", locate(path), tmp_path, {"PATH": "/bin & <more>"})
    found = plistlib.loads(unit.text.encode())
    assert found["WorkingDirectory"] == str(path)
    assert found["EnvironmentVariables"] == {"PATH": "/bin & <more>"}
    assert found["ProgramArguments"][:5] == [sys.executable, "-P", "-m", "lorefs", "watch"]
    assert found["KeepAlive"] == {"SuccessfulExit": False}
    assert unit.file == tmp_path / "Library/LaunchAgents" / f"{found['Label']}.plist"


@pytest.mark.parametrize("system", ["systemd", "launchd"])
def test_what_was_installed_goes_again(repo: Repo, tmp_path: Path, system: System) -> None:
    home = tmp_path / "home"
    unit = unit_for(system, locate(repo.path), home, {})
    assert install(unit)
    assert not install(unit)
    for link in unit.links:
        link.parent.mkdir()
        link.symlink_to(unit.file)
    assert uninstall(unit)
    assert not uninstall(unit)
    assert not [each for each in home.rglob("*") if not each.is_dir()]


def test_worktrees_of_one_name_have_units_of_their_own(tmp_path: Path) -> None:
    files = set()
    for name in ("a/same", "b/same"):
        path = tmp_path / name
        path.mkdir(parents=True)
        Repo(path)("init", "--quiet")
        files.add(unit_for("systemd", locate(path), tmp_path, {}).file.name)
    assert len(files) == 2


@pytest.mark.parametrize("name", ["line\nend", "blank ", "continued\\"])
def test_a_directory_that_no_unit_can_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.mkdir()
    Repo(path)("init", "--quiet")
    with pytest.raises(RefusedError):
        unit_for("systemd", locate(path), tmp_path, {})


def test_the_commands(repo: Repo, tmp_path: Path) -> None:
    lorefs = Lorefs(repo.path)
    env = {"HOME": str(tmp_path / "home"), "XDG_CONFIG_HOME": ""}
    out = lorefs("watch", "install", "--for", "systemd", env=env).out
    assert out.startswith(f"wrote {tmp_path}/home/.config/systemd/user/lorefs-watch-repo-")
    assert "start it: systemctl --user enable --now lorefs-watch-repo-" in out
    again = ("watch", "install", "--for", "systemd")
    assert "is up to date" in lorefs(*again, env=env).out
    gone = ("watch", "uninstall", "--for", "systemd")
    assert "removed" in lorefs(*gone, env=env).out
    assert lorefs(*gone, env=env).out == "no unit was installed\n"


def test_the_wheel_carries_the_templates() -> None:
    import tomllib

    project = tomllib.loads((TOP / "pyproject.toml").read_text())
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel["force-include"] == {"templates": "lorefs/templates"}
    assert {file.name for file in (TOP / "templates").iterdir()} >= {
        "lorefs-watch.service",
        "lorefs-watch.plist",
    }
