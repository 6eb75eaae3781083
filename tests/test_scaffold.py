"""The project's own promises: isolation, start-up imports, and one version everywhere."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import lorefs
from tests.conftest import REAL_HOME, TOP
from tests.gitrepo import START, Repo

HEAVY = {"pygit2", "typer", "rich", "mistune", "ruamel", "frontmatter", "yaml", "watchdog"}


def loaded_by(statement: str) -> set[str]:
    """The top-level modules that a fresh interpreter has after a statement."""
    code = f"import sys\n{statement}\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=50
    )
    return {name.partition(".")[0] for name in done.stdout.split()}


def test_home_is_not_the_real_one(isolation: Path) -> None:
    assert Path.home() == isolation
    assert Path.home() != REAL_HOME


def test_git_has_the_test_identity(repo: Repo) -> None:
    repo.commit("first", **{"a.txt": "a\n"})
    assert repo("log", "--format=%an <%ae>") == "Ada Example <ada@example.invalid>"


def test_commits_are_dated_by_the_tests_clock(repo: Repo) -> None:
    first, second = repo.commit("first"), repo.commit("second")
    times = [int(repo("show", "-s", "--format=%ct", oid)) for oid in (first, second)]
    assert START < times[0] < times[1] < START + 3600


def test_pygit2_has_the_test_identity(repo: Repo) -> None:
    import pygit2

    signature = pygit2.Repository(str(repo.path)).default_signature
    assert signature.email == "ada@example.invalid"


@pytest.mark.parametrize(
    "module",
    [
        "lorefs.__main__",
        "lorefs.errors",
        "lorefs.driver",
        "lorefs.hooks",
        "lorefs.api",
        "lorefs.precommit",
        "lorefs.cli.checking",
    ],
)
def test_start_up_loads_nothing_heavy(module: str) -> None:
    assert not loaded_by(f"import {module}") & HEAVY


def imported_packages() -> set[str]:
    """The top-level packages that the source imports, lazily or not."""
    found: set[str] = set()
    for file in (TOP / "lorefs").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.partition(".")[0])
    return found - set(sys.stdlib_module_names) - {"lorefs"}


def test_dependencies_are_those_that_are_imported() -> None:
    project = tomllib.loads((TOP / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    lines = [*project["dependencies"], *(line for extra in extras for line in extra)]
    declared = {re.split(r"[^\w.-]", line)[0] for line in lines}
    packages = importlib.metadata.packages_distributions()
    imported = {packages[name][0] for name in imported_packages()}
    # what comes with rich is rich's own business
    assert {name.lower().replace("_", "-") for name in imported} - {"markdown-it-py"} == declared


def test_the_lock_names_no_host_and_no_path() -> None:
    lock = (TOP / "requirements.lock").read_text()
    assert re.findall(r"https?:|file:|--index|--find-links|@ |/[a-z]+/", lock) == []
    packages = re.findall(r"^[a-z]", lock, re.MULTILINE)
    assert len(packages) == lock.count("# via")
    for package in re.split(r"\n(?=[a-z])", lock)[1:]:
        assert "--hash=sha256:" in package


def test_one_version_everywhere() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "lorefs", "--version"],
        capture_output=True,
        text=True,
        check=True,
        timeout=50,
    )
    assert done.stdout == f"lorefs {lorefs.__version__}\n"
