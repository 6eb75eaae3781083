"""Clones in realms of one hub: what each of them has of the others, and what it merges."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lorefs.remote import GitRemote
from lorefs.repo import Git, GitPaths, locate
from lorefs.sync.branch.branch import Branch, HostileTreeError
from lorefs.sync.branch.create import Plan, create
from lorefs.sync.branch.join import Wanted
from lorefs.sync.branch.merge import merge_tips
from tests.clones import BRANCH, Clone, Team, converge
from tests.gitrepo import Repo
from tests.lore import document, entry, titles


@pytest.fixture
def hub(tmp_path: Path) -> Repo:
    create(Plan("hub.git", BRANCH, 1_700_000_000), tmp_path, dict(os.environ))
    return Repo(tmp_path / "hub.git")


def join(clone: Clone, hub: Repo, realm: str, *, everything: bool = False) -> None:
    with clone.open() as workspace:
        wanted = Wanted(f"file://{hub.path}", realm, everything=everything)
        found = workspace.look_at_hub(wanted, clone.path)
        assert found.selective is not everything
        workspace.join_hub(found)
    clone.sync()


def blobs(repo: Repo) -> set[str]:
    """The files that are in a repository, whatever leads to them."""
    listing = repo("cat-file", "--batch-all-objects", "--batch-check", "--unordered")
    return {line.split()[0] for line in listing.split("\n") if line.split()[1] == "blob"}


def files_of(hub: Repo, realm: str) -> set[str]:
    """All versions of the documents of a realm, as the hub has them."""
    listing = hub("log", "--format=", "--raw", "--no-abbrev", BRANCH, "--", f"realms/{realm}")
    return {line.split()[3] for line in listing.split("\n") if line} - {"0" * 40}


@pytest.fixture
def three(team: Team, hub: Repo) -> list[Clone]:
    """Two clones in a realm, and one in another with some history."""
    ada, bob, carol = (team.clone(name, sync=False) for name in ("ada", "bob", "carol"))
    first = carol.add("Of Carol")
    join(carol, hub, "other")
    for number in range(3):
        carol.update(first, title=f"Of Carol {number}")
    carol.sync()
    ada.add("Of Ada")
    join(ada, hub, "widgets")
    join(bob, hub, "widgets")
    return [ada, bob, carol]


def test_a_clone_never_has_a_file_of_another_realm(three: list[Clone], hub: Repo) -> None:
    ada, bob, carol = three
    own = ada.add("More of Ada")
    bob.add("Of Bob")
    carol.add("More of Carol")
    carol.sync()
    converge(ada, bob)
    carol.add("Still more of Carol")
    carol.sync()
    ada.update(own, title="Mine")  # a merge with commits of the other realm
    bob.update(own, confidence=0.5)
    converge(ada, bob)
    carol.sync()
    other, widgets = files_of(hub, "other"), files_of(hub, "widgets")
    assert len(other) >= 5
    for clone in (ada, bob):
        here = blobs(clone.repo)
        assert not here & other
        assert widgets <= here
        assert clone.titles() == ["Mine", "Of Ada", "Of Bob"]
        clone.repo("fsck", "--strict", "--no-dangling")
        clone.repo("gc", "--quiet")
        missing = clone.repo("rev-list", "--objects", "--missing=print", BRANCH)
        assert {line[1:] for line in missing.split("\n") if line.startswith("?")} >= other
    assert not blobs(carol.repo) & widgets
    hub("fsck", "--strict", "--no-dangling")


def test_what_is_shared_comes_along(three: list[Clone], hub: Repo, team: Team) -> None:
    ada, _, _ = three
    dana = team.clone("dana", sync=False)
    dana.add("For all")
    join(dana, hub, "shared")
    ada.sync()
    assert files_of(hub, "shared") <= blobs(ada.repo)
    assert "For all" in ada.titles()  # shown here, and in none of her documents
    assert "For all" not in ada.text()


def test_everything_is_fetched_where_that_is_wanted(
    three: list[Clone], hub: Repo, team: Team
) -> None:
    del three
    dana = team.clone("dana", sync=False)
    join(dana, hub, "widgets", everything=True)
    assert files_of(hub, "other") <= blobs(dana.repo)


def test_a_server_without_filters_is_asked_for_none(hub: Repo, repo: Repo) -> None:
    remote = GitRemote(Git(locate(repo.path), dict(os.environ)), str(hub.path), BRANCH)
    assert remote.allows_filter()
    hub("config", "uploadpack.allowFilter", "false")
    assert not remote.allows_filter()
    repo("config", "protocol.version", "0")
    assert not remote.allows_filter()
    hub("config", "uploadpack.allowFilter", "true")
    assert remote.allows_filter()


def test_leaving_leaves_a_sound_repository(three: list[Clone]) -> None:
    ada, *_ = three
    with ada.open() as workspace:
        workspace.leave_hub()
    ada.repo("fsck", "--strict", "--no-dangling")
    ada.repo("gc", "--quiet", "--prune=now")
    assert ada.titles() == ["Of Ada"]
    assert ada.repo("config", "--get-regexp", r"^remote\.hub", ok=False) == ""


def test_text_of_another_realm_that_nobody_here_reads_stops_nobody(
    three: list[Clone], hub: Repo, tmp_path: Path
) -> None:
    ada, bob, _ = three
    odd = hub.clone(tmp_path / "odd")
    odd.write("realms/odd/.lore.md", b"\xff not UTF-8 \0\n")
    odd("add", "--all")
    odd("commit", "--quiet", "--message=odd")
    odd("push", "--quiet", "origin", BRANCH)
    ada.add("Later")
    converge(ada, bob)
    odd("pull", "--quiet", "--rebase", "origin", BRANCH)
    odd.write("realms/odd/program.sh", "echo\n")
    odd("add", "--all")
    odd("commit", "--quiet", "--message=a program")
    odd("push", "--quiet", "origin", BRANCH)
    report = ada.try_sync()
    assert "realms/odd/program.sh" in str(report.exchanges[0].error)


def push_odd(hub: Repo, path: str, text: str = "x\n", at: str = BRANCH) -> str:
    """Add a document at an odd path to the hub, past all that would refuse it."""
    blob = hub("hash-object", "-w", "--stdin", stdin=text)
    *folders, leaf = path.split("/")
    listings = [hub("ls-tree", "-z", at)]
    listings += [
        hub("ls-tree", "-z", f"{at}:{'/'.join(folders[: n + 1])}", ok=False)
        for n in range(len(folders))
    ]
    new, tree = f"100644 blob {blob}\t{leaf}", ""
    for name, listing in zip([*folders[::-1], ""], listings[::-1], strict=True):
        kept = [line for line in listing.split("\0") if line]
        kept = [line for line in kept if line.split("\t", 1)[1] != new.split("\t", 1)[1]]
        tree = hub("mktree", "-z", "--missing", stdin="\0".join([*kept, new]) + "\0")
        new = f"040000 tree {tree}\t{name}"
    return hub("commit-tree", tree, "-p", at, "-m", "odd")


def branch_of(hub: Repo) -> Branch:
    git = Git(GitPaths(hub.path, hub.path, hub.path), dict(os.environ))
    return Branch(git, BRANCH, "realms/widgets/", 1_000_000)


NAMES = ("a\x1b[31m", "a\nb", "a\udcffb", "a\u202eb", "\N{BYTE ORDER MARK}", "con\tain:\\s")


def test_a_name_in_another_realm_that_cannot_be_printed_stops_nobody(
    three: list[Clone], hub: Repo
) -> None:
    ada, bob, carol = three
    paths = [f"realms/{folder}{name}/.lore.md" for folder in ("", "odd/") for name in NAMES]
    for path in paths:
        hub("update-ref", f"refs/heads/{BRANCH}", push_odd(hub, path))
    one = ada.add("One")  # merged with what came
    ada.sync()
    bob.sync()
    bob.update(one, title="Two")
    converge(bob, ada)
    carol.sync()
    assert ada.titles() == bob.titles() == ["Of Ada", "Two"]
    found = hub("ls-tree", "-r", "-z", "--name-only", BRANCH).split("\0")
    assert set(paths) <= set(found)


@pytest.mark.parametrize("realm", ["widgets", "shared"])
def test_what_is_read_here_has_names_that_can_be_printed(
    three: list[Clone], hub: Repo, realm: str
) -> None:
    ada, *_ = three
    path = f"realms/{realm}/a\x1b[31m/.lore.md"
    hub("update-ref", f"refs/heads/{BRANCH}", push_odd(hub, path))
    error = ada.try_sync().exchanges[0].error
    assert isinstance(error, HostileTreeError)
    assert "cannot be printed" in str(error)


GITS = (".GIT", ".g\u200cit", ".git ", ".git...", "git~1", ".git::$INDEX_ALLOCATION")


@pytest.mark.parametrize("name", GITS, ids=ascii)
def test_names_that_some_file_system_takes_for_gits_are_refused_everywhere(
    hub: Repo, name: str
) -> None:
    branch = branch_of(hub)
    with pytest.raises(HostileTreeError, match="leads out of the worktree"):
        branch.check(push_odd(hub, f"realms/odd/{name}/.lore.md"))
    branch.close()


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_such_a_realm_is_merged_where_both_sides_changed_it(hub: Repo, name: str) -> None:
    path = f"realms/{name}/.lore.md"
    base = push_odd(hub, path, document(entry(1, "Base")))
    one, other = (
        push_odd(hub, path, document(entry(1, text), entry(number, text)), at=base)
        for number, text in ((2, "One"), (3, "Other"))
    )
    branch = branch_of(hub)
    merged = merge_tips(branch, one, other).oid
    branch.close()
    found = titles(hub("cat-file", "-p", branch_blob(hub, merged, path)))
    assert set(found[1:]) == {"One", "Other"}


def branch_blob(hub: Repo, commit: str, path: str) -> str:
    """The object at a path, whatever characters that has."""
    return hub("--literal-pathspecs", "ls-tree", "-z", commit, "--", path).split()[2]
