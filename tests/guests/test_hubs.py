"""The shared realm of a hub, and further hubs: real remotes, read and never written."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from lorefs.api import Workspace
from lorefs.api.context import Question
from lorefs.errors import ConfigError, GuestError, LorefsError, UsageError
from lorefs.repo import libgit
from lorefs.sync.branch import hubs as hubs_module
from lorefs.sync.branch.hubs import INTERVAL, HubError
from tests.cli.terminal import Lorefs
from tests.clones import BRANCH, Clone, Team
from tests.gitrepo import Repo
from tests.guests.conftest import STORE, User, titles
from tests.lore import document, entry, ident


def project(team: Team, name: str, realm: str) -> Clone:
    """A clone that keeps its lore in a realm of the hub."""
    clone = team.clone(name)
    clone.repo("config", "lorefs.sync.prefix", f"realms/{realm}")
    return clone


def seen(clone: Clone, source: str | None = None) -> list[str]:
    with clone.open() as workspace:
        return titles(workspace, source)


@pytest.fixture
def team(tmp_path: Path) -> Team:
    found = Team(tmp_path / "team")
    found.seed(**{"README.md": "code\n"})
    return found


@pytest.fixture
def curator(team: Team) -> Clone:
    return project(team, "curator", "shared")


@pytest.fixture
def api(team: Team) -> Clone:
    return project(team, "api", "api")


@pytest.fixture
def web(team: Team) -> Clone:
    return project(team, "web", "web")


# ---------------------------------------------------------------- the shared realm


def test_what_is_shared_is_read_in_all_projects_and_changed_in_one(
    curator: Clone, api: Clone, web: Clone
) -> None:
    shared = curator.add("Shared", "For all.")
    curator.sync()
    for clone in (api, web):
        clone.add(f"Of {clone.path.name}")
        clone.sync()
        assert seen(clone) == sorted(["Shared", f"Of {clone.path.name}"])
        assert seen(clone, "shared") == ["Shared"]
        with clone.open() as workspace:
            row = workspace.get(shared)
            assert (row.document, row.entry.scope) == ("shared://.lore.md", "team")
            with pytest.raises(GuestError, match="realm shared"):
                workspace.update(shared, {"title": "Mine"})
    curator.update(shared, title="Shared by all")
    curator.add("Also", path="")
    curator.sync()
    api.sync()
    assert seen(api, "shared") == ["Also", "Shared by all"]
    curator.remove(shared)
    curator.sync()
    api.sync()
    assert seen(api, "shared") == ["Also"]
    assert seen(curator) == ["Also"]


def test_no_guest_is_ever_in_a_tree_that_is_sent(
    team: Team, curator: Clone, api: Clone, user: User
) -> None:
    curator.add("Shared", "For all.")
    curator.sync()
    api.env = user.env
    api.add("Ours")
    api.sync()
    with api.open() as workspace:
        assert titles(workspace) == ["Ours", "Shared", "Tabs"]
        row = next(row for row in workspace.entries() if row.entry.title == "Ours")
        workspace.update(row.entry.id, {"content": "Changed."})
    api.sync()
    tree = api.tree()
    assert tree.keys() == {"realms/shared/.lore.md", "realms/api/.lore.md"}
    assert "Shared" not in tree["realms/api/.lore.md"]
    log = team.remote("log", "-p", "--format=%B", BRANCH)
    assert "Tabs" not in log
    assert "user://" not in log
    assert log.count("**Shared**") == 1
    assert "Tabs" not in api.text() + api.repo("status", "--porcelain", "--ignored")


def test_an_id_of_the_shared_realm_that_is_taken_over_travels(
    curator: Clone, api: Clone, web: Clone
) -> None:
    shared = curator.add("Shared")
    curator.sync()
    api.add("Ours")
    api.sync()
    api.write(api.text() + f"\n<!-- lore:{shared} -->\n* **Our own**: version.\n")
    api.sync()
    assert seen(api) == ["Our own", "Ours"]
    assert "Our own" in api.tree()["realms/api/.lore.md"]
    api.remove(shared)
    api.sync()
    assert seen(api) == ["Ours", "Shared"]
    web.sync()
    assert seen(web) == ["Shared"]


def test_a_rebuilt_database_is_equal(curator: Clone, api: Clone) -> None:
    for title in ("One", "Two"):
        curator.add(title)
    curator.sync()
    api.add("Ours")
    api.sync()
    before = api.entries()
    with api.open() as workspace:
        env = workspace.site.git.env
    Workspace.rebuild(api.path, env=env, clock=api.tick)
    assert api.entries() == before
    assert seen(api, "shared") == ["One", "Two"]


def test_the_shared_realm_goes_with_sync(curator: Clone, api: Clone) -> None:
    curator.add("Shared")
    curator.sync()
    api.sync()
    assert seen(api) == ["Shared"]
    api.repo("config", "lorefs.sync.enabled", "false")
    assert seen(api) == []


# ---------------------------------------------------------------- further hubs


@pytest.fixture
def platform(tmp_path: Path) -> Team:
    """Another team's hub, with a realm of two documents and one without a realm."""
    found = Team(tmp_path / "platform")
    found.seed(**{"README.md": "code\n"})
    clone = project(found, "writer", "core")
    clone.path.joinpath("docs").mkdir()
    clone.add("Kernel", "Of the platform.")
    clone.add("Docs", "Of its docs.", path="docs")
    clone.sync()
    return found


