"""`lorefs team`, as people and programs call it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.terminal import Lorefs
from tests.clones import BRANCH, Team
from tests.gitrepo import Repo
from tests.lore import document, entry


def test_create_needs_no_repository_around_it(tmp_path: Path) -> None:
    done = Lorefs(tmp_path)("team", "create", "lore.git", "--shared", "--pre-receive")
    assert "made the bare repository" in done.out
    assert "lorefs team join" in done.lines[-1]
    hub = Repo(tmp_path / "lore.git")
    assert hub("rev-parse", "--abbrev-ref", "HEAD") == BRANCH
    assert "lorefs-check --receive" in hub.read("hooks/pre-receive")
    again = Lorefs(tmp_path)("team", "create", "lore.git", "--json").json
    assert (again["made"], again["laid_out"], again["hook"]) == (False, False, None)
    assert again["settings"]["uploadpack.allowFilter"] == "true"


def test_create_elsewhere_takes_no_options_of_a_path(tmp_path: Path) -> None:
    done = Lorefs(tmp_path)("team", "create", "git@h.invalid:lore.git", "--shared", status=2)
    assert "on the server" in done.err


ROOT_A = "https://forge.invalid/acme/widgets.git"
ROOT_B = "git@forge.invalid:acme/Gadgets"


@pytest.fixture
def hub(tmp_path: Path) -> Repo:
    Lorefs(tmp_path)("team", "create", "lore.git")
    return Repo(tmp_path / "lore.git")


@pytest.fixture
def start(tmp_path: Path) -> Callable[..., Lorefs]:
    """A function that makes a clone of a project with the address of its code."""
    teams: dict[str, Team] = {}

    def make(name: str, address: str = ROOT_A) -> Lorefs:
        if address not in teams:
            folder = tmp_path / f"project{len(teams)}"
            folder.mkdir()
            teams[address] = Team(folder)
            teams[address].seed(**{"README.md": f"{address}\n"})
        clone = teams[address].clone(name, ignored=False, sync=False)
        clone.repo("remote", "set-url", "origin", address)
        return Lorefs(clone.path)

    return make


Start = Callable[..., Lorefs]


def titles(clone: Lorefs) -> set[str]:
    return {each["title"] for each in clone("list", "--json").json}


def config(clone: Lorefs) -> str:
    return Repo(clone.path)("config", "--local", "--list")


def test_projects_share_a_hub_and_see_their_own_realm(start: Start, hub: Repo) -> None:
    ada, bob, carol = start("ada"), start("bob"), start("carol", ROOT_B)
    ada("add", "Of Ada")
    bob("add", "Of Bob")
    done = ada("team", "join", str(hub.path), "--yes")
    assert "realm:  acme-widgets (from the address of the code)" in done.lines
    assert "sent 1 commit" in done.out
    Repo(carol.path).write(".lore.md", document(entry(1, "Of Carol")))
    carol("team", "join", str(hub.path), "--yes")
    done = bob("team", "join", str(hub.path), "--yes")
    assert "both sides have lore" in done.out
    assert "refs/lorefs/backup/" in done.out
    assert "acme-gadgets, acme-widgets" in done.out
    assert titles(bob) == {"Of Ada", "Of Bob"}
    assert titles(carol) == {"Of Carol"}
    documents = hub("ls-tree", "-r", "--name-only", BRANCH).split("\n")
    assert documents == ["realms/acme-gadgets/.lore.md", "realms/acme-widgets/.lore.md"]
    for clone in (ada, bob, carol):
        assert Repo(clone.path)("status", "--porcelain") == ""


def test_join_asks_before_anything_leaves(start: Start, hub: Repo) -> None:
    ada = start("ada")
    ada("add", "Of Ada")
    before, tip = config(ada), hub("rev-parse", BRANCH)
    ada("team", "join", str(hub.path), stdin="n\n")
    plan = ada("team", "join", str(hub.path), "--dry-run", "--json").json
    assert (plan["joined"], plan["realm"], plan["entries"]) == (False, "acme-widgets", 1)
    ada("team", "join", str(hub.path), "--json")
    assert config(ada) == before
    assert hub("rev-parse", BRANCH) == tip
    assert Repo(ada.path)("for-each-ref", "refs/lorefs") == ""
    ada("team", "join", str(hub.path), stdin="y\n")
    assert hub("rev-parse", BRANCH) != tip


def test_a_clone_without_an_address_is_named_by_its_first_commit(start: Start, hub: Repo) -> None:
    ada = start("ada")
    repo = Repo(ada.path)
    repo("remote", "remove", "origin")
    root = repo("rev-list", "--max-parents=0", "HEAD")
    done = ada("team", "join", str(hub.path), "--yes", "--json").json
    assert (done["realm"], done["named_by"]) == (f"root-{root[:12]}", "root")
    assert str(ada.path) not in hub("log", "--all", "--format=%B")


def test_a_realm_that_is_about_other_code_is_entered_by_nobody_by_accident(
    start: Start, hub: Repo
) -> None:
    ada, mallory = start("ada"), start("mallory", "https://elsewhere.invalid/acme/widgets")
    ada("add", "Of Ada")
    ada("team", "join", str(hub.path), "--yes")
    mallory("add", "Of Mallory")
    before = config(mallory)
    done = mallory("team", "join", str(hub.path), "--yes", status=5)
    assert "about other code" in done.err
    assert "--realm" in done.err
    mallory("team", "join", str(hub.path), stdin="n\n")
    assert config(mallory) == before
    assert mallory("team", "join", str(hub.path), "--dry-run", "--json").json["foreign"]
    mallory("team", "join", str(hub.path), "--yes", "--realm", "widgets-too")
    assert titles(mallory) == {"Of Mallory"}


@pytest.mark.parametrize("name", ["a/b", "..", ".git", "x\ny"])
def test_a_name_that_no_realm_can_have_is_refused(start: Start, hub: Repo, name: str) -> None:
    done = start("ada")("team", "join", str(hub.path), "--yes", "--realm", name, status=2)
    assert "a realm" in done.err


def test_odd_names_of_other_realms_do_nothing_to_a_terminal(
    start: Start, hub: Repo, tmp_path: Path
) -> None:
    odd = hub.clone(tmp_path / "odd")
    for name in ("red\x1b[31m", "two\nhint: lines", "by\udcffte", "turned\u202eback", ""):
        odd.write(f"realms/x{name}/.lore.md", document(entry(1, "Odd")))
    odd("add", "--all")
    odd("commit", "--quiet", "--message=odd", "--author=Red\x1b[31m <e\u202e@example.invalid>")
    odd("push", "--quiet", "origin", BRANCH)
    ada = start("ada")
    ada("add", "Of Ada")
    joined = ada("team", "join", str(hub.path), "--yes")
    status, members = ada("team", "status"), ada("team", "members")
    added = ada("team", "add", "more", str(hub.path), "--realm", "none", status=2)
    refused = ada("team", "add", "other", str(hub.path), status=2)
    for done in (joined, status, members, added, refused, ada("sync"), ada("status")):
        words = done.out + done.err
        assert "\x1b" not in words
        assert "\u202e" not in words
        assert "\nhint: lines" not in words
    for done in (joined, status, added):
        assert "xred<U+001B>[31m" in done.out + done.err
        assert "xby<U+DCFF>te" in done.out + done.err
    assert "xby\udcffte" in ada("team", "status", "--json").json["realms"]


def test_personal_entries_are_brought_in_bulk(start: Start, hub: Repo) -> None:
    text = "Readers that stay open for minutes keep the log growing until the disk is full."
    ada, bob = start("ada"), start("bob")
    ada("add", "Checkpoints", "--content", text, "--tag", "wal")
    ada("team", "join", str(hub.path), "--yes")
    new = bob("add", "Mine alone", "--content", "Nobody knows this.", "--personal").out.strip()
    bob("add", "Checkpoints", "--content", text, "--tag", "sqlite", "--personal")
    own = bob("add", "Checkpoint", "--content", f"{text} Mostly.", "--personal").out.strip()
    bob("add", "Secret", "--personal")
    kept = next(e for e in bob("list", "--json").json if e["title"] == "Secret")["id"]
    bob("edit", kept, "--sensitivity", "restricted")
    options = ("--yes", "--promote", "all", "--duplicates", "merge")
    done = bob("team", "join", str(hub.path), *options)
    assert "brought 2 entries to the team" in done.out
    ada("sync")
    found = {each["title"]: each for each in ada("list", "--json").json}
    assert found.keys() == {"Checkpoints", "Mine alone"}
    assert found["Mine alone"]["id"] == new
    assert found["Checkpoints"]["tags"] == ["sqlite", "wal"]
    personal = {e["id"] for e in bob("list", "--scope", "personal", "--json").json}
    assert personal == {own, kept}
    bob("undo")
    assert len(bob("list", "--scope", "personal", "--json").json) == 4


def test_personal_entries_stay_unless_somebody_says_otherwise(start: Start, hub: Repo) -> None:
    ada = start("ada")
    ada("add", "Mine", "--personal")
    done = ada("team", "join", str(hub.path), "--yes", "--json").json
    assert [(each["title"], each["choice"]) for each in done["offered"]] == [("Mine", "skip")]
    assert hub("ls-tree", "-r", BRANCH) == ""
    ada("team", "leave", "--yes")
    done_ = ada("team", "join", str(hub.path), stdin="y\ny\n")
    assert "new" in done_.out
    assert "Of" not in hub("ls-tree", "-r", BRANCH)
    assert "acme-widgets/.lore.md" in hub("ls-tree", "-r", BRANCH)


def test_duplicates_are_asked_about_one_by_one(start: Start, hub: Repo) -> None:
    ada, bob = start("ada"), start("bob")
    ada("add", "Same", "--content", "Word for word.")
    ada("team", "join", str(hub.path), "--yes")
    bob("add", "Same", "--content", "Word for word.", "--personal", "--tag", "mine")
    done = bob("team", "join", str(hub.path), stdin="y\ny\nmerge\n")
    assert "= Same" in done.out
    assert [each["tags"] for each in bob("list", "--json").json] == [["mine"]]


def test_leaving_takes_joining_back(start: Start, hub: Repo) -> None:
    ada = start("ada")
    ada("add", "Of Ada")
    repo, exclude = Repo(ada.path), ada.path / ".git" / "info" / "exclude"
    before = config(ada), exclude.read_text()
    ada("team", "join", str(hub.path), "--yes", "--name", "lore")
    assert repo("remote") == "lore\norigin"
    ada("team", "join", str(hub.path), "--yes", status=5)
    tip = hub("rev-parse", BRANCH)
    left = ada("team", "leave", "--json").json
    assert left["realm"] == "acme-widgets"
    assert (config(ada), exclude.read_text()) == before
    assert titles(ada) == {"Of Ada"}
    assert repo("branch", "--list", BRANCH) == ""
    assert "Of Ada" in repo("cat-file", "blob", f"{left['backup']}:.lore.md")
    assert hub("rev-parse", BRANCH) == tip
    ada("sync", status=5)
    ada("team", "leave", "--yes", status=5)
    ada("add", "Later")
    ada("team", "join", str(hub.path), "--yes")
    assert "Later" in hub("cat-file", "blob", f"{BRANCH}:realms/acme-widgets/.lore.md")
    assert titles(ada) == {"Of Ada", "Later"}


def test_a_git_remote_of_the_users_own_stays(start: Start, hub: Repo) -> None:
    ada = start("ada")
    repo = Repo(ada.path)
    repo("remote", "add", "mine", str(hub.path))
    assert ada("team", "join", "mine", "--yes", "--json").json["remote"] == "mine"
    ada("team", "leave", "--yes")
    assert repo("remote") == "mine\norigin"
    done = ada("team", "join", "../other", "--name", "origin", "--yes", status=2)
    assert "--name" in done.err


def test_what_was_exchanged_elsewhere_before_does_not_reach_the_hub(
    start: Start, hub: Repo, tmp_path: Path
) -> None:
    ada = start("ada")
    old = tmp_path / "old.git"
    Repo(tmp_path)("init", "--quiet", "--bare", str(old))
    Repo(ada.path)("remote", "add", "old", str(old))
    gone = ada("add", "Deleted long ago").out.strip()
    ada("add", "Still here")
    ada("sync", "setup", "--yes", "--remote", "old")
    ada("rm", gone)
    ada("sync")
    done = ada("team", "join", str(hub.path), "--yes", status=5)
    assert "sync disable" in done.err
    ada("sync", "disable", "--yes")
    ada("team", "join", str(hub.path), "--yes")
    assert hub("rev-list", "--count", BRANCH) == "2"
    assert "Deleted long ago" not in hub("log", "-p", BRANCH)
    assert hub("ls-tree", "-r", "--name-only", BRANCH) == "realms/acme-widgets/.lore.md"


def test_starting_fresh_keeps_the_old_aside(start: Start, hub: Repo) -> None:
    ada, bob = start("ada"), start("bob")
    ada("add", "Of Ada")
    ada("team", "join", str(hub.path), "--yes")
    bob("add", "Of Bob")
    bob("team", "join", str(hub.path), "--yes", "--fresh")
    assert titles(bob) == {"Of Ada"}
    assert "Of Bob" not in hub("log", "-p", BRANCH)


def test_a_hub_that_does_not_answer_changes_nothing(start: Start, tmp_path: Path) -> None:
    ada = start("ada")
    before = config(ada)
    done = ada("team", "join", str(tmp_path / "nowhere.git"), "--yes", status=5)
    assert "git:" in done.err
    assert config(ada) == before


def test_status_and_members(start: Start, hub: Repo) -> None:
    ada, carol = start("ada"), start("carol", ROOT_B)
    ada("team", "status", status=5)
    ada("team", "members", status=5)
    ada("add", "Of Ada")
    carol("add", "Of Carol")
    carol("team", "join", str(hub.path), "--yes")
    Repo(ada.path)("config", "user.name", "Ada \x1b[31m\u202eRed")
    ada("team", "join", str(hub.path), "--yes")
    facts = ada("team", "status", "--json").json
    assert facts["realms"] == {"acme-gadgets": 1, "acme-widgets": 1}
    assert (facts["realm"], facts["entries"], facts["members"]) == ("acme-widgets", 1, 1)
    assert (facts["waiting"], facts["failure"]) == (0, "")
    assert facts["met_at"]
    lines = ada("team", "status").lines
    assert lines[0] == f"hub:     {hub.path} (hub)"
    assert lines[1] == "realm:   acme-widgets: 1 entry, 1 member"
    assert lines[-2:] == ["realms:  acme-gadgets  1 document", "         acme-widgets  1 document"]
    (member,) = ada("team", "members", "--json").json
    assert (member["email"], member["commits"], member["entries"]) == ("ada@example.invalid", 1, 1)
    for done in (ada("team", "members"), ada.on_terminal("team", "members")):
        assert "ada@example.invalid" in done.out
        assert "\x1b[31m\u202e" not in done.out
        assert "\u202e" not in done.out
    ada("add", "Later")
    assert "1 commit not sent yet" in ada("team", "status").out
    hub.path.rename(hub.path.with_name("away.git"))
    ada("sync", status=1)
    assert "failing:" in ada("team", "status", status=1).out
