"""Commands for which permissions hold, though root runs the tests."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.terminal import command, environment
from tests.gitrepo import Repo

WITHOUT_ROOTS_RIGHTS = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")


def as_anybody(tmp_path: Path) -> tuple[str, ...]:
    """What to put before a command so that permissions hold for it, as for any user."""
    prefix = WITHOUT_ROOTS_RIGHTS if os.geteuid() == 0 else ()
    probe = tmp_path / "probe"
    probe.write_text("x")
    probe.chmod(0)
    if prefix and shutil.which(prefix[0]) is None:
        pytest.skip("setpriv, which drops root's rights, is not installed (util-linux)")
    done = subprocess.run([*prefix, "cat", str(probe)], capture_output=True, check=False)
    if done.returncode == 0:
        pytest.skip("permissions hold for nobody here")
    return prefix


def run(prefix: tuple[str, ...], repo: Repo, *arguments: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [*prefix, *command(*arguments)],
        cwd=repo.path, env=environment(), capture_output=True, text=True, check=False, timeout=50,
    )  # fmt: skip
    assert "Traceback" not in done.stdout + done.stderr
    return done
