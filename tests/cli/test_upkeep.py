"""Installing, settings, status, rebuilding, and what the overview says."""

from __future__ import annotations

import subprocess
import sys

import pytest

from lorefs.cli.app import HIDDEN, SECTIONS, SUMMARIES
from lorefs.config.keys import KEYS
from tests.cli.conftest import FIRST, LORE, SECOND
from tests.cli.terminal import Lorefs, environment
from tests.gitrepo import Repo


def test_init_says_what_it_did_and_is_idempotent(lore: Lorefs) -> None:
    first = lore("init").out
    assert "merge driver" in first
    assert first.endswith("indexed 3 entries in 1 document\n")
    assert lore("init").out.startswith("everything is installed already\n")


def test_deinit_takes_all_of_it_back(lore: Lorefs, repo: Repo) -> None:
    before = repo("status", "--porcelain"), repo.read(".git/config")
    hooks = sorted((repo.path / ".git/hooks").iterdir())
    lore("init")
    lore("deinit")
    assert (repo("status", "--porcelain"), repo.read(".git/config")) == before
    assert sorted((repo.path / ".git/hooks").iterdir()) == hooks
    assert lore("deinit").out == "nothing was installed\n"


def test_the_main_job(lore: Lorefs, repo: Repo) -> None:
    """Init, branch, edit on both branches in a plain editor, merge: rows follow, nothing lost."""
    lore("init")
    repo.commit("attributes")
    repo("switch", "--quiet", "-c", "topic")
    repo.commit("theirs", **{".lore.md": LORE.replace("wal]", "wal, disk]")})
    repo("switch", "--quiet", "main")
    repo.commit("ours", **{".lore.md": LORE.replace("0.8", "0.9") + "\n* **By hand**: yes.\n"})
    repo("merge", "--quiet", "topic")
    entries = {entry["title"]: entry for entry in lore("list", "--json").json}
    assert len(entries) == 4
    assert entries["By hand"]["content"] == "yes."
    checkpoints = entries["Checkpoints block long readers"]
    assert checkpoints["confidence"] == 0.9
    assert checkpoints["tags"] == ["disk", "sqlite", "wal"]


def test_status_and_reconcile_ask_before_personal_entries_vanish(lorefs: Lorefs) -> None:
    lorefs("add", "Mine", "--personal")
    document = lorefs.path / ".lore.local.md"
    text = document.read_text()
    document.unlink()
    assert "lorefs reconcile --restore" in lorefs("status", status=1).out
    assert lorefs("status", "--json", status=1).json["questions"][0]["document"] == document.name
    lorefs("reconcile", "--restore")
    assert document.read_text() == text
    document.unlink()
    lorefs("reconcile", status=1)
    lorefs("reconcile", "--accept-deletions")
    assert lorefs("list", "--json").json == []
    lorefs("reconcile", "--restore", "--accept-deletions", status=2)


def test_status_tells_where_things_stand(lore: Lorefs) -> None:
    assert "3 entries in 1 document\n  .lore.md\n" in lore("status").out
    assert "lorefs init" in lore("status").out
    assert lore("status", "--json").json["installed"] is False
    lore("init")
    assert "lorefs init" not in lore("status").out


def test_reconcile_reports_an_edit_in_an_editor(lore: Lorefs, repo: Repo) -> None:
    lore("list")
    repo.write(".lore.md", LORE.replace("0.8", "0.7"))
    found = lore("reconcile", "--json").json
    assert (found["edited"], found["added"], found["deleted"]) == ([FIRST], [], [])
    assert lore("reconcile").out == "nothing new\n"


@pytest.mark.parametrize("damage", ["delete", "corrupt"])
def test_rebuild_brings_the_entries_back(lore: Lorefs, repo: Repo, damage: str) -> None:
    before = lore("list", "--json").json
    database = repo.path / ".git/lorefs/index.db"
    for file in database.parent.glob("index.db*"):
        file.unlink()
    if damage == "corrupt":
        database.write_bytes(b"this is no database" * 1000)
        assert "lorefs rebuild" in lore("list", status=5).err
    lore("rebuild")
    after = lore("list", "--json").json
    assert [entry["id"] for entry in after] == [entry["id"] for entry in before]
    assert after[0]["rev"] > before[0]["rev"] or damage == "delete"
    assert repo.read(".lore.md") == LORE


def test_publish_with_nothing_to_publish(lore: Lorefs) -> None:
    assert lore("publish").out == "every file is up to date\n"
    assert lore("publish", ".lore.md", "--json").json == []


