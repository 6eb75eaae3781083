"""Two clones that sync, one of which is of a kind that libgit2 or git makes special."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lorefs.repo import Git, locate
from lorefs.repo.libgit import LibgitObjects
from lorefs.repo.objects import open_objects
from lorefs.repo.plumbing import PlumbingObjects
from tests.clones import BRANCH, Clone, Team, converge
from tests.gitrepo import Repo


def enable(repo: Repo, name: str = "carol") -> Clone:
    """The clone at a worktree, with sync on and lore ignored."""
    repo("config", "user.name", name)
    repo("config", "user.email", f"{name}@example.invalid")
    repo("config", "lorefs.sync.enabled", "true")
    exclude = Path(repo("rev-parse", "--path-format=absolute", "--git-path", "info/exclude"))
    exclude.parent.mkdir(exist_ok=True)
    exclude.write_text(".lore.md\n.lore.review.md\n.lore.local.md\n")
    return Clone(repo)


def objects_of(clone: Clone) -> type:
    found = open_objects(Git(locate(clone.path), {}))
    found.close()
    return type(found)


def exchange_both_ways(ada: Clone, other: Clone) -> None:
    """What both do reaches both, a clash of the same entry included."""
    mine, shared = other.add("Of the other"), ada.add("Of Ada")
    converge(ada, other)
    assert other.titles() == ["Of Ada", "Of the other"]
    ada.update(shared, title="Renamed")
    other.update(shared, tags_add=("x",))
    other.update(mine, confidence=0.5)
    converge(ada, other)
    assert ada.entries()[shared].title == "Renamed"
    assert ada.entries()[shared].tags == ("x",)
    ada.remove(mine)
    converge(ada, other)
    assert other.titles() == ["Renamed"]
    assert other.text() == ada.text()
    assert other.repo("status", "--porcelain") == ""
    other.repo("fsck", "--strict", "--no-dangling")


@pytest.fixture
def history(ada: Clone, team: Team) -> Clone:
    """A clone whose remote has some commits of code and of lore."""
    for number in range(4):
        ada.repo.commit(f"code {number}", **{"code.txt": f"{number}\n"})
    ada.repo("push", "-q", "origin", "HEAD:main")
    first = ada.add("First")
    for number in range(3):
        ada.update(first, title=f"First {number}")
    ada.remove(first)
    ada.sync()
    team.remote("config", "uploadpack.allowFilter", "true")
    return ada


@pytest.fixture
def address(team: Team) -> str:
    """The remote by an address for which git does not just copy files."""
    return f"file://{team.remote.path}"


Cloned = Callable[..., Clone]


@pytest.fixture
def cloned(history: Clone, address: str, tmp_path: Path) -> Cloned:
    def make(*options: str) -> Clone:
        path = tmp_path / "carol"
        history.repo("clone", "-q", *options, address, str(path))
        return enable(Repo(path, history.repo.clock))

    return make


@pytest.mark.parametrize("which", ["--no-single-branch", "--single-branch"])
def test_a_shallow_clone(history: Clone, cloned: Cloned, which: str) -> None:
    carol = cloned("--depth=1", which)
    exchange_both_ways(history, carol)
    assert carol.repo("rev-parse", "--is-shallow-repository") == "true", "the code stays as it is"
    assert carol.repo("rev-list", "--count", "origin/main") == "1"
    count = history.repo("rev-list", "--count", BRANCH)
    assert carol.repo("rev-list", "--count", BRANCH) == count


def test_a_shallow_clone_that_only_receives(history: Clone, cloned: Cloned) -> None:
    carol = cloned("--depth=1", "--no-single-branch")
    history.add("News")
    history.sync()
    carol.sync()
    assert carol.titles() == ["News"]
    assert carol.tip == history.tip


def test_a_branch_that_is_cut_off_is_refused(history: Clone, cloned: Cloned) -> None:
    """The clone goes on from a shallow commit, and the remote has forgotten about it."""
    carol = cloned("--depth=1", "--no-single-branch")
    carol.repo("branch", BRANCH, f"origin/{BRANCH}")
    carol.add("Mine")
    tree = history.repo("rev-parse", f"{BRANCH}^{{tree}}")
    other = history.repo("commit-tree", tree, stdin="another root\n")
    history.repo("push", "-q", "-f", "origin", f"{other}:refs/heads/{BRANCH}")
    before = carol.tip
    (exchange,) = carol.try_sync().exchanges
    assert "is shallow" in str(exchange.error)
    assert carol.tip == before


@pytest.mark.parametrize("objects", ["blob:none", "tree:0"])
def test_a_partial_clone(history: Clone, cloned: Cloned, objects: str) -> None:
    history.add("There before")
    history.sync()
    carol = cloned(f"--filter={objects}")
    assert objects_of(carol) is PlumbingObjects
    carol.sync()
    assert carol.titles() == ["There before"]
    missing = carol.repo("rev-list", "--objects", "--missing=print", BRANCH)
    assert "\n?" not in missing, "all of the sync branch is here, so that offline works"
    history.remove(next(iter(history.entries())))
    exchange_both_ways(history, carol)


def test_a_linked_worktree(ada: Clone, bob: Clone) -> None:
    path = bob.path.parent / "linked"
    bob.repo("worktree", "add", "-q", "-b", "side", str(path))
    linked = Clone(Repo(path, bob.repo.clock))
    exchange_both_ways(ada, linked)
    bob.sync()
    assert bob.entries() == ada.entries()
    # a commit made in one worktree reaches the rows of the other without the network
    bob.add("Of the main worktree")
    linked.add("Of the linked one")
    converge(ada, linked, bob)
    assert "Of the main worktree" in linked.titles()


def test_a_submodule(tmp_path: Path, team: Team, ada: Clone) -> None:
    outer = Repo(tmp_path / "outer", ada.repo.clock)
    outer.path.mkdir()
    outer("init", "-q")
    outer("submodule", "--quiet", "add", str(team.remote.path), "inner")
    outer("commit", "-q", "-m", "with a submodule")
    inner = enable(Repo(outer.path / "inner", ada.repo.clock))
    exchange_both_ways(ada, inner)
    assert outer("status", "--porcelain") == ""


def test_sha256(tmp_path: Path) -> None:
    remote = Repo(tmp_path / "r.git")
    remote.path.mkdir()
    remote("init", "-q", "--bare", "--object-format=sha256")
    seed = Repo(tmp_path / "seed", remote.clock)
    seed.path.mkdir()
    seed("init", "-q", "--object-format=sha256")  # a clone of an empty one would be no such
    seed.commit("code", **{"README.md": "code\n"})
    seed("push", "-q", str(remote.path), "main")
    clones = []
    for name in ("ada", "bob"):
        repo = remote.clone(tmp_path / name)
        assert repo("rev-parse", "--show-object-format") == "sha256"
        clones.append(enable(repo, name))
    assert objects_of(clones[0]) is PlumbingObjects
    exchange_both_ways(*clones)
    assert len(clones[0].tip) == 64


def test_a_usual_clone_is_read_in_process(ada: Clone) -> None:
    assert objects_of(ada) is LibgitObjects
