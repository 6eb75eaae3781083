"""Clones in realms of one hub: what each of them has of the others, and what it merges."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lorefs.remote import GitRemote
from lorefs.repo import Git, locate
from lorefs.sync.branch.create import Plan, create
from lorefs.sync.branch.join import Wanted
from tests.clones import BRANCH, Clone, Team, converge
from tests.gitrepo import Repo


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