def test_config_sets_each_setting_where_it_belongs(lorefs: Lorefs, repo: Repo) -> None:
    lorefs("config", "set", "sync.remote", "upstream")
    assert repo("config", "lorefs.sync.remote") == "upstream"
    lorefs("config", "set", "guard.deletionCount", "9")
    assert repo.read(".lorefs.toml") == "[guard]\ndeletionCount = 9\n"
    assert lorefs("config", "get", "guard.deletioncount").out == "9\n"
    assert lorefs("config", "get", "sync.enabled", "--json").json is False
    listed = {each["key"]: each for each in lorefs("config", "list", "--json").json}
    assert set(listed) == {key.name for key in KEYS}
    assert listed["guard.deletionCount"]["origin"].endswith(".lorefs.toml:2")
    assert "sync.remote\tupstream\t" in lorefs("config", "list").out


def test_config_unset_takes_a_setting_from_where_set_writes_it(lorefs: Lorefs, repo: Repo) -> None:
    lorefs("config", "set", "sync.remote", "upstream")
    done = lorefs("config", "set", "guard.deletionCount", "9")
    assert done.err == "note: changed .lorefs.toml, which the team shares: commit it\n"
    repo("config", "lorefs.guard.deletionCount", "7")
    for key in ("sync.remote", "guard.deletionCount"):
        lorefs("config", "unset", key)
        assert f"{key} is not set in" in lorefs("config", "unset", key, status=2).err
    assert "hint: what holds comes from" in lorefs("config", "unset", key, status=2).err
    assert repo.read(".lorefs.toml") == ""
    assert lorefs("config", "get", "sync.remote").out == "origin\n"
    assert lorefs("config", "get", "guard.deletionCount").out == "7\n"


def test_config_refuses_what_cannot_be(lorefs: Lorefs, repo: Repo) -> None:
    assert "did you mean sync.remote?" in lorefs("config", "get", "sync.remotes", status=2).err
    lorefs("config", "set", "sync.mode", "sometimes", status=2)
    lorefs("config", "set", "guard.deletionShare", "7", status=2)
    assert not (repo.path / ".lorefs.toml").exists()


def test_config_set_mends_a_broken_setting(lorefs: Lorefs, repo: Repo) -> None:
    repo.write(".lorefs.toml", "[guard]\ndeletionShare = 7 # oops\n")
    lorefs("list", status=2)
    lorefs("config", "set", "guard.deletionShare", "0.25")
    lorefs("list")


# ---------------------------------------------------------------- help


def test_the_overview_names_every_command(lorefs: Lorefs) -> None:
    out = lorefs("--help").out
    for section, commands in SECTIONS.items():
        assert f"\n{section}:\n" in out
        for name, summary in commands.items():
            assert f"  {name} " in out
            assert summary in out


@pytest.mark.parametrize("command", sorted(set(SUMMARIES) - set(HIDDEN)))
def test_every_command_explains_itself_with_examples(lorefs: Lorefs, command: str) -> None:
    out = lorefs(command, "--help").out
    assert f"Usage: lorefs {command}" in out
    assert f"Examples:\n  lorefs {command}" in out or f"| lorefs {command}" in out


def test_help_and_completion_load_no_command() -> None:
    code = (
        "import sys; from lorefs.cli.app import run; run(['--help']);"
        "print(*[name for name in sys.modules if name.startswith('lorefs.cli.')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
        timeout=50,
    )
    loaded = set(done.stdout.splitlines()[-1].split())
    commands = {f"lorefs.cli.{name.replace('-', '_')}" for name in SUMMARIES}
    assert loaded & commands == set()
    assert "lorefs.cli.app" in loaded


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("lorefs se", {"search"}),
        ("lorefs merge-", {"merge-file", "merge-tree"}),
        ("lorefs list --sc", {"--scope"}),
        ("lorefs list --scope pe", {"personal"}),
    ],
)
def test_the_shell_can_complete(lorefs: Lorefs, words: str, found: set[str]) -> None:
    env = {
        "_LOREFS_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
    }
    assert set(lorefs(env=env).out.split()) == found


def test_the_demonstration(lorefs: Lorefs) -> None:
    plain, _, rest = lorefs("demo").out.partition("The same with lorefs")
    merged, _, disputed = rest.partition("And when they really disagree")
    assert "CONFLICT (content): Merge conflict in .lore.md" in plain
    assert "CONFLICT" not in merged
    assert "{confidence: 0.95, tags: [sqlite, wal]}" in merged
    assert disputed.count("<<<<<<<") == 1
    assert "Amounts are in cents" in disputed
    assert SECOND in disputed
