"""The user's own store, which belongs to no repository, in the backup."""

from __future__ import annotations

from tests.backup.conftest import MINE, Machine
from tests.lore import document, entry


def test_the_users_own_store_travels(desk: Machine, laptop: Machine) -> None:
    desk.write_own_store(document(entry(1, "Of all"), entry(2, "Of mine")))
    assert desk.backup().sent == ("your own store",)
    laptop.backup()
    assert laptop.own_store.read_text() == desk.own_store.read_text()
    laptop.own_store.write_text(laptop.own_store.read_text().replace("Of all", "Of them all"))
    desk.own_store.write_text(desk.own_store.read_text().replace("Of mine", "Mine"))
    laptop.backup()
    desk.backup()
    laptop.backup()
    text = laptop.own_store.read_text()
    assert "Of them all" in text
    assert "**Mine**" in text
    assert desk.own_store.read_text() == text
    desk.own_store.unlink()
    desk.backup()
    laptop.backup()
    assert laptop.own_store.read_text() == text, "a file that is gone deletes nothing"
    desk.restore()
    assert desk.own_store.read_text() == text


def test_an_emptied_own_store_is_asked_about(desk: Machine) -> None:
    desk.write_own_store(document(*(entry(n, f"Number {n}") for n in range(1, 9))))
    desk.backup()
    desk.write_own_store("")
    report = desk.try_backup()
    assert [each.document for each in report.questions] == ["your own store"]
    desk.restore()
    assert "Number 8" in desk.own_store.read_text()


def test_one_that_cannot_be_read_keeps_nothing_else_waiting(desk: Machine, laptop: Machine) -> None:
    desk.write_own_store(document(entry(1, "Of all")))
    desk.backup()
    laptop.backup()
    laptop.own_store.write_text(laptop.own_store.read_text().replace("Of all", "Of them all"))
    laptop.add("Of the laptop")
    laptop.backup()
    before = desk.own_store.read_text()
    torn = "<<<<<<< a\n" + before + "=======\n>>>>>>> b\n"
    desk.own_store.write_text(torn)
    desk.add("Of the desk, too")
    report = desk.try_backup()
    assert [error.path for error in report.damaged] == [str(desk.own_store)]
    assert report.sent == (MINE,)
    assert desk.titles() == ["Of the desk", "Of the desk, too", "Of the laptop"]
    assert desk.own_store.read_text() == torn
    assert "Of them all" in laptop.own_store.read_text()
    desk.own_store.write_text(before.replace("Something to know", "Something else"))
    desk.backup()
    assert "Of them all" in desk.own_store.read_text()
    laptop.backup()
    assert laptop.own_store.read_text() == desk.own_store.read_text()


def test_one_that_is_kept_elsewhere(desk: Machine, laptop: Machine) -> None:
    elsewhere = laptop.home / "dotfiles"
    elsewhere.mkdir()
    laptop.own_store.parent.parent.mkdir(parents=True, exist_ok=True)
    laptop.own_store.parent.symlink_to(elsewhere)
    desk.write_own_store(document(entry(1, "Of all")))
    desk.backup()
    laptop.backup()
    assert (elsewhere / ".lore.md").read_text() == desk.own_store.read_text()
    assert laptop.own_store.parent.is_symlink()


def test_another_place_takes_nothing_for_deleted(desk: Machine, laptop: Machine) -> None:
    desk.write_own_store(document(entry(1, "Of all"), entry(2, "Of mine")))
    desk.backup()
    laptop.backup()
    home = laptop.home
    before = laptop.own_store.read_text()
    desk.own_store.write_text(desk.own_store.read_text().replace("Of all", "Of them all"))
    desk.backup()
    laptop.own_store.parent.parent.parent.rename(home / "away")  # what another shell would see
    laptop.backup()
    assert laptop.own_store.read_text() == desk.own_store.read_text()
    laptop.own_store.parent.parent.parent.rename(home / "other")
    (home / "away").rename(home / "data")
    assert laptop.own_store.read_text() == before
    with laptop.open() as workspace, workspace.store.write():
        workspace.store.set_state("backup.place", str(home / "other"))
    laptop.backup()
    with laptop.open() as workspace:
        records = [each.discard for each in workspace.store.ledger.records()]
    assert [{each.ours, each.theirs} for each in records] == [{"Of all", "Of them all"}]
    desk.backup()
    assert "Of mine" in desk.own_store.read_text()
    assert desk.own_store.read_text() == laptop.own_store.read_text()
