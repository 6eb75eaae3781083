"""What a killed process left is cleared away, and no save goes with it."""

from __future__ import annotations

import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from lorefs.errors import RefusedError, UnwritableError
from lorefs.worktree import Known, recover, sole

DOCUMENT = "docs/.lore.md"


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


KNOWN = Known(digest("current"), digest("before"), digest("after"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    return tmp_path / "docs"


def run(folder: Path) -> list[str]:
    return [str(each) for each in recover(folder.parent, {DOCUMENT: KNOWN})]


def texts(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


@pytest.mark.parametrize(
    ("file", "leftover", "text"),
    [
        ("before", "new", "aft"),  # killed while it wrote
        ("before", "old", "after"),  # before the exchange
        ("after", "old", "before"),  # after it
        ("saved", "old", "before"),
        ("saved", "old", "saved"),  # a second link, where files cannot be swapped
        ("saved", "old", "current"),
    ],
)
def test_what_is_known_elsewhere_goes(folder: Path, file: str, leftover: str, text: str) -> None:
    (folder / ".lore.md").write_text(file)
    (folder / f"..lore.md.lorefs-123-4.{leftover}").write_text(text)
    assert run(folder) == []
    assert texts(folder) == {".lore.md": file}


def test_a_save_that_was_taken_out_goes_back(folder: Path) -> None:
    (folder / ".lore.md").write_text("after")
    (folder / "..lore.md.lorefs-123.old").write_text("saved")
    assert run(folder) == []
    assert texts(folder) == {".lore.md": "saved"}


def test_a_save_that_was_overtaken_is_kept_and_named(folder: Path) -> None:
    (folder / ".lore.md").write_text("saved later")
    (folder / "..lore.md.lorefs-123.old").write_text("saved")
    (words,) = run(folder)
    name = f".lore.md.saved-{digest('saved')[:8]}"
    assert name in words
    assert texts(folder) == {".lore.md": "saved later", name: "saved"}
    assert run(folder) == []


def test_a_save_that_cannot_be_read_is_a_save_all_the_same(folder: Path) -> None:
    (folder / ".lore.md").write_text("after")
    leftover = folder / "..lore.md.lorefs-123.old"
    leftover.write_text("much too long")
    assert not list(recover(folder.parent, {DOCUMENT: KNOWN}, limit=9))
    assert texts(folder) == {".lore.md": "much too long"}
    leftover.symlink_to("elsewhere")
    number = leftover.lstat().st_ino
    (folder / ".lore.md").write_text("saved")
    (words,) = run(folder)
    assert f".lore.md.saved-{number}" in words
    assert (folder / f".lore.md.saved-{number}").is_symlink()
    assert (folder / ".lore.md").read_text() == "saved"


def test_a_save_that_is_still_being_written_is_left_alone(folder: Path) -> None:
    (folder / ".lore.md").write_text("after")
    leftover = folder / "..lore.md.lorefs-123.old"
    leftover.write_text("")
    with leftover.open("w") as editor:
        run(folder)
        editor.write("saved")
    run(folder)
    assert texts(folder) == {".lore.md": "saved"}


@pytest.mark.parametrize(
    "name", ["..lore.md.lorefs-x.new", "..lore.md.lorefs-1.newer", ".other.lorefs-1.new", "a.new"]
)
def test_files_of_others_stay(folder: Path, name: str) -> None:
    (folder / ".lore.md").write_text("before")
    (folder / name).write_text("mine")
    assert run(folder) == []
    assert name in texts(folder)


def test_an_absent_directory_is_no_trouble(tmp_path: Path) -> None:
    assert list(recover(tmp_path, {DOCUMENT: KNOWN, ".lore.md": KNOWN})) == []


def test_only_one_holds_the_lock_and_a_killed_process_gives_it_back(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    code = (
        "import sys; from pathlib import Path; from lorefs.worktree import sole\n"
        "with sole(Path(sys.argv[1])): print('held', flush=True); sys.stdin.readline()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(lock)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )  # fmt: skip
    assert holder.stdin is not None
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(RefusedError, match=f"process {holder.pid}"), sole(lock, tries=3):
        pass
    holder.kill()
    holder.wait(timeout=10)
    holder.stdin.close()
    holder.stdout.close()
    with sole(lock) as hold:
        assert hold == (True, True)
    with sole(lock) as hold:
        assert hold == (True, False)


def test_a_lock_that_cannot_be_made(tmp_path: Path) -> None:
    with pytest.raises(UnwritableError) as caught, sole(tmp_path / "none" / "lock"):
        pass
    assert caught.value.hint


def test_the_lock_names_its_holder_and_is_empty_afterwards(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with sole(lock):
        assert lock.read_text().split() == [str(os.getpid())]
    assert lock.read_bytes() == b""