def writer(platform: Team) -> Clone:
    return Clone(Repo(platform.folder / "writer", platform.remote.clock))


@pytest.fixture
def reader(team: Team) -> Clone:
    """A clone with lore of its own and no sync."""
    clone = team.clone("reader", sync=False)
    clone.add("Ours")
    return clone


def add(clone: Clone, platform: Team, realm: str = "core") -> None:
    with clone.open() as workspace:
        workspace.add_hub("platform", str(platform.remote.path), realm=realm)


def test_a_hub_is_added_followed_and_removed(reader: Clone, platform: Team) -> None:
    add(reader, platform)
    assert seen(reader) == ["Docs", "Kernel", "Ours"]
    assert seen(reader, "hub:platform") == seen(reader, "hub") == ["Docs", "Kernel"]
    assert seen(reader, "hub:plat") == []
    with reader.open() as workspace:
        documents = {row.document for row in workspace.entries() if row.entry.title == "Docs"}
        assert documents == {"hub:platform/core://docs/.lore.md"}
        kernel = next(row for row in workspace.entries() if row.entry.title == "Kernel")
        with pytest.raises(GuestError, match="realm core of the hub platform"):
            workspace.remove([kernel.entry.id])
    writer(platform).add("News")
    writer(platform).sync()
    with reader.open() as workspace:
        (report,) = workspace.sync().hubs
        assert (report.hub, report.news, report.error) == ("platform", True, None)
        (again,) = workspace.sync().hubs
        assert again.news is False
    assert seen(reader, "hub") == ["Docs", "Kernel", "News"]
    with reader.open() as workspace:
        workspace.remove_hub("platform")
        assert titles(workspace) == ["Ours"]
        assert not workspace.store.guests
        with pytest.raises(UsageError):
            workspace.remove_hub("platform")
    assert reader.repo("for-each-ref", "refs/lorefs") == ""
    assert "lorefs.hub" not in reader.repo("config", "--local", "--list")


def test_settings_are_enough_and_their_absence_too(reader: Clone, platform: Team) -> None:
    reader.repo("config", "lorefs.hub.p.url", str(platform.remote.path))
    reader.repo("config", "lorefs.hub.p.realm", "core")
    assert seen(reader, "hub") == []
    with reader.open() as workspace:
        workspace.sync()
    assert seen(reader, "hub:p/core") == ["Docs", "Kernel"]
    reader.repo("config", "--remove-section", "lorefs.hub.p")
    assert seen(reader) == ["Ours"]


