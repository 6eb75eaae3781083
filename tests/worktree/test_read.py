"""Reading files of documents: whole, of a sane size, and through no link."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from lorefs.errors import DocumentError
from lorefs.worktree import Found, read
from tests.worktree.leases import needs_leases


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / ".lore.md"
    path.write_text("before\n")
    return path


def test_a_file_is_read_with_its_permissions(file: Path) -> None:
    file.chmod(0o640)
    found = read(file.parent, ".lore.md")
    assert isinstance(found, Found)
    assert (found.data, found.mode) == (b"before\n", 0o640)


def test_a_save_in_place_is_waited_for(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    needs_leases(file)
    with file.open("w") as editor:  # now it is empty

        def save_meanwhile(_: float) -> None:
            editor.write("after\n")
            editor.close()

        monkeypatch.setattr("time.sleep", save_meanwhile)
        found = read(file.parent, ".lore.md")
    assert isinstance(found, Found)
    assert found.data == b"after\n"


def test_a_file_that_stays_open_for_writing_is_busy(file: Path) -> None:
    needs_leases(file)
    with file.open("a"):
        assert read(file.parent, ".lore.md") == "busy"
    assert isinstance(read(file.parent, ".lore.md"), Found)


def test_readers_do_not_disturb(file: Path) -> None:
    with file.open():
        assert isinstance(read(file.parent, ".lore.md"), Found)


def test_a_writer_is_not_kept_waiting_by_a_read_that_is_over(file: Path) -> None:
    read(file.parent, ".lore.md")
    descriptor = os.open(file, os.O_WRONLY | os.O_NONBLOCK)  # fails where a lease is in the way
    os.close(descriptor)


def test_saves_in_a_loop_are_never_read_in_part(file: Path) -> None:
    needs_leases(file)
    texts = [bytes([letter]) * 300_000 for letter in b"ab"]
    file.write_bytes(texts[0])
    done = threading.Event()

    def save() -> None:
        while not done.is_set():
            for text in texts:
                file.write_bytes(text)

    editor = threading.Thread(target=save)
    editor.start()
    try:
        for _ in range(20):
            found = read(file.parent, ".lore.md")
            assert found == "busy" or (isinstance(found, Found) and found.data in texts)
    finally:
        done.set()
        editor.join()


def test_the_limit_is_respected_and_named(file: Path) -> None:
    file.write_bytes(b"x" * 1000)
    assert isinstance(read(file.parent, ".lore.md", 1000), Found)
    with pytest.raises(DocumentError, match="larger than 999 bytes") as caught:
        read(file.parent, ".lore.md", 999)
    assert "limits.documentSize" in (caught.value.hint or "")


@pytest.mark.parametrize("path", ["", ".", "..", "../x", "a//b", ".git/config", "a\0b", "/etc/x"])
def test_a_path_that_leads_out_is_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(DocumentError, match="not a path inside"):
        read(tmp_path, path)


def test_a_link_is_followed_nowhere(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real/.lore.md").write_text("x")
    (tmp_path / "linked").symlink_to("real")
    (tmp_path / ".lore.md").symlink_to("real/.lore.md")
    assert read(tmp_path, "linked/.lore.md") == "unreadable"
    with pytest.raises(DocumentError, match="cannot be opened"):
        read(tmp_path, ".lore.md")


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / ".lore.md")
    with pytest.raises(DocumentError, match="not a regular file"):
        read(tmp_path, ".lore.md")
