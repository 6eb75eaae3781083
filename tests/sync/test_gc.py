"""Loose objects of the sync branch are packed, and old refs dropped; nothing else changes."""

from __future__ import annotations

from lorefs.sync.branch.gc import DAY, KEPT_DAYS, LOOSE
from tests.cli.terminal import Lorefs
from tests.clones import Clone, Team, converge


def loose(clone: Clone) -> int:
    return int(clone.repo("count-objects").partition(" ")[0])


def settings(clone: Clone) -> str:
    return clone.repo("config", "--list", "--show-origin")


def test_what_the_exchange_wrote_is_packed(ada: Clone, bob: Clone) -> None:
    clone, code = ada, loose(ada)
    ident = clone.add("One")
    for number in range(5):
        clone.update(ident, title=f"Title {number}")
    clone.write("kept", "mine.txt")
    mine = clone.repo("hash-object", "-w", "mine.txt")
    written, configured = loose(clone) - code, settings(clone)
    done = Lorefs(clone.path)("gc", "--json").json
    assert done["packed"] == written - 1
    assert loose(clone) == code + 1, "an object that is not lorefs's own stays as it was"
    assert clone.repo("cat-file", "-p", mine) == "kept"
    assert settings(clone) == configured
    clone.repo("fsck", "--strict")
    clone.add("Two")
    converge(ada, bob)
    assert bob.titles() == ["Title 4", "Two"]
    assert Lorefs(clone.path)("gc", "--json").json["packed"] > 0
    assert Lorefs(clone.path)("gc").out == "packed: 0 objects\n"


def test_without_a_sync_branch_there_is_nothing_to_do(ada: Clone) -> None:
    assert Lorefs(ada.path)("gc", "--json").json == {"packed": 0, "dropped": []}


def test_old_refs_are_dropped(ada: Clone) -> None:
    ada.add("One")
    ada.sync()
    ada.sync()
    now = ada.tick()
    old, new = now - (KEPT_DAYS + 1) * DAY, now - DAY
    names = [f"backup/{old}", f"backup/{old}-lore", f"backup/{new}", "backup/by-hand", "fetched/x"]
    for name in names:
        ada.repo("update-ref", f"refs/lorefs/{name}", ada.tip)
    with ada.open() as workspace:
        done = workspace.collect_garbage()
    assert done.dropped == (
        f"refs/lorefs/backup/{old}",
        f"refs/lorefs/backup/{old}-lore",
        "refs/lorefs/fetched/x",
    )
    left = ada.repo("for-each-ref", "--format=%(refname)", "refs/lorefs").split("\n")
    assert "refs/lorefs/backup/by-hand" in left
    assert f"refs/lorefs/backup/{new}" in left
    assert any("fetched/origin-" in ref for ref in left), "that of the remote in use"


def fill(clone: Clone) -> None:
    """Make the directory by which loose objects are estimated look full."""
    sample = clone.path / ".git" / "objects" / "17"
    sample.mkdir(exist_ok=True)
    for number in range(LOOSE // 256 + 1):
        (sample / f"{number:038x}").write_bytes(b"")


def test_a_sync_packs_once_a_day_if_there_is_much(ada: Clone) -> None:
    ada.add("One")
    ada.sync()
    ada.add("Two")
    ada.skew += 2 * DAY
    ada.sync()
    assert loose(ada) > 0, "there is little"
    fill(ada)
    ada.repo("config", "lorefs.sync.gc", "false")
    before = loose(ada)
    ada.sync()
    assert loose(ada) == before
    ada.repo("config", "--unset", "lorefs.sync.gc")
    ada.sync()
    packed = loose(ada)
    assert packed < before
    ada.add("Three")
    ada.sync()
    assert loose(ada) > packed, "not again on the same day"
    ada.skew += 2 * DAY
    ada.sync()
    assert loose(ada) == packed


def test_a_partial_clone_is_packed(ada: Clone, team: Team) -> None:
    ada.add("One")
    ada.sync()
    team.remote("config", "uploadpack.allowFilter", "true")
    path = ada.path.parent / "partial"
    ada.repo("clone", "-q", "--filter=blob:none", f"file://{team.remote.path}", str(path))
    clone = Clone(type(ada.repo)(path, ada.repo.clock))
    clone.repo("config", "user.email", "p@example.invalid")
    clone.repo("config", "user.name", "p")
    clone.repo("config", "lorefs.sync.enabled", "true")
    clone.sync()
    clone.add("Two")
    assert Lorefs(path)("gc", "--json").json["packed"] > 0
    clone.repo("fsck")