def test_a_database_made_anew_has_the_hub_without_the_network(
    reader: Clone, platform: Team
) -> None:
    add(reader, platform)
    before = reader.entries()
    platform.remote.path.rename(platform.remote.path.with_name("away"))
    with reader.open() as workspace:
        env = workspace.site.git.env
    Workspace.rebuild(reader.path, env=env, clock=reader.tick)
    assert reader.entries() == before
    for file in reader.path.glob(".git/lorefs/index.db*"):
        file.unlink()
    reader.reconcile(discover=True)
    assert reader.entries() == before


def test_a_hub_that_is_away_fails_nothing_and_is_told(
    api: Clone, web: Clone, platform: Team
) -> None:
    add(api, platform)
    platform.remote.path.rename(platform.remote.path.with_name("away"))
    api.add("Ours")
    report = api.sync()
    assert report.ok
    assert not report.troubles
    (hub,) = report.hubs
    assert isinstance(hub.error, HubError)
    assert seen(api, "hub") == ["Docs", "Kernel"]
    web.sync()
    lorefs = Lorefs(api.path)
    done = lorefs("sync")
    assert "the hub platform cannot be read" in done.err
    assert lorefs("sync", "--json").json["hubs"][0]["error"]["message"]
    status = lorefs("status").out
    assert "hub platform" in status
    assert "failing" in status


def link(repo: Repo) -> None:
    repo.path.joinpath("realms/core/x").mkdir()
    repo.path.joinpath("realms/core/x/.lore.md").symlink_to("/etc/passwd")


NEWER = "---\nlorefs: 99\n---\n" + document(entry(5, "Evil"))
HOSTILE: dict[str, Callable[[Repo], object]] = {
    "a link": link,
    "other files": lambda repo: repo.write("realms/core/run.sh", "boom"),
    "personal": lambda repo: repo.write("realms/core/.lore.local.md", "x\n"),
    "a newer format": lambda repo: repo.write("realms/core/.lore.md", NEWER),
    "no UTF-8": lambda repo: repo.write("realms/core/.lore.md", b"\xff"),
    "huge": lambda repo: repo.write("realms/core/.lore.md", "x" * (17 << 20)),
}


@pytest.mark.parametrize("spoil", HOSTILE.values(), ids=HOSTILE)
def test_nothing_is_taken_from_a_hostile_hub(
    reader: Clone, platform: Team, spoil: Callable[[Repo], object]
) -> None:
    add(reader, platform)
    tip = reader.repo("for-each-ref", "--format=%(objectname)", "refs/lorefs/hubs")
    evil = platform.remote.clone(platform.folder / "evil", "--branch", BRANCH)
    spoil(evil)
    evil.commit("spoil")
    evil("push", "--quiet")
    with reader.open() as workspace:
        (hub,) = workspace.sync().hubs
        assert isinstance(hub.error, HubError), hub
        assert "the hub platform cannot be read" in str(hub.error)
    assert seen(reader, "hub") == ["Docs", "Kernel"]
    refs = reader.repo("for-each-ref", "--format=%(objectname)", "refs/lorefs/hubs")
    assert refs == tip


