"""`.pre-commit-hooks.yaml` under the two programs that read it, from a local clone."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import TOP
from tests.gitrepo import Repo
from tests.lore import document, entry

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

CONFIG = """\
repos:
  - repo: {url}
    rev: {rev}
    hooks:
      - id: lorefs-fix
      - id: lorefs-check
"""


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """A repository with this project's files as they are now, in one commit."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=TOP, capture_output=True, check=False, timeout=50,
    )  # fmt: skip
    if listing.returncode:
        pytest.skip("this is no clone, so there is no repository to make one of")
    path = tmp_path_factory.mktemp("source")
    for name in listing.stdout.decode().split("\0"):
        if name and (TOP / name).is_file():
            target = path / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(TOP / name, target)
    repo = Repo(path)
    repo("init", "--quiet")
    repo.commit("all")
    return repo


@pytest.fixture(params=["pre-commit", "prek"])
def program(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """A program that is installed here, with caches of its own."""
    name: str = request.param
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    if name == "prek" and shutil.which("uv") is None:
        pytest.skip("prek makes its environments with uv, which is not installed")
    monkeypatch.setenv("PRE_COMMIT_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PREK_HOME", str(tmp_path / "cache"))
    return name


def run(program: str, repo: Repo, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [program, *arguments], cwd=repo.path, env=dict(os.environ),
        capture_output=True, text=True, check=False, timeout=500,
    )  # fmt: skip


def test_a_commit_is_stopped_and_mended(repo: Repo, source: Repo, program: str) -> None:
    config = CONFIG.format(url=source.path, rev=source("rev-parse", "HEAD"))
    repo.commit("base", **{".pre-commit-config.yaml": config})
    installed = run(program, repo, "install", "--install-hooks")
    assert installed.returncode == 0, installed

    repo.write("src/.lore.md", document("* **By hand**: x", entry(2, "Bad", "\x1b[2J")))
    repo("add", "--all")
    done = repo.run("commit", "--message", "bad")
    assert done.returncode == 1, done
    said = done.stdout + done.stderr
    assert "src/.lore.md: mended LORE105" in said
    assert "src/.lore.md:" in said
    assert "LORE303" in said
    assert "remedy: " in said

    text = repo.read("src/.lore.md")
    assert "<!-- lore:" in text.split("* **By hand**")[0]
    repo.write("src/.lore.md", text.replace("\x1b[2J", ""))
    repo.commit("good")

    # what is not staged is put aside by the program, and is not judged
    repo.write("src/.lore.md", text.replace("\x1b[2J", "words"))
    repo("add", "--all")
    repo.write("src/.lore.md", text)
    done = repo.run("commit", "--message", "the staged part")
    assert done.returncode == 0, done
    assert repo.read("src/.lore.md") == text

    everything = run(program, repo, "run", "--all-files")
    assert everything.returncode == 1, everything
