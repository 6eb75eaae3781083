"""Each kind of failure: its exit status, its words, and never a traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from lorefs.cli.app import SUMMARIES
from tests.cli.conftest import FIRST, LORE
from tests.cli.terminal import Lorefs, environment
from tests.gitrepo import Repo

NO_REPOSITORY_NEEDED = {"demo", "merge-file", "merge-driver", "config"}
ARGUMENTS = {
    "add": ["T"], "edit": ["x", "--title", "T"], "mv": ["x", "."], "rm": ["x"], "show": ["x"],
    "search": ["x"], "similar": ["x"], "blame": ["x"], "restore": ["x"],
    "merge-tree": ["--check", "HEAD"], "import": ["x"], "team": ["status"],
    "promote": ["x"], "demote": ["x"],
    "approve": ["x"], "reject": ["x", "--why", "T"],
}  # fmt: skip


@pytest.mark.parametrize("command", sorted(set(SUMMARIES) - NO_REPOSITORY_NEEDED))
def test_outside_of_a_repository(tmp_path: Path, command: str) -> None:
    error = Lorefs(tmp_path)(command, *ARGUMENTS.get(command, []), status=3).err
    assert "is not inside a git worktree" in error
    assert "hint: " in error


def test_in_a_bare_repository(repo: Repo) -> None:
    repo("clone", "--quiet", "--bare", ".", "../bare.git")
    Lorefs(repo.path.parent / "bare.git")("list", status=3)


def test_an_unknown_command_is_a_usage_error_with_a_suggestion(lorefs: Lorefs) -> None:
    assert "Did you mean 'search'?" in lorefs("serch", status=2).err


def test_a_missing_argument_is_a_usage_error(lorefs: Lorefs) -> None:
    assert "lorefs show --help" in lorefs("show", status=2).err


def test_no_command_at_all_shows_the_overview(lorefs: Lorefs) -> None:
    assert "Usage: lorefs" in lorefs(status=2).err


@pytest.mark.parametrize(
    ("arguments", "stdin", "status"),
    [
        (["add", ""], "", 5),
        (["add", "two\nlines"], "", 5),
        (["add", "T", "--content", "-"], "\udcff", 2),
        (["add", "\udcff"], "", 5),
        (["add", "T", "--category", "a\nb"], "", 5),
        (["add", "T", "--path", ".git"], "", 2),
        (["search", "\udcff"], "", 0),
        (["show", "\udcff"], "", 2),
        (["list", "--category", "\udcff"], "", 0),
        (["show", "%"], "", 2),
    ],
)
def test_odd_arguments(
    lore: Lorefs, repo: Repo, arguments: list[str], stdin: str, status: int
) -> None:
    lore("list")
    done = lore(*arguments, stdin=stdin, status=status)
    assert done.err.startswith("error: ") or status == 0
    assert repo.read(".lore.md") == LORE


def test_a_document_in_conflict_is_refused_with_its_line(lore: Lorefs, repo: Repo) -> None:
    lore("list")
    broken = LORE.replace(
        "* **Retries", "<<<<<<< HEAD\n* **Retries are\n=======\n>>>>>>> x\n* **Retries"
    )
    repo.write(".lore.md", broken)
    done = lore("status", status=1)
    assert "conflict markers" in done.err
    line = broken[: broken.index("<<<<<<<")].count("\n") + 1
    assert f".lore.md:{line}" in done.err
    assert len(lore("list", "--json").json) == 3
    assert repo.read(".lore.md") == broken


def test_a_wrong_setting_is_a_usage_error_with_its_line(lore: Lorefs, repo: Repo) -> None:
    repo.write(".lorefs.toml", "[guard]\ndeletionShar = 1\n")
    error = lore("list", status=2).err
    assert ".lorefs.toml:2: " in error
    assert "did you mean guard.deletionShare?" in error


def run_broken(path: Path) -> subprocess.CompletedProcess[str]:
    """`lorefs list` with a bug: the command raises what nobody foresaw."""
    code = (
        "import sys, lorefs.cli.list as module\n"
        "from lorefs.cli.app import run as lorefs\n"
        "def run(): raise ZeroDivisionError('a bug')\n"
        "module.run = run\n"
        "sys.exit(lorefs(['list']))"
    )
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=path,
        env=environment({"TMPDIR": str(path.parent)}),
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )


def test_a_bug_becomes_a_saved_report(repo: Repo) -> None:
    done = run_broken(repo.path)
    assert done.returncode == 70
    assert "Traceback" not in done.stderr
    (report,) = (repo.path / ".git/lorefs/reports").iterdir()
    assert str(report) in done.stderr
    assert "ZeroDivisionError: a bug" in report.read_text()


def test_a_bug_outside_of_a_repository_is_reported_in_the_temporary_directory(
    tmp_path: Path,
) -> None:
    directory = tmp_path / "elsewhere"
    directory.mkdir()
    done = run_broken(directory)
    assert done.returncode == 70
    (report,) = (tmp_path / "lorefs-reports").iterdir()
    assert str(report) in done.stderr


def test_a_directory_that_is_gone(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    script = f"mkdir {gone}; cd {gone}; rmdir {gone}; {sys.executable} -m lorefs show {FIRST}"
    done = subprocess.run(
        ["sh", "-c", script], env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 3, done.stderr
    assert "Traceback" not in done.stderr
