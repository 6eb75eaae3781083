"""`lorefs backup`, as people and programs call it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.backup.conftest import BRANCH, MINE, SECRET, Machine, Machines
from tests.cli.terminal import Done, Lorefs


def call(machine: Machine, *arguments: str, status: int = 0, stdin: str = "") -> Done:
    return Lorefs(machine.repo.path)(*arguments, status=status, stdin=stdin, env=machine.env)


@pytest.fixture
def fresh(machines: Machines) -> Machine:
    found = machines.machine("fresh")
    found.add("Of mine")
    return found


def test_what_is_off_says_how_to_turn_it_on(fresh: Machine) -> None:
    for arguments in (["backup"], ["backup", "status"]):
        assert "lorefs backup setup REMOTE" in call(fresh, *arguments, status=5).err
    assert "which remote" in call(fresh, "backup", "setup", status=2).err


def test_from_setup_to_a_new_machine(machines: Machines, fresh: Machine) -> None:
    relative = os.path.relpath(machines.vault.path, fresh.repo.path)
    done = call(fresh, "backup", "setup", relative, "--yes")
    assert f"1 personal document: {MINE}" in done.out
    assert "no backup yet" in done.out
    secret = fresh.identity.read_text().splitlines()[-1]
    assert secret in done.out
    assert "keep a copy" in done.out
    assert fresh.repo("config", "lorefs.backup.remote") == str(machines.vault.path)
    again = call(fresh, "backup", "setup", "--yes").out
    assert secret not in again
    assert "will be made" not in again
    assert call(fresh, "backup").out == f"{machines.vault.path}: nothing new\n"
    assert call(fresh, "backup", "--quiet").out == ""
    status = call(fresh, "backup", "status")
    assert "kept:      .lore.local.md" in status.lines
    assert call(fresh, "backup", "status", "--json").json["documents"] == [
        {"document": MINE, "backed_up": True}
    ]
    second = machines.machine("second", key_of=fresh)
    report = call(second, "backup", "restore", str(machines.vault.path), "--json").json
    assert report["received"] == [MINE]
    assert report["arrived"]["written"] == [MINE]
    second.add("More")
    assert "waits:     .lore.local.md" in call(second, "backup", "status", status=1).lines
    assert call(second, "backup", "--json").json["sent"] == [MINE]
    assert call(second, "backup", "disable", stdin="n\n").out.endswith("nothing was changed\n")
    assert call(second, "backup", "disable", "--yes").out.startswith("done: ")
    call(second, "backup", status=5)


def test_what_is_off_is_not_turned_off_again(fresh: Machine) -> None:
    settings = (fresh.repo.path / ".git" / "config").read_bytes()
    for arguments in (["--yes"], []):  # nor is there anything to ask
        done = call(fresh, "backup", "disable", *arguments)
        assert done.out == "the backup is off in this clone already\n"
    assert (fresh.repo.path / ".git" / "config").read_bytes() == settings


def test_setup_asks_before_anything_leaves(machines: Machines, fresh: Machine) -> None:
    call(fresh, "backup", "setup", str(machines.vault.path), stdin="n\n")
    assert machines.vault("branch", "--list", BRANCH) == ""
    assert not fresh.identity.exists()
    assert fresh.repo("config", "--get-regexp", r"^lorefs\.", ok=False) == ""


def test_a_remote_that_is_not_there(machines: Machines, fresh: Machine) -> None:
    done = call(fresh, "backup", "setup", "/nowhere/at/all", "--yes", status=5)
    assert "/nowhere/at/all" in done.err
    assert not fresh.identity.exists()
    call(fresh, "backup", "setup", str(machines.vault.path), "--yes")
    machines.vault.path.rename(machines.folder / "moved")
    assert "hint: " in call(fresh, "backup", status=5).err
    status = call(fresh, "backup", "status", "--json", status=1).json
    assert status["failures"] == 1
    assert status["words"]
    assert "backup: failing: " in call(fresh, "status").out
    assert call(fresh, "status", "--json").json["backup"][0]["failures"] == 1


def test_a_damaged_part_is_named_and_asked_about(machines: Machines, fresh: Machine) -> None:
    call(fresh, "backup", "setup", str(machines.vault.path), "--yes")
    name = next(each for each in machines.files() if "/" in each)
    machines.put(name, b"nonsense")
    done = call(fresh, "backup", status=1)
    assert name in done.err
    assert "it held .lore.local.md" in done.err
    found = call(fresh, "backup", "--json", status=1).json
    assert found["damaged"][0]["path"] == name
    assert call(fresh, "backup", "--replace-damaged").out.endswith(f"sent {MINE}\n")


def test_no_word_of_it_is_printed_or_logged(machines: Machines, fresh: Machine) -> None:
    outs = [
        call(fresh, "backup", "setup", str(machines.vault.path), "--yes", "--json"),
        call(fresh, "backup", "status"),
        call(fresh, "backup"),
    ]
    secret = fresh.identity.read_text().splitlines()[-1]
    for done in outs:
        assert SECRET not in done.out + done.err
        assert secret not in done.out + done.err


def test_a_bad_recipient_changes_nothing(machines: Machines, fresh: Machine) -> None:
    done = call(
        fresh, "backup", "setup", str(machines.vault.path), "-y", "-r", "age1nope", status=2
    )
    assert "no public key" in done.err
    assert machines.vault("branch", "--list", BRANCH) == ""


def test_another_branch_and_name(machines: Machines, fresh: Machine, tmp_path: Path) -> None:
    key = tmp_path / "keys" / "mine"
    options = ["--branch", "mine/lore", "--realm", "shop", "--identity", str(key)]
    call(fresh, "backup", "setup", str(machines.vault.path), "--yes", *options)
    assert key.is_file()
    assert machines.vault("branch", "--list", "mine/lore") != ""
    status = call(fresh, "backup", "status", "--json").json
    assert (status["branch"], status["realm"], status["identity"]) == (
        "mine/lore",
        "shop",
        str(key),
    )
