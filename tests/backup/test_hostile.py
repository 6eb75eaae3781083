"""What stands on the remote may come from anybody who can write there."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lorefs.core.backup import (
    KEY_FILE,
    USER,
    BackupError,
    BackupKey,
    Payload,
    read_key,
    read_payload,
    write_key,
    write_payload,
)
from lorefs.crypto import decrypt, encrypt, read_identity
from lorefs.sync.backup.report import BackupReport
from lorefs.sync.backup.vault import WrongKeyError
from tests.backup.conftest import MINE, SECRET, Machine, Machines
from tests.lore import document, entry

LIMIT = 1 << 20


def key_of(machines: Machines, machine: Machine) -> BackupKey:
    """The key of the backup, as the user's own tools would open it."""
    identity = read_identity(machine.identity)
    return read_key(decrypt(machines.blob(KEY_FILE), identity, LIMIT))


def name_of(machines: Machines, machine: Machine, path: str = MINE) -> str:
    realm = machine.repo("config", "lorefs.backup.realm")
    return key_of(machines, machine).name(realm, path)


@pytest.fixture
def two(machines: Machines, desk: Machine, laptop: Machine) -> Callable[[], BackupReport]:
    """Two documents, both changed by the laptop; a run of the desk's, which has to cope."""
    del machines
    (laptop.repo.path / "lib").mkdir(exist_ok=True)
    laptop.add("Of the library", path="lib")
    laptop.backup()
    desk.backup()
    laptop.add("News at the top")
    laptop.add("News of the library", path="lib")
    laptop.backup()
    return desk.try_backup


@pytest.mark.parametrize("how", ["cut", "flipped", "empty", "junk", "huge", "link", "foreign"])
def test_what_is_damaged_is_named_and_the_rest_is_taken(
    machines: Machines,
    desk: Machine,
    laptop: Machine,
    two: Callable[[], BackupReport],
    how: str,
) -> None:
    name = name_of(machines, desk)
    good = machines.blob(name)
    stranger = machines.machine("stranger")
    recipients = read_identity(desk.identity).recipients
    data = {
        "cut": good[:-7],
        "flipped": good[:-1] + bytes([good[-1] ^ 1]),
        "empty": b"",
        "junk": b"age-encryption.org/v1\n-> X25519 nothing\n",
        "huge": b"\0" * (36 << 20),
        "link": b"/etc/passwd",
        "foreign": encrypt(b"lorefs-backup 1 document 00\n{}", recipients),
    }[how]
    del stranger
    machines.put(name, data, "120000" if how == "link" else "100644")
    desk.add("Mine meanwhile")
    report = two()
    assert [error.path for error in report.damaged] == [name]
    assert MINE in report.damaged[0].message
    assert report.sent == (), "what cannot be used is not written over"
    assert machines.blob(name) == data
    assert desk.titles() == [
        "Mine meanwhile",
        "News of the library",
        "Of the desk",
        "Of the library",
    ]
    report = desk.backup(replace_damaged=True)
    assert report.sent == (MINE,)
    laptop.backup()
    desk.backup()
    assert "News at the top" in desk.titles()
    assert laptop.text() == desk.text()


def forged(machines: Machines, machine: Machine, payload: Payload, key: BackupKey) -> bytes:
    del machines
    return encrypt(write_payload(payload, key), read_identity(machine.identity).recipients)


def test_who_knows_a_public_key_alone_can_forge_nothing(machines: Machines, desk: Machine) -> None:
    key = key_of(machines, desk)
    other = key._replace(secret=b"\1" * 32)
    realm = desk.repo("config", "lorefs.backup.realm")
    payload = Payload(realm, MINE, {"x": 99}, document(entry(1, "Forged")))
    name = key.name(realm, MINE)
    machines.put(name, forged(machines, desk, payload, other))
    report = desk.try_backup()
    assert "not written by one of your machines" in report.damaged[0].message
    assert desk.titles() == ["Of the desk"]
    machines.put(KEY_FILE, encrypt(write_key(other), key.recipients))
    with pytest.raises(WrongKeyError, match="replaced by another"):
        desk.backup()
    machines.put(KEY_FILE, b"nonsense")
    with pytest.raises(WrongKeyError, match="cannot be opened"):
        desk.backup()


