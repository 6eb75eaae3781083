"""What is carried along: shims for folders of hooks, the template for servers, small commands."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from lorefs.precommit import FLAGS, VALUES, read_options
from tests.conftest import TOP
from tests.gitrepo import Repo
from tests.lore import document, entry

SCRIPTS = sorted([*(TOP / "hooks").iterdir(), TOP / "templates/pre-receive"])


@pytest.fixture
def on_path(monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the commands, at the front of PATH."""
    programs = Path(sys.executable).parent
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    return programs


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_a_script_is_short_and_any_shell_reads_it(script: Path) -> None:
    lines = script.read_text().splitlines()
    assert lines[0] == "#!/bin/sh"
    assert len(lines) <= 15
    assert script.stat().st_mode & 0o111
    subprocess.run(["sh", "-n", str(script)], check=True, timeout=10)


@pytest.mark.usefixtures("on_path")
def test_the_shims_in_a_folder_of_hooks(repo: Repo) -> None:
    folder = repo.path / ".githooks"
    folder.mkdir()
    shutil.copy(TOP / "hooks/pre-commit", folder)
    for name in ("post-merge", "post-checkout", "post-rewrite", "post-commit"):
        shutil.copy(TOP / "hooks/reconcile", folder / name)
    repo("config", "core.hooksPath", ".githooks")
    repo.commit("base", **{".lore.md": document(entry(1, "A"))})
    repo.write(".lore.md", document(entry(1, "A", "\u202e")))
    repo("add", "--all")
    done = repo.run("commit", "--message", "bad")
    assert done.returncode == 1
    assert "LORE301" in done.stderr


def test_a_shim_without_the_program_stops_nothing(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(TOP / "hooks/pre-commit", repo.path / ".git/hooks/pre-commit")
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    repo.write(".lore.md", document(entry(1, "A", "\u202e")))
    repo("add", "--all")
    done = repo.run("commit", "--message", "unchecked")
    assert done.returncode == 0
    assert "lore is not checked: install lorefs" in done.stderr


def test_the_wheel_carries_them(tmp_path: Path) -> None:
    code = "import sys; from hatchling.build import build_wheel; build_wheel(sys.argv[1])"
    subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        cwd=TOP, check=True, capture_output=True, timeout=50,
    )  # fmt: skip
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = {name.partition(".data/data/")[2] for name in archive.namelist()}
        scripts = next(name for name in archive.namelist() if name.endswith("entry_points.txt"))
        commands = archive.read(scripts).decode()
    for script in SCRIPTS:
        assert f"share/lorefs/{script.relative_to(TOP)}" in names
    for command in ("lorefs", "lorefs-check", "lorefs-fix", "lorefs-hook"):
        assert f"\n{command} = " in commands


def test_the_hooks_of_frameworks_run_commands_that_there_are(on_path: Path) -> None:
    hooks = YAML(typ="safe").load((TOP / ".pre-commit-hooks.yaml").read_text())
    by_id = {hook["id"]: hook for hook in hooks}
    assert list(by_id) == ["lorefs-check", "lorefs-fix", "lorefs-reconcile"]
    for hook in hooks:
        assert (on_path / hook["entry"].split()[0]).exists()
    documents = re.compile(by_id["lorefs-check"]["files"])
    for name in (".lore.md", "a/b/.lore.review.md", "a/.lore.local.md"):
        assert documents.search(name)
    for name in ("a.lore.md", ".lore.md.orig", "lore.md"):
        assert not documents.search(name)


def commanded(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        arguments, cwd=folder, capture_output=True, text=True, check=False, timeout=50
    )


def test_the_small_commands(repo: Repo, on_path: Path) -> None:
    check, fix = str(on_path / "lorefs-check"), str(on_path / "lorefs-fix")
    repo.write(".lore.md", document("* **By hand**: x", entry(2, "B", "\x1b")))
    done = commanded(repo.path, check, ".lore.md")
    assert done.returncode == 1
    assert "1 error, 1 warning in 1 document" in done.stdout
    assert commanded(repo.path, check, "--ignore", "LORE303", "--strict").returncode == 1
    done = commanded(repo.path, fix, ".lore.md")
    assert done.returncode == 1
    assert "mended LORE105" in done.stdout
    assert "0 warnings" in done.stdout
    assert "usage: lorefs-fix" in commanded(repo.path, fix, "--help").stdout
    done = commanded(repo.path, check, "--nonsense")
    assert done.returncode == 2
    assert done.stderr.startswith("error: option --nonsense not recognized")
    assert commanded(repo.path, check, "--format", "xml").returncode == 2
    assert commanded(repo.path.parent, check).returncode == 3


def test_the_small_commands_take_the_options_of_the_large_one(repo: Repo, on_path: Path) -> None:
    shown = commanded(repo.path, str(on_path / "lorefs"), "check", "--help").stdout
    for name in {*FLAGS, *VALUES} - {"hook", "receive"}:
        assert f"--{name}" in shown
    options = read_options(["--staged", "a", "--select", "LORE1", "--select=LORE2", "b"])
    assert options.staged
    assert options.paths == ("a", "b")
    assert options.select == ("LORE1", "LORE2")