def test_a_hub_is_bounded_as_a_whole(
    reader: Clone, platform: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, bound in (("MOST_DOCUMENTS", 1), ("MOST_BYTES", 10)):
        with monkeypatch.context() as patch:
            patch.setattr(hubs_module, name, bound)
            with pytest.raises(HubError, match="more than"):
                add(reader, platform)
    assert seen(reader) == ["Ours"]


def test_other_realms_of_a_hub_do_not_matter(reader: Clone, platform: Team) -> None:
    evil = platform.remote.clone(platform.folder / "evil", "--branch", BRANCH)
    evil.write("realms/evil/run.sh", "boom")
    evil.commit("spoil")
    evil("push", "--quiet")
    add(reader, platform)
    assert seen(reader, "hub") == ["Docs", "Kernel"]


def test_what_cannot_be_added_changes_nothing(
    reader: Clone, platform: Team, tmp_path: Path
) -> None:
    url = str(platform.remote.path)
    before = reader.repo("config", "--local", "--list")
    with reader.open() as workspace:
        with pytest.raises(UsageError, match="no realm nowhere") as caught:
            workspace.add_hub("p", url, realm="nowhere")
        assert "core" in (caught.value.hint or "")
        with pytest.raises(UsageError, match="stands in realms"):
            workspace.add_hub("p", url)
        with pytest.raises(HubError):
            workspace.add_hub("p", str(tmp_path / "nothing"), realm="core")
        for name, realm, address in (
            ("a b", "core", url),
            ("p", "../x", url),
            ("p", "core", "--upload-pack=x"),
        ):
            with pytest.raises(ConfigError):
                workspace.add_hub(name, address, realm=realm)
    assert reader.repo("config", "--local", "--list") == before
    assert reader.repo("for-each-ref", "refs/lorefs/hubs") == ""


def test_a_wrong_setting_names_its_line(reader: Clone) -> None:
    reader.repo("config", "lorefs.hub.p.url", "--upload-pack=x")
    with pytest.raises(ConfigError) as caught, reader.open():
        pass
    assert caught.value.path is not None
    assert caught.value.path.endswith("config")


def test_hubs_without_realms_and_an_own_id(reader: Clone, tmp_path: Path) -> None:
    other = Team(tmp_path / "plain")
    other.seed(**{"README.md": "code\n"})
    plain = other.clone("plain")
    plain.write(document(entry(1, "Theirs"), entry(2, "Only theirs")))
    plain.reconcile(discover=True)
    plain.sync()
    reader.write(reader.text() + "\n" + entry(1, "Mine") + "\n")
    add(reader, other, realm="")
    assert seen(reader) == ["Mine", "Only theirs", "Ours"]
    with reader.open() as workspace:
        assert workspace.get(ident(2)).document == "hub:platform://.lore.md"
        workspace.remove([ident(1)])
        assert titles(workspace) == ["Only theirs", "Ours", "Theirs"]


def test_sources_give_way_in_one_order(reader: Clone, platform: Team, user: User) -> None:
    clone = writer(platform)
    clone.write(clone.text() + "\n" + entry(1, "Tabs of the hub") + "\n")
    clone.sync()
    add(reader, platform)
    assert "Tabs of the hub" in seen(reader)
    reader.env = user.env
    assert [title for title in seen(reader) if "Tabs" in title] == ["Tabs"]
    user.write(STORE.replace("cross_project: true", "cross_project: false"))
    assert [title for title in seen(reader) if "Tabs" in title] == ["Tabs of the hub"]


def test_hubs_are_looked_at_rarely_where_nobody_asks(api: Clone, platform: Team) -> None:
    add(api, platform)
    with api.open() as workspace:
        assert workspace.sync(fetch="news").hubs == ()
        assert len(workspace.sync().hubs) == 1
        assert workspace.sync(hubs=False).hubs == ()
        assert workspace.sync(seconds=5).hubs == ()
    api.repo.clock.tick(INTERVAL // 1000)
    with api.open() as workspace:
        assert len(workspace.sync(fetch="news").hubs) == 1


def test_a_row_of_a_hub_is_put_back(reader: Clone, platform: Team) -> None:
    add(reader, platform)
    before = reader.entries()
    with closing(sqlite3.connect(reader.path / ".git/lorefs/index.db")) as program, program:
        program.execute("UPDATE entries SET content = 'x' WHERE document LIKE 'hub:%'")
    with reader.open() as workspace:
        report = workspace.reconcile()
        assert len(report.refusals) == 2
        assert all(isinstance(each, LorefsError) for each in report.refusals)
    assert reader.entries() == before


def test_a_hub_does_not_decide_what_is_superseded_here(reader: Clone, platform: Team) -> None:
    with reader.open() as workspace:
        (ours,) = (row.entry.id for row in workspace.entries())
    clone = writer(platform)
    theirs = {entry.title: entry.id for entry in clone.entries().values()}
    old = theirs["Kernel"]
    meta = f"relations: {{supersedes: [{ours}, {old}]}}"
    clone.write(clone.text() + "\n" + entry(5, "Newer", "Of the platform.", meta) + "\n")
    clone.sync()
    add(reader, platform)
    with reader.open() as workspace:
        found = workspace.context(Question())
        assert sorted(p.row.entry.title for p in found.pieces) == ["Docs", "Newer", "Ours"]
        assert found.left_out.superseded == 1


def test_a_tree_without_end_is_left(reader: Clone, platform: Team) -> None:
    add(reader, platform)
    remote = platform.remote
    blob = remote("hash-object", "-w", "--stdin", stdin="# Lore\n")
    tree = remote("mktree", stdin=f"100644 blob {blob}\t.lore.md\n")
    for _ in range(12):
        entries = "".join(f"040000 tree {tree}\tdir{n}\n" for n in range(10))
        tree = remote("mktree", stdin=entries)
    for name in ("core", "realms"):
        tree = remote("mktree", stdin=f"040000 tree {tree}\t{name}\n")
    tip = remote("rev-parse", BRANCH)
    commit = remote("commit-tree", tree, "-p", tip, "-m", "bomb")
    remote("update-ref", f"refs/heads/{BRANCH}", commit)
    with pytest.MonkeyPatch.context() as patch, reader.open() as workspace:
        patch.setattr(libgit, "MOST_DIRECTORIES", 1000)
        (hub,) = workspace.sync().hubs
        assert "too many directories" in str(hub.error)
    assert seen(reader, "hub") == ["Docs", "Kernel"]


def test_unsigned_commits_are_not_taken_where_signed_ones_are_asked_for(
    reader: Clone, platform: Team
) -> None:
    reader.repo("config", "lorefs.sync.verify", "signed")
    with pytest.raises(HubError, match="sign"):
        add(reader, platform)
    assert seen(reader) == ["Ours"]


def test_a_program_with_old_settings_takes_nothing_away(reader: Clone, platform: Team) -> None:
    with reader.open() as old:
        assert titles(old) == ["Ours"]
        add(reader, platform)
        assert titles(old) == ["Docs", "Kernel", "Ours"]
        writer(platform).add("News")
        writer(platform).sync()
        with reader.open() as workspace:
            workspace.fetch_hubs()
        assert titles(old) == ["Docs", "Kernel", "News", "Ours"]
    assert "News" in seen(reader)


def test_what_is_known_of_a_realm_counts_by_its_words_alone(reader: Clone, platform: Team) -> None:
    add(reader, platform)
    with reader.open() as workspace:

        def chosen(question: Question) -> list[str]:
            return [piece.row.entry.title for piece in workspace.context(question).pieces]

        assert chosen(Question(("src/a.py",))) == ["Ours"]
        assert chosen(Question(("src/a.py",), "kernel"))[0] == "Kernel"
        assert chosen(Question())[0] == "Ours"


def test_garbage_collection_drops_hubs_that_are_read_no_more(reader: Clone, platform: Team) -> None:
    add(reader, platform)
    with reader.open() as workspace:
        assert workspace.collect_garbage().dropped == ()
    reader.repo("config", "--remove-section", "lorefs.hub.platform")
    with reader.open() as workspace:
        assert workspace.collect_garbage().dropped == ("refs/lorefs/hubs/platform/core",)


# ---------------------------------------------------------------- the commands


def test_a_hub_is_added_and_removed_by_command(curator: Clone, tmp_path: Path) -> None:
    curator.add("Shared", "For all.")
    curator.sync()
    alone = Repo(tmp_path / "alone", curator.repo.clock)
    alone.path.mkdir()
    alone("init", "--quiet")
    lorefs = Lorefs(alone.path)
    hub = str(curator.repo("remote", "get-url", "origin"))
    added = lorefs("team", "add", "platform", hub, "--realm", "shared")
    assert "reads hub:platform/shared: 1 entry" in added.out
    assert [each["title"] for each in lorefs("list", "--json").json] == ["Shared"]
    assert "shared" in lorefs("team", "add", "other", hub, "--realm", "nowhere", status=2).err
    lorefs("team", "remove", "other", status=2)
    assert lorefs("team", "remove", "platform", "--json").json == {"hub": "platform"}
    assert lorefs("list", "--json").json == []
