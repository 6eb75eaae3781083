"""`--read-after`, and warnings where the team's state is old."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.cli.terminal import Lorefs
from tests.clones import Clone, Team
from tests.gitrepo import Repo

READERS = (("list",), ("search", "news"), ("similar", "news"), ("log",))


@pytest.fixture
def bob(team: Team, ada: Clone) -> Lorefs:
    del ada
    return Lorefs(team.clone("bob").path)


@pytest.mark.parametrize("reader", READERS)
def test_readers_exchange_first(ada: Clone, bob: Lorefs, reader: tuple[str, ...]) -> None:
    ada.add("News of Ada")
    ada.sync()
    assert "News of Ada" not in bob(*reader).out
    done = bob(*reader, "--read-after")
    assert "News of Ada" in done.out
    assert done.err == ""


def test_show_exchanges_first(ada: Clone, bob: Lorefs) -> None:
    ident = ada.add("News of Ada")
    ada.sync()
    bob("show", ident, status=2)
    assert "News of Ada" in bob("show", ident, "--read-after").out


def test_trouble_is_a_warning_and_the_local_answer_is_given(
    ada: Clone, bob: Lorefs, team: Team
) -> None:
    bob("add", "Here")
    team.remote.path.rename(team.folder / "away")
    done = bob("list", "--read-after", "--json")
    assert [row["title"] for row in done.json] == ["Here"]
    assert done.err.startswith("warning: cannot ")
    assert "origin" in done.err
    del ada


def test_a_remote_that_does_not_answer_takes_the_time_of_the_setting(
    ada: Clone, bob: Lorefs, tmp_path: Path
) -> None:
    hang = tmp_path / "hang"
    hang.write_text("#!/bin/sh\nsleep 40\n")
    hang.chmod(0o755)
    repo = Repo(bob.path)
    repo("config", "remote.origin.url", "ssh://nowhere.invalid/repo")
    repo("config", "core.sshCommand", str(hang))
    repo("config", "lorefs.sync.timeout", "1")
    bob("add", "Here")
    began = time.monotonic()
    done = bob("list", "--read-after")
    assert time.monotonic() - began < 20
    assert "Here" in done.out
    assert "no answer within 1 seconds" in done.err
    del ada


def test_where_sync_is_off_that_is_said(bob: Lorefs) -> None:
    Repo(bob.path)("config", "lorefs.sync.enabled", "false")
    bob("add", "Here")
    done = bob("list", "--read-after")
    assert "Here" in done.out
    assert "sync is off" in done.err


def test_an_old_state_is_warned_of(ada: Clone, bob: Lorefs) -> None:
    assert bob("status").err == "", "by default nobody is"
    repo = Repo(bob.path)
    repo("config", "lorefs.sync.maxAge", "3600")
    assert "was never" in bob("list").err
    bob("sync")
    assert bob("status").err == bob("list").err == ""
    with Clone(repo).open() as workspace, workspace.store.write():
        two_hours_ago = (time.time_ns() // 1_000_000) - 2 * 3_600_000
        slug = workspace.here.remotes()[0].slug
        seen = workspace.store.remotes.state(slug).seen
        workspace.store.remotes.succeeded(slug, seen, two_hours_ago)
    for done in (bob("status"), bob("list"), bob("search", "x")):
        assert "was 2 hours ago" in done.err
    assert bob("list", "--read-after").err == ""
    del ada


def test_status_says_since_when_it_fails(ada: Clone, bob: Lorefs, team: Team) -> None:
    bob("add", "One")
    team.remote.path.rename(team.folder / "away")
    for _ in range(2):
        bob("sync", status=1)
    found = bob("sync", "status", "--json", status=1).json
    (remote,) = found["remotes"]
    assert found["waiting"] == 1
    assert remote["failures"] == 2
    assert remote["failing_since"] < remote["last_failure"]
    out = bob("sync", "status", status=1).out
    assert f"since {remote['failing_since']}, 2 tries" in out
    assert "1 commit not sent yet" in out
    (team.folder / "away").rename(team.remote.path)
    bob("sync")
    (remote,) = bob("sync", "status", "--json").json["remotes"]
    assert (remote["failures"], remote["failing_since"]) == (0, None)
    del ada
