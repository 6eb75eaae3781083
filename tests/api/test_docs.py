"""The example of docs/api.md runs as it stands."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.gitrepo import Repo

TOP = Path(__file__).resolve().parents[2]


def test_the_example_runs(repo: Repo) -> None:
    text = (TOP / "docs" / "api.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    repo.commit("code", **{"README.md": "code\n"})
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", example],
        cwd=repo.path,
        env={**os.environ, "PYTHONPATH": str(TOP)},
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "slow readers" in repo.read(".lore.md")


def test_every_method_it_names_is_there() -> None:
    from lorefs.api import Workspace

    text = (TOP / "docs" / "api.md").read_text(encoding="utf-8")
    table = text[text.index("## Methods") : text.index("Ids may be")]
    named = set(re.findall(r"`(?:Workspace\.)?(\w+)(?:\(|`)", table))
    assert len(named) > 20
    assert not {name for name in named if not hasattr(Workspace, name)}
