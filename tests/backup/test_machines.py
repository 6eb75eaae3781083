"""Personal documents of one user on several machines, kept on one remote that can read nothing."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from lorefs.errors import LorefsError, RefusedError, UsageError
from lorefs.sync.backup.vault import NoBackupError, WrongKeyError
from tests.backup.conftest import BRANCH, MINE, SECRET, Machine, Machines, contents
from tests.gitrepo import Repo
from tests.lore import document, entry, ident


def test_what_one_machine_has_the_other_restores(desk: Machine, laptop: Machine) -> None:
    assert laptop.text() == desk.text()
    assert laptop.titles() == ["Of the desk"]
    assert desk.backup().sent == ()
    assert laptop.backup().sent == ()


def test_nothing_leaves_in_the_clear(machines: Machines, desk: Machine, laptop: Machine) -> None:
    desk.repo.write(f"lib/{MINE}", document(entry(1, "Deep inside", SECRET)))
    desk.write_own_store(document(entry(2, "Everywhere", SECRET)))
    desk.backup()
    laptop.update(next(iter_ids(laptop)), title="Of both")
    laptop.backup()
    desk.backup()
    words = (SECRET, "Of the desk", "Of both", "Deep inside", "Everywhere", "lib", MINE, "code.git")
    for data in contents(machines.vault.path):
        assert not any(word.encode() in data for word in words)
    for machine in (desk, laptop):
        objects = machine.repo.path / ".git" / "objects"
        assert not any(SECRET.encode() in data for data in contents(objects))
        assert not any(SECRET.encode() in data for data in contents(machine.home / "config"))
    assert len(machines.files()) == 4, "the key and three documents"


def iter_ids(machine: Machine) -> Iterator[str]:
    with machine.open() as workspace:
        return iter([row.entry.id for row in workspace.entries()])


def test_the_key_is_for_nobody_else(desk: Machine) -> None:
    assert stat.S_IMODE(desk.identity.stat().st_mode) == 0o600
    assert stat.S_IMODE(desk.identity.parent.stat().st_mode) == 0o700


def test_edits_of_both_machines_survive(desk: Machine, laptop: Machine) -> None:
    ids = [desk.add(title) for title in ("One", "Two", "Three", "Four")]
    desk.backup()
    laptop.backup()
    desk.update(ids[0], title="One of the desk")
    laptop.update(ids[0], tags=("laptop",))
    laptop.update(ids[1], title="Two of the laptop")
    desk.remove(ids[2])
    desk.add("Five")
    laptop.add("Six")
    desk.backup()
    report = laptop.backup()
    assert report.received == (MINE,)
    assert report.sent == (MINE,)
    desk.backup()
    assert laptop.text() == desk.text()
    expected = ["Five", "Four", "Of the desk", "One of the desk", "Six", "Two of the laptop"]
    assert desk.titles() == expected
    with desk.open() as workspace:
        assert workspace.get(ids[0]).entry.tags == ("laptop",)


@pytest.mark.parametrize("first", ["desk", "laptop"])
def test_the_last_write_stands_and_the_other_is_in_the_ledger(
    desk: Machine, laptop: Machine, first: str
) -> None:
    one = desk.add("Title")
    desk.backup()
    laptop.backup()
    order = (desk, laptop) if first == "desk" else (laptop, desk)
    order[0].update(one, title="Z written first")
    order[1].update(one, title="A written last")
    desk.backup()
    laptop.backup()
    desk.backup()
    assert "A written last" in desk.titles()
    assert desk.text() == laptop.text()
    with laptop.open() as workspace:  # who came second merged
        records = [each.discard for each in workspace.store.ledger.records()]
    assert [(each.field, each.chosen) for each in records] == [("title", "A written last")]


def test_nobody_pushes_over_another(machines: Machines, desk: Machine, laptop: Machine) -> None:
    laptop.add("In between")
    done: list[str] = []

    def step(name: str) -> None:
        if name == "backup push" and not done:
            done.append(name)
            laptop.backup()

    desk.add("Of the desk, too")
    desk.step = step
    report = desk.backup()
    assert report.tries == 2
    assert desk.titles() == ["In between", "Of the desk", "Of the desk, too"]
    laptop.backup()
    assert laptop.text() == desk.text()
    assert machines.vault("rev-list", "--merges", BRANCH) == "", "a line"


def test_who_is_overtaken_again_and_again_gives_up(desk: Machine, laptop: Machine) -> None:
    count = [0]

    def step(name: str) -> None:
        if name == "backup push":
            count[0] += 1
            laptop.add(f"Number {count[0]}")
            laptop.backup()

    desk.add("Mine")
    desk.step = step
    with pytest.raises(LorefsError, match="8 times in a row"):
        desk.try_backup()
    desk.step = lambda _: None
    desk.backup()
    laptop.backup()
    assert laptop.text() == desk.text()
    assert len(laptop.titles()) == 10


def test_two_first_backups_at_once(machines: Machines) -> None:
    desk = machines.machine("desk")
    desk.add("Of the desk")
    with desk.open() as workspace:
        from lorefs.crypto import make_identity

        del workspace
        make_identity(desk.identity)
    laptop = machines.machine("laptop", key_of=desk)
    laptop.add("Of the laptop")
    done: list[str] = []

    def step(name: str) -> None:
        if name == "backup push" and not done:
            done.append(name)
            laptop.setup()

    desk.step = step
    desk.setup()
    laptop.backup()
    assert desk.titles() == laptop.titles() == ["Of the desk", "Of the laptop"]
    assert desk.backup().fingerprint == laptop.backup().fingerprint


def test_a_restore_unites_and_writes_nothing_over(machines: Machines, desk: Machine) -> None:
    desk.repo.write(MINE, desk.text() + "\n" + entry(7, "Both", "Of the desk.") + "\n")
    desk.backup()
    laptop = machines.machine("laptop", key_of=desk)
    laptop.repo.write(MINE, document(entry(7, "Both", "Of the laptop."), entry(8, "Own")))
    done = laptop.restore()
    assert done.report.ok
    assert laptop.titles() == ["Both", "Of the desk", "Own"]
    with laptop.open() as workspace:
        records = [each.discard for each in workspace.store.ledger.records()]
    assert {(each.entry, each.field) for each in records} >= {(ident(7), "content")}
    desk.backup()
    assert desk.text() == laptop.text()


def test_a_restore_brings_back_what_was_lost_here(desk: Machine, laptop: Machine) -> None:
    gone = desk.add("Gone")
    desk.backup()
    desk.remove(gone)
    desk.restore()
    assert "Gone" in desk.titles()
    laptop.backup()
    assert "Gone" in laptop.titles()


def test_a_deletion_reaches_the_others_and_stays(desk: Machine, laptop: Machine) -> None:
    gone = desk.add("Gone")
    desk.backup()
    laptop.backup()
    laptop.remove(gone)
    laptop.backup()
    desk.backup()
    assert "Gone" not in desk.titles()
    assert laptop.backup().received == ()
    assert "Gone" not in laptop.titles()


def test_most_entries_do_not_vanish_unasked(desk: Machine, laptop: Machine) -> None:
    ids = [desk.add(f"Number {number}") for number in range(8)]
    desk.backup()
    laptop.backup()
    laptop.remove(*ids)
    laptop.backup()
    desk.add("One more")
    report = desk.try_backup()
    assert [each.entries for each in report.questions] == [8]
    assert report.sent == ()
    assert len(desk.titles()) == 10
    desk.backup(accept_deletions=True)
    assert desk.titles() == ["Of the desk", "One more"]
    laptop.backup()
    assert laptop.titles() == ["Of the desk", "One more"]


def test_documents_in_directories_that_are_not_here_wait(desk: Machine, laptop: Machine) -> None:
    (desk.repo.path / "only-here").mkdir()
    desk.add("In a corner", path="only-here")
    desk.backup()
    report = laptop.backup()
    assert [each.document for each in report.arrived.waiting] == [f"only-here/{MINE}"]
    assert not (laptop.repo.path / "only-here").exists()
    assert "In a corner" in laptop.titles()
    (laptop.repo.path / "only-here").mkdir()
    assert "In a corner" in laptop.titles()
    assert "In a corner" in laptop.text(f"only-here/{MINE}")


def test_one_remote_serves_many_repositories(machines: Machines, desk: Machine) -> None:
    other = machines.other(key_of=desk)
    other.add("Of the other")
    done = other.setup()
    assert done.settings.realm == "example.invalid/ada/other"
    assert done.realms == (desk_realm(desk),)
    assert other.titles() == ["Of the other"]
    assert desk.backup().received == ()
    assert desk.titles() == ["Of the desk"]


def desk_realm(desk: Machine) -> str:
    return desk.repo("config", "lorefs.backup.realm")


def test_a_repository_is_known_by_any_of_its_names(machines: Machines, desk: Machine) -> None:
    assert desk_realm(desk).startswith("root:")
    laptop = machines.machine("laptop", key_of=desk)
    laptop.repo("remote", "set-url", "origin", "https://example.invalid/ada/code.git")
    done = laptop.restore()
    assert done.settings.realm == desk_realm(desk)
    assert laptop.titles() == ["Of the desk"]


def test_a_machine_without_the_key_is_told_how_to_get_in(machines: Machines, desk: Machine) -> None:
    laptop = machines.machine("laptop")
    with pytest.raises(NoBackupError, match="no key on this machine"):
        laptop.restore()
    with pytest.raises(WrongKeyError) as caught:
        laptop.setup()
    assert caught.value.hint is not None
    public = caught.value.hint.partition("--recipient ")[2].partition("`")[0]
    desk.setup(add=(public,))
    laptop.restore()
    assert laptop.titles() == ["Of the desk"]
    laptop.add("Of the laptop")
    laptop.backup()
    desk.backup()
    assert desk.titles() == ["Of the desk", "Of the laptop"], "still encrypted for both"


def test_other_recipients_encrypt_everything_anew(machines: Machines, desk: Machine) -> None:
    other = machines.other(key_of=desk)
    other.add("Of the other")
    other.setup()
    third = machines.machine("third")
    with pytest.raises(WrongKeyError) as caught:
        third.setup()
    public = str(caught.value.hint).partition("--recipient ")[2].partition("`")[0]
    before = {name: machines.blob(name) for name in machines.files()}
    assert desk.setup(add=(public,)).report.reencrypted == 2
    after = {name: machines.blob(name) for name in machines.files()}
    assert before.keys() == after.keys()
    assert all(before[name] != after[name] for name in before)
    assert third.restore().report.received == (MINE,)
    assert desk.backup().received == ()
    assert other.backup().received == ()
    desk.setup(drop=(public,))
    with pytest.raises(WrongKeyError):
        third.backup()
    with pytest.raises(UsageError, match="nobody could open"):
        desk.setup(drop=desk.backup().recipients)


def test_status_and_disable(desk: Machine) -> None:
    with desk.open() as workspace:
        status = workspace.backup_status()
    assert status.ok
    assert [(each.document, each.backed_up) for each in status.documents] == [(MINE, True)]
    desk.add("Waits")
    with desk.open() as workspace:
        status = workspace.backup_status()
        assert not status.ok
        workspace.disable_backup()
    with desk.open() as workspace, pytest.raises(RefusedError, match="is off"):
        workspace.backup()


def test_git_sees_nothing_of_it(desk: Machine, laptop: Machine) -> None:
    for machine in (desk, laptop):
        assert machine.repo("status", "--porcelain") == ""
        assert machine.repo("branch", "--all", "--list", f"*{BRANCH}*") == ""
        refs = machine.repo("for-each-ref", "--format=%(refname)").split()
        assert all(ref.startswith(("refs/heads/main", "refs/remotes/origin/", "refs/lorefs/"))
                   for ref in refs)  # fmt: skip


@pytest.mark.parametrize("option", ["--depth=1", "--filter=blob:none"])
def test_a_clone_without_all_history_has_the_whole_backup(
    machines: Machines, desk: Machine, option: str
) -> None:
    machines.code("config", "uploadpack.allowFilter", "true")
    part = machines.machine("part", option, key_of=desk)
    if option == "--depth=1":  # what stands first here is not the first commit
        with pytest.raises(UsageError, match="known by"):
            part.restore()
    realm = desk_realm(desk)
    part.restore(realm=realm)
    part.add("Of the part")
    part.backup()
    desk.add("Later")
    desk.backup()
    part.backup()
    assert part.titles() == desk.titles() == ["Later", "Of the desk", "Of the part"]


def test_a_linked_worktree_is_one_more_machine(desk: Machine, tmp_path: Path) -> None:
    desk.repo("worktree", "add", "--quiet", str(tmp_path / "linked"))
    linked = Machine(Repo(tmp_path / "linked", desk.repo.clock), desk.home, desk.vault)
    assert linked.backup().received == (MINE,)
    linked.add("Of the linked one")
    linked.backup()
    desk.backup()
    assert desk.titles() == ["Of the desk", "Of the linked one"]


def test_a_database_that_was_lost_takes_nothing_with_it(desk: Machine, laptop: Machine) -> None:
    desk.add("New")
    desk.backup()
    for name in ("index.db", "index.db-wal", "index.db-shm"):
        (desk.repo.path / ".git" / "lorefs" / name).unlink(missing_ok=True)
    laptop.add("Meanwhile")
    laptop.backup()
    desk.add("After")
    desk.backup()
    laptop.backup()
    assert desk.titles() == laptop.titles() == ["After", "Meanwhile", "New", "Of the desk"]
