"""No command touches HEAD, the index or files that are no lore, and few touch a configuration."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from lorefs.cli.app import HIDDEN, SECTIONS, SUMMARIES
from tests.cli.terminal import TIMEOUT, Lorefs, command, environment, fork_server
from tests.clones import Clone, Team
from tests.lore import document, entry, ident

ALPHA = ident(1)
DOCUMENT = document(entry(1, "Alpha"), entry(2, "Beta"), entry(3, "Gamma"))

# What each command is called with; what it answers is tested
# elsewhere. None: it is there to change the clone.
CALLS: Mapping[str, tuple[tuple[str, ...], ...] | None] = {
    "init": None,
    "deinit": None,
    "demo": ((),),
    "add": (("New", "--content", "Some text."), ("Mine", "--personal")),
    "edit": ((ALPHA, "--title", "Another"),),
    "mv": ((ALPHA, "docs"),),
    "suggest": ((),),
    "promote": ((ident(1),),),
    "demote": ((ident(2),),),
    "rm": ((ident(3),),),
    "undo": ((), ("2",)),
    "list": ((), ("--json",)),
    "show": ((ALPHA,),),
    "search": (("text",),),
    "similar": ((ALPHA,),),
    "context": ((), ("code.py",)),
    "import": (("lore.json", "--yes"), ("nowhere.json",)),
    "export": ((), ("--format", "sql")),
    "check": ((), ("--fix",), ("--staged",)),
    "stats": ((),),
    "stale": ((),),
    "log": ((),),
    "diff": (("HEAD~1", "HEAD"),),
    "blame": ((ALPHA,),),
    "sync": ((), ("--dry-run",), ("status",), ("setup", "--yes"), ("disable", "--yes")),
    "publish": ((),),
    "devices": ((),),
    "backup": ((), ("status",)),
    "team": ((), ("show",)),
    "review": ((),),
    "approve": ((ALPHA,),),
    "reject": ((ALPHA, "--reason", "no"),),
    "conflicts": ((),),
    "resolve": ((), ("1", "--ours")),
    "restore": ((ALPHA, "--rev", "1"), ("--at", "HEAD~1", "--yes")),
    "status": ((), ("--short",), ("--json",)),
    "reconcile": ((), ("--accept-deletions",), ("--restore",)),
    "doctor": ((),),
    "watch": (("--once",), ("--detach",), ("stop",), ("install",), ("uninstall",)),
    "metrics": ((),),
    "rebuild": ((),),
    "config": (("list",), ("get", "sync.mode"), ("set", "sync.mode", "manual")),
    "gc": ((),),
    "mcp": ((),),
    "merge-file": (("code.py", "code.py", "code.py"),),
    "merge-tree": (("HEAD", "HEAD", "HEAD"),),
    "merge-driver": (("nothing",),),
}
# These are there to change the configuration, and change nothing else.
CONFIGURE = (("sync", "setup"), ("sync", "disable"), ("config", "set"))


@pytest.fixture
def clone(team: Team) -> Iterator[Clone]:
    """A clone with sync on that tracks lore, with something staged, changed and untracked."""
    found = team.clone("ada", ignored=False)
    repo = found.repo
    repo.commit("lore", **{".lore.md": DOCUMENT, "code.py": "1\n", "docs/text.md": "Text.\n"})
    repo.commit("more", **{".lore.md": DOCUMENT.replace("Gamma", "Delta")})
    Lorefs(repo.path)("init")
    repo.write("staged.py", "staged\n")
    repo("add", "staged.py", ".gitattributes")
    repo.write("staged.py", "changed since\n")
    repo.write("code.py", "2\n")
    repo.write("lore.json", "{}")
    found.sync()
    yield found
    said(found.path, "watch", "stop")


def state(clone: Clone) -> dict[str, bytes | str]:
    """All that is not lore's: git's own files, branches, and the files of the worktree."""
    git = clone.path / ".git"
    kept: dict[str, bytes | str] = {
        name: (git / name).read_bytes() for name in ("index", "HEAD", "config", "info/exclude")
    }
    kept["branches"] = clone.repo("rev-parse", "main", "HEAD")
    for file in clone.path.rglob("*"):
        name = file.relative_to(clone.path)
        if file.is_file() and name.parts[0] != ".git" and not name.name.startswith(".lore"):
            kept[str(name)] = file.read_bytes()
    return kept


def test_every_command_is_called() -> None:
    assert set(CALLS) == set(SUMMARIES)


@pytest.mark.parametrize("section", [*SECTIONS, "hidden"])
def test_commands_touch_lore_alone(clone: Clone, section: str) -> None:
    before = state(clone)
    for name in SECTIONS.get(section, HIDDEN):
        for arguments in CALLS[name] or ():
            call = f"lorefs {name} {' '.join(arguments)}"
            out = said(clone.path, name, *arguments)
            assert "Traceback" not in out, call
            after = state(clone)
            if (name, *arguments[:1]) in CONFIGURE:
                assert "rror: " not in out, out
                for file in ("config", "info/exclude"):
                    before[file] = after[file]
            assert after.keys() == before.keys(), call
            assert {key for key in after if after[key] != before[key]} == set(), call


def said(path: Path, *arguments: str) -> str:
    """What a command prints, whatever its exit status."""
    env = environment()
    if server := fork_server(env):
        done = server.run(arguments, path, env, b"", TIMEOUT)
    else:
        done = subprocess.run(
            command(*arguments), cwd=path, env=env, input=b"", capture_output=True, check=False,
            timeout=TIMEOUT,
        )  # fmt: skip
    return (done.stdout + done.stderr).decode()
