"""`lorefs sync` and what belongs to it, as people and programs call it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.terminal import Lorefs, environment
from tests.clones import BRANCH, Team
from tests.gitrepo import Repo


@pytest.fixture
def ada(team: Team) -> Lorefs:
    return Lorefs(team.clone("ada", ignored=False, sync=False).path)


@pytest.fixture
def bob(team: Team) -> Lorefs:
    return Lorefs(team.clone("bob", ignored=False, sync=False).path)


def test_sync_that_is_off_says_how_to_turn_it_on(ada: Lorefs) -> None:
    done = ada("sync", status=5)
    assert "lorefs sync setup" in done.err
    assert ada("sync", "status", status=5).err
    assert ada("devices", status=5).err


def test_setup_and_two_clones(ada: Lorefs, bob: Lorefs, team: Team) -> None:
    ada("add", "Of Ada")
    assert "sent 1 commit" in ada("sync", "setup", "--yes").out
    bob("add", "Of Bob")
    done = bob("sync", "setup", "--yes")
    assert "both sides have lore" in done.out
    assert "refs/lorefs/backup/" in done.out
    assert "received 1 commit" in done.out
    assert ada("sync", "--json").json["remotes"][0]["received"] == 1
    for clone in (ada, bob):
        titles = {each["title"] for each in clone("list", "--json").json}
        assert titles == {"Of Ada", "Of Bob"}
        assert Repo(clone.path)("status", "--porcelain") == ""
    assert team.remote("branch", "--list", BRANCH) != ""
    devices = ada("devices", "--json").json
    assert {each["author"] for each in devices} == {"ada@example.invalid", "bob@example.invalid"}


def test_setup_asks_before_anything_leaves(ada: Lorefs, team: Team) -> None:
    ada("add", "Of Ada")
    ada("sync", "setup", stdin="n\n")
    assert team.remote("branch", "--list", BRANCH) == ""
    assert Repo(ada.path)("config", "--get-regexp", r"^lorefs\.", ok=False) == ""
    asked = ada("sync", "setup", status=130)
    assert asked.err == (
        "\nnothing was changed\nhint: nobody is here to answer; --yes asks nothing\n"
    )
    ada("sync", "setup", stdin="y\n")
    assert team.remote("branch", "--list", BRANCH) != ""


def test_starting_fresh_keeps_the_old_aside(ada: Lorefs, bob: Lorefs) -> None:
    ada("add", "Of Ada")
    ada("sync", "setup", "--yes")
    bob("add", "Of Bob")
    bob("sync", "setup", stdin="fresh\ny\n")
    assert [each["title"] for each in bob("list", "--json").json] == ["Of Ada"]
    repo = Repo(bob.path)
    ref = repo("for-each-ref", "--format=%(refname)", "refs/lorefs/backup").split("\n")[0]
    assert "Of Bob" in repo("cat-file", "blob", f"{ref}:.lore.md")


def test_setup_where_git_tracks_the_document(ada: Lorefs, team: Team) -> None:
    del team
    ada("add", "Of Ada")
    repo = Repo(ada.path)
    repo("add", "-A")
    repo("commit", "-qm", "lore")
    done = ada("sync", "setup", "--yes")
    assert "git rm --cached .lore.md" in done.out
    assert repo("status", "--porcelain") == ""
    assert ".lore.md" not in (ada.path / ".git" / "info" / "exclude").read_text()


def test_disable_goes_back_to_this_machine(ada: Lorefs, team: Team) -> None:
    ada("add", "Of Ada")
    ada("sync", "setup", "--yes")
    ada("sync", "disable", "--yes")
    ada("sync", status=5)
    ada("add", "Later")
    assert team.remote("branch", "--list", BRANCH) != ""
    assert ".lore.md" not in (ada.path / ".git" / "info" / "exclude").read_text()
    for arguments in (["--yes"], []):  # there is nothing to do, nor to ask
        done = ada("sync", "disable", *arguments)
        assert done.out == "sync is off in this clone already\n"


def test_a_dry_run_changes_nothing(ada: Lorefs, bob: Lorefs, team: Team) -> None:
    ada("add", "Of Ada")
    ada("sync", "setup", "--yes")
    bob("sync", "setup", "--yes")
    bob("add", "Of Bob")
    before = team.remote("rev-parse", BRANCH), Repo(bob.path)("rev-parse", BRANCH)
    assert "send 1 commit" in bob("sync", "--dry-run").out
    assert before == (team.remote("rev-parse", BRANCH), Repo(bob.path)("rev-parse", BRANCH))
    bob("sync")
    plan = ada("sync", "--dry-run", "--json").json
    assert plan["remotes"] == [{"remote": "origin", "news": True, "rewritten": False}]


def test_setup_asks_again_after_another_answer(ada: Lorefs, bob: Lorefs) -> None:
    ada("add", "Of Ada")
    ada("sync", "setup", "--yes")
    bob("add", "Of Bob")
    done = bob("sync", "setup", stdin="yes\nF\ny\n")
    assert "Answer with upload or fresh." in done.out
    assert [each["title"] for each in bob("list", "--json").json] == ["Of Ada"]
    again = bob("sync", "setup", "--yes")
    assert "done:" not in again.out, "nothing is set that is set already"


def test_setup_asks_whether_to_write_into_tracked_files(ada: Lorefs) -> None:
    repo = Repo(ada.path)
    repo.commit("lore", **{".lore.md": "### Gotcha\n\n* **One**: By hand.\n"})
    asked = ada("sync", "setup", stdin="y\nn\n")
    assert "at once, too?" in asked.out
    assert "nothing was changed" in asked.out
    assert repo("config", "--get-regexp", r"^lorefs\.", ok=False) == ""
    ada("sync", "setup", stdin="y\ny\n")
    assert ada("config", "get", "sync.materialise").out.strip() == "always"


def test_commands_of_commands_have_examples(ada: Lorefs) -> None:
    for words in (("sync", "setup"), ("watch", "stop"), ("conflicts", "show")):
        assert "Examples:" in ada(*words, "--help").out


def test_an_unreachable_remote_is_a_finding_with_gits_words(ada: Lorefs, team: Team) -> None:
    ada("add", "Of Ada")
    ada("sync", "setup", "--yes")
    team.remote.path.rename(team.folder / "away.git")
    ada("add", "More")
    done = ada("sync", status=1)
    assert "does not appear to be a git repository" in done.err
    assert "1 commit not sent yet" in done.out
    status = ada("sync", "status", status=1)
    assert "failing" in status.out


def test_setup_without_a_remote(tmp_path: Path) -> None:
    path = tmp_path / "alone"
    path.mkdir()
    Repo(path)("init", "-q")
    done = Lorefs(path)("sync", "setup", "--yes", status=2)
    assert "git remote add" in done.err


def test_restricting_a_shared_entry_asks_first(ada: Lorefs, bob: Lorefs) -> None:
    ident = ada("add", "Of Ada").out.strip()
    ada("edit", ident, "--sensitivity", "restricted")
    ada("edit", ident, "--sensitivity", "normal")
    ada("sync", "setup", "--yes")
    bob("sync", "setup", "--yes")
    asked = ada("edit", ident, "--sensitivity", "restricted", stdin="n\n", status=130)
    assert "keeps its text" in asked.out
    assert ada("show", ident, "--json").json["sensitivity"] == "normal"
    ada("edit", ident, "--sensitivity", "restricted", "--yes")
    ada("sync")
    bob("sync")
    assert bob("list", "--json").json == []
    assert [each["id"] for each in ada("list", "--json").json] == [ident]


def test_restricting_a_shared_entry_in_the_editor_asks_as_well(ada: Lorefs, bob: Lorefs) -> None:
    ident = ada("add", "Of Ada").out.strip()
    ada("sync", "setup", "--yes")
    bob("sync", "setup", "--yes")
    editor = {"GIT_EDITOR": "sed -i 's/^sensitivity: .*/sensitivity: restricted/'"}
    for answer in ("n\n", ""):
        asked = ada("edit", ident, env=editor, stdin=answer, status=5)
        assert "keeps its text" in asked.out
        assert "nothing was changed" in asked.err
        assert "your text is kept in" in asked.err
        assert ada("show", ident, "--json").json["sensitivity"] == "normal"
    ada("edit", ident, env=editor, stdin="y\n")
    ada("sync")
    bob("sync")
    assert bob("list", "--json").json == []


def test_restricting_in_the_file_is_asked_for_later(ada: Lorefs, bob: Lorefs) -> None:
    ident = ada("add", "Of Ada").out.strip()
    ada("sync", "setup", "--yes")
    bob("sync", "setup", "--yes")
    file, marker = ada.path / ".lore.md", f"<!-- lore:{ident} -->\n"
    text = file.read_text().replace(marker, f"{marker}<!-- {{sensitivity: restricted}} -->\n")
    file.write_text(text)
    asked = ada("sync", status=1)
    assert f"others have it: {ident}" in asked.out
    assert "--accept-deletions" in asked.out
    assert "here:" not in ada("sync", status=1).out, "nothing more was taken in"
    assert "1 entry" in ada("status", status=1).out
    ada("reconcile", "--accept-deletions")
    ada("sync")
    bob("sync")
    assert bob("list", "--json").json == []


def test_the_plan_names_no_commit_for_what_arrived(ada: Lorefs, bob: Lorefs) -> None:
    ada("add", "Of Ada")
    ada("sync", "setup", "--yes")
    bob("sync", "setup", "--yes")
    plan = bob("sync", "--dry-run", "--json").json
    assert plan == {
        "unsaved": [],
        "commit": [],
        "send": 0,
        "code": None,
        "remotes": [{"remote": "origin", "news": False, "rewritten": False}],
    }


def test_a_plain_sync_does_without_the_parser_of_options(ada: Lorefs) -> None:
    ada("add", "Of Ada")
    ada("sync", "setup", "--yes")
    ada("add", "Another one")
    code = "import sys; sys.modules['typer'] = None; from lorefs.__main__ import main; main()"
    for option, words in ((), "sent 1 commit"), (("--quiet",), ""), (("-q",), ""):
        done = subprocess.run(
            [sys.executable, "-c", code, "sync", *option],
            cwd=ada.path,
            env=environment(),
            capture_output=True,
            check=True,
            text=True,
        )
        assert (words in done.stdout) if words else done.stdout == ""


def test_a_plain_sync_loads_what_it_needs_and_no_more(ada: Lorefs) -> None:
    ada("add", "Of Ada")
    ada("sync", "setup", "--yes")
    code = (
        "import sys; from lorefs.__main__ import main; main(); "
        "print(*sorted(name for name in sys.modules if name in sys.argv[2].split()))"
    )
    never = "typer rich logging lorefs.core.merge lorefs.core.resolution lorefs.core.judgement"
    idle = f"{never} dataclasses pygit2 lorefs.sync.reconcile"

    def loaded(names: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", code.replace("sys.argv[2]", repr(names)), "sync", "--quiet"],
            cwd=ada.path, env=environment(), capture_output=True, check=True, text=True,
        )  # fmt: skip
        return done.stdout.strip()

    loaded("")
    assert loaded(idle) == ""
    with (ada.path / ".lore.md").open("a") as file:
        file.write("* **By hand**: yes.\n")
    assert loaded(f"{never} pygit2") == "pygit2"


def test_of_what_git_says_no_blank_line_is_shown(ada: Lorefs, team: Team) -> None:
    ada("add", "Of Ada")
    ada("sync", "setup", "--yes")
    team.remote.path.rename(team.folder / "away.git")
    lines = ada("sync", status=1).err.splitlines()
    said = [line.removeprefix("  git: ") for line in lines if line.startswith("  git:")]
    assert len(said) > 1
    assert all(line.strip() for line in said)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--remote", ""),
        ("--remote", " "),
        ("--branch", "bad..name"),
        ("--branch", ""),
        ("--prefix", "../out"),
    ],
)
def test_setup_writes_no_setting_that_is_none(ada: Lorefs, option: str, value: str) -> None:
    ada("sync", "setup", "--yes", option, value, status=2)
    assert Repo(ada.path)("config", "--get-regexp", r"^lorefs\.", ok=False) == ""


def test_setup_refuses_a_branch_of_the_code_before_it_changes_anything(
    ada: Lorefs, team: Team
) -> None:
    team.remote("branch", "topic", "main")
    repo = Repo(ada.path)
    repo("fetch", "--quiet", "origin")
    for branch, words in (("main", "is checked out"), ("topic", "is no sync branch")):
        assert words in ada("sync", "setup", "--yes", "--branch", branch, status=5).err
        assert repo("config", "--get-regexp", r"^lorefs\.", ok=False) == ""


def test_setup_again_leaves_the_mode_as_it_is(ada: Lorefs) -> None:
    ada("sync", "setup", "--yes")
    ada("config", "set", "sync.mode", "automatic")
    ada("sync", "setup", "--yes")
    assert ada("config", "get", "sync.mode").out == "automatic\n"


def test_what_was_off_for_a_while_is_no_first_meeting(ada: Lorefs) -> None:
    ada("add", "Of Ada")
    ada("sync", "setup", "--yes")
    ada("sync", "disable", "--yes")
    ada("add", "While it was off")
    assert "follows the team's already" in ada("sync", "setup", "--yes", "--fresh", status=2).err
    assert ada("config", "get", "sync.enabled").out == "false\n"
    assert "both sides have lore" not in ada("sync", "setup", "--yes").out
    assert len(ada("list", "--json").json) == 2


def test_nothing_is_sent_where_there_is_nothing_to_start_fresh_with(
    ada: Lorefs, team: Team
) -> None:
    ada("add", "Of Ada")
    assert "no sync branch to take" in ada("sync", "setup", "--yes", "--fresh", status=2).err
    assert team.remote("branch", "--list", BRANCH) == ""


def test_the_plan_tells_of_a_save_and_of_the_code(ada: Lorefs, team: Team) -> None:
    ada("add", "Of Ada")
    ada("sync", "setup", "--yes")
    document = ada.path / ".lore.md"
    document.write_text(document.read_text().replace("Of Ada", "Of Ada again"))
    assert ada("sync", "--dry-run").lines == [
        "take in: .lore.md", "origin: send 1 commit"
    ]  # fmt: skip
    ada("sync")
    other = team.clone("carol", sync=False, ignored=False).repo
    other.commit("lore", **{"sub/.lore.md": "### Gotcha\n\n* **With the code**: yes.\n"})
    other("push", "--quiet", "origin", "HEAD:main")
    repo = Repo(ada.path)
    repo("fetch", "--quiet", "origin")
    commit = repo("rev-parse", "--short=12", "origin/main")
    document.write_text("")
    assert ada("sync", "--dry-run").lines[0] == "take in: .lore.md"
    assert ada("sync", "--dry-run").lines[-1] == "origin: nothing to send or receive"
    ada("reconcile", "--restore")
    assert f"code: take in the lore of the code at {commit}" in ada("sync", "--dry-run").lines
    ada("sync")
    assert ada("sync", "--dry-run").lines == ["origin: nothing to send or receive"]
    team.remote("update-ref", "-d", f"refs/heads/{BRANCH}")
    assert "was rewritten" in ada("sync", "--dry-run").out


def test_what_is_restricted_from_the_start_is_on_no_branch(ada: Lorefs) -> None:
    ada("add", "Of Ada")
    ada("sync", "setup", "--yes")
    ada("add", "Where the keys are", "--sensitivity", "restricted")
    ada("sync")
    repo = Repo(ada.path)
    assert "Where the keys are" in repo.read(".lore.md")
    assert repo("log", "--all", "--format=%H", "-S", "Where the keys are") == ""
    assert "--sensitivity" in ada("add", "Typo", "--sensitivity", "secret", status=2).err


def test_what_was_added_is_named_though_the_branch_cannot_have_it_yet(ada: Lorefs) -> None:
    ada("sync", "setup", "--yes")
    repo = Repo(ada.path)
    repo("config", "lorefs.sync.sign", "true")
    repo("config", "gpg.program", "false")
    done = ada("add", "One")
    assert "cannot be signed" in done.err
    assert ada("show", done.out.strip(), "--json").json["title"] == "One"
    assert "cannot be signed" in ada("sync", status=5).err
    repo("config", "lorefs.sync.sign", "false")
    assert "sent 1 commit" in ada("sync").out


def test_the_sides_of_a_record_are_named_by_who_wrote_them(ada: Lorefs, bob: Lorefs) -> None:
    ident = ada("add", "One").out.strip()
    for clone in (ada, bob):
        clone("sync", "setup", "--yes")
    for clone in (ada, bob):
        clone("edit", ident, "--title", f"By {clone.path.name}")
    for clone in (ada, bob, ada):
        clone("sync")
    for clone in (ada, bob):
        found = clone("conflicts", "show", "1", "--json").json
        assert {found["ours"], found["theirs"]} == {"By ada", "By bob"}
        assert found["writers"] == {
            side: [found[side].removeprefix("By ")] for side in ("ours", "theirs")
        }
        assert f"  ours  by {found['writers']['ours'][0]}" in clone("conflicts", "show", "1").out
    assert "  by ada" in bob("resolve", stdin="q\n", status=1).out


def test_setup_looks_at_each_of_several_remotes(ada: Lorefs, bob: Lorefs, team: Team) -> None:
    bob("add", "Of Bob")
    bob("sync", "setup", "--yes")
    Repo(ada.path)("remote", "add", "team", str(team.remote.path))
    empty = Repo(team.folder / "empty.git", team.remote.clock)
    empty.path.mkdir()
    empty.init("--bare")
    Repo(ada.path)("remote", "set-url", "origin", str(empty.path))
    ada("add", "Of Ada")
    done = ada("sync", "setup", "--yes", "--remote", "origin team")
    assert "there:  origin has no sync branch yet" in done.lines
    assert f"there:  team has a sync branch at {team.tip()[:12]}" not in done.lines, "it went on"
    assert any(line.startswith("there:  team has a sync branch at") for line in done.lines)
    assert "both sides have lore" in done.out
    assert "refs/lorefs/backup/" in done.out
    assert {each["title"] for each in ada("list", "--json").json} == {"Of Ada", "Of Bob"}
    assert empty("rev-parse", BRANCH) == team.tip()