def test_an_old_version_that_is_put_back_takes_nothing_away(
    machines: Machines, desk: Machine
) -> None:
    name = name_of(machines, desk)
    old = machines.blob(name)
    desk.add("New")
    desk.backup()
    machines.put(name, old)
    report = desk.try_backup()
    assert "no newer" in report.damaged[0].message
    assert desk.titles() == ["New", "Of the desk"]
    machines.put(name, None)
    assert desk.backup().sent == (MINE,), "what was taken away is sent again"


def test_a_document_in_the_place_of_another_is_refused(machines: Machines, desk: Machine) -> None:
    desk.add("Deep", path="lib")
    desk.backup()
    top, deep = name_of(machines, desk), name_of(machines, desk, f"lib/{MINE}")
    machines.put(top, machines.blob(deep))
    report = desk.try_backup()
    assert "another place" in report.damaged[0].message
    assert desk.text().count("Deep") == 0


@pytest.mark.parametrize(
    ("path", "text", "words"),
    [
        (f"../{MINE}", "text\n", "out of the worktree"),
        (f"a/../../{MINE}", "text\n", "out of the worktree"),
        (f".git/{MINE}", "text\n", "out of the worktree"),
        (f".GIT/hooks/{MINE}", "text\n", "out of the worktree"),
        (f"/{MINE}", "text\n", "out of the worktree"),
        (".lore.md", "text\n", "no personal document"),
        ("README.md", "text\n", "no personal document"),
        (f"a\x1b[2J/{MINE}", "text\n", "cannot be printed"),
        (MINE, "text\0\n", "NUL"),
        (MINE, "<<<<<<< a\n=======\n>>>>>>> b\n", "conflict markers"),
        (MINE, "x" * (LIMIT + 1), "larger"),
    ],
)
def test_what_a_machine_of_ones_own_would_never_send(path: str, text: str, words: str) -> None:
    key = BackupKey(b"\7" * 32, ("age1",))
    data = write_payload(Payload("realm", path, {"x": 1}, text), key)
    with pytest.raises(BackupError, match=words):
        read_payload(data, key, key.name("realm", path), LIMIT)


def test_the_own_store_is_one_document_alone() -> None:
    key = BackupKey(b"\7" * 32, ("age1",))
    for path in ("../.lore.md", "a/.lore.md", MINE):
        data = write_payload(Payload(USER, path, {"x": 1}, "text\n"), key)
        with pytest.raises(BackupError, match="no personal document"):
            read_payload(data, key, key.name(USER, path), LIMIT)


def test_a_bomb_is_bounded(machines: Machines, desk: Machine) -> None:
    desk.repo.write(".lorefs.toml", "[limits]\ndocumentSize = 100000\n")
    name = name_of(machines, desk)
    machines.put(name, encrypt(b"\0" * 280_000, read_identity(desk.identity).recipients))
    report = desk.try_backup()
    assert "becomes larger than" in report.damaged[0].message
    assert desk.titles() == ["Of the desk"]


def test_files_of_others_are_carried_on(machines: Machines, desk: Machine) -> None:
    machines.put("README", b"what is this?\n")
    machines.put("elsewhere/x.age", b"nonsense")
    desk.add("New")
    desk.backup()
    assert {"README", "elsewhere/x.age"} <= set(machines.files())


def test_the_secret_is_not_in_what_is_shown(machines: Machines, desk: Machine) -> None:
    key = key_of(machines, desk)
    with desk.open() as workspace:
        status = workspace.backup_status()
    assert status.fingerprint == key.fingerprint
    assert key.secret.hex() not in repr(status)
    assert "AGE-SECRET" not in repr(read_identity(desk.identity))
    assert SECRET.encode() not in machines.blob(name_of(machines, desk))
