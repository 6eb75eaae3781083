"""Replacing files: all of it or nothing, and no save of others is lost."""

from __future__ import annotations

import contextlib
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from lorefs.errors import DocumentError, UnwritableError
from lorefs.worktree import (
    ChangedMeanwhileError,
    MissingDirectoryError,
    discard,
    put_in_place,
    replace,
    stage,
)
from lorefs.worktree.folder import Folder
from tests.worktree.leases import needs_leases

DOCUMENT = ".lore.md"
TOP = Path(__file__).resolve().parents[2]


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / DOCUMENT
    path.write_text("before")
    return path


@pytest.fixture(params=["exchange", "link"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways to replace: that of Linux, and that of systems which cannot swap files."""
    if request.param == "link":
        monkeypatch.setattr(Folder, "swap", lambda *_: False)
    return str(request.param)


def save_at(step: str, act: Callable[[], object]) -> Callable[[str], None]:
    return lambda name: None if name != step else (act(), None)[1]


@pytest.mark.usefixtures("way")
def test_a_file_is_replaced_and_keeps_its_permissions(file: Path) -> None:
    file.chmod(0o604)
    replace(file.parent, DOCUMENT, b"after", digest("before"))
    assert file.read_text() == "after"
    assert stat.S_IMODE(file.stat().st_mode) == 0o604
    assert names(file.parent) == [DOCUMENT]


def test_a_file_keeps_its_owner(file: Path) -> None:
    if os.geteuid():
        pytest.skip("only root can replace the files of others and leave them theirs")
    os.chown(file, 12345, 23456)
    replace(file.parent, DOCUMENT, b"after", digest("before"))
    assert (file.stat().st_uid, file.stat().st_gid) == (12345, 23456)


def test_a_new_file_has_the_permissions_that_the_user_gives_new_files(tmp_path: Path) -> None:
    mask = os.umask(0o027)
    try:
        replace(tmp_path, DOCUMENT, b"new", None)
    finally:
        os.umask(mask)
    assert stat.S_IMODE((tmp_path / DOCUMENT).stat().st_mode) == 0o640


def test_staging_changes_nothing_but_a_file_beside(file: Path) -> None:
    staged = stage(file.parent, DOCUMENT, b"after", digest("before"))
    assert file.read_text() == "before"
    (other,) = set(names(file.parent)) - {DOCUMENT}
    assert (file.parent / other).read_text() == "after"
    discard(staged)
    assert names(file.parent) == [DOCUMENT]


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("step", ["write the new file", "exchange the files"])
def test_a_save_in_the_last_moment_is_put_back(file: Path, step: str) -> None:
    save = save_at(step, lambda: file.write_text("saved"))
    with pytest.raises(ChangedMeanwhileError):
        replace(file.parent, DOCUMENT, b"after", digest("before"), save)
    assert file.read_text() == "saved"
    assert names(file.parent) == [DOCUMENT]


def save_by_renaming(file: Path, text: str) -> None:
    new = file.with_name("new")
    new.write_text(text)
    new.replace(file)


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("step", ["exchange the files", "swap the names"])
def test_a_save_by_renaming_is_put_back(file: Path, step: str) -> None:
    save = save_at(step, lambda: save_by_renaming(file, "saved"))
    with pytest.raises(ChangedMeanwhileError):
        replace(file.parent, DOCUMENT, b"after", digest("before"), save)
    assert file.read_text() == "saved"
    assert names(file.parent) == [DOCUMENT]


@pytest.mark.parametrize("step", ["exchange the files", "swap the names"])
def test_a_file_that_an_editor_takes_away_is_not_made_anew(file: Path, step: str) -> None:
    def take_away() -> None:
        file.rename(file.with_name("backup"))

    with pytest.raises(ChangedMeanwhileError):
        replace(file.parent, DOCUMENT, b"after", digest("before"), save_at(step, take_away))
    assert names(file.parent) == ["backup"]


def test_a_save_during_the_exchange_is_where_the_editor_reads_next(file: Path) -> None:
    """Else its next save would be without what it saved before, and both would count."""
    needs_leases(file)
    number = str(file.stat().st_ino)
    editors: list[threading.Thread] = []

    def save_twice() -> None:
        file.write_text("first")
        file.write_text(f"{file.read_text()}, second")

    def open_it() -> None:
        editor = threading.Thread(target=save_twice)
        editor.start()
        editors.append(editor)
        while not any(
            "BREAKING" in line and number in line
            for line in Path("/proc/locks").read_text().splitlines()
        ):
            assert editor.is_alive()

    def step(name: str) -> None:
        if name == "swap the names":
            open_it()
        elif name == "look at the replaced file":
            editors[0].join()

    with pytest.raises(ChangedMeanwhileError):
        replace(file.parent, DOCUMENT, b"after", digest("before"), step)
    assert file.stat().st_ino == int(number)
    editors[0].join()
    assert file.read_text() == "first, second"
    assert names(file.parent) == [DOCUMENT]


def test_two_saves_around_the_exchange_both_stay(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    swap = Folder.swap

    def swap_and_be_late(folder: Folder, first: str, second: str) -> bool:
        done = swap(folder, first, second)
        monkeypatch.setattr(Folder, "swap", swap)
        file.write_text("second")
        return done

    monkeypatch.setattr(Folder, "swap", swap_and_be_late)
    save = save_at("swap the names", lambda: save_by_renaming(file, "first"))
    with pytest.raises(ChangedMeanwhileError):
        replace(file.parent, DOCUMENT, b"after", digest("before"), save)
    assert {path.read_text() for path in file.parent.iterdir()} == {"first", "second"}
    with pytest.raises(ChangedMeanwhileError):  # till somebody has looked after both
        replace(file.parent, DOCUMENT, b"after", digest("first"))
    assert {path.read_text() for path in file.parent.iterdir()} == {"first", "second"}


def test_what_replaced_the_file_is_back_before_anything_else_happens(file: Path) -> None:
    """Else an editor that saves by renaming would read the new text, and go on with that."""
    save_again = save_at("look at the replaced file", lambda: pytest.fail("it is too late"))

    def step(name: str) -> None:
        save_again(name)
        if name == "swap the names":
            save_by_renaming(file, "saved")

    with pytest.raises(ChangedMeanwhileError):
        replace(file.parent, DOCUMENT, b"after", digest("before"), step)
    assert file.read_text() == "saved"


@pytest.mark.parametrize("save", [b"much too long", None], ids=["too large", "not a file"])
def test_a_save_that_cannot_be_read_is_put_back(file: Path, save: bytes | None) -> None:
    def step(name: str) -> None:
        if name == "look at the replaced file":
            (old,) = file.parent.glob(".*.old")
            if save is not None:
                old.write_bytes(save)
            else:
                old.unlink()
                old.symlink_to("elsewhere")

    staged = stage(file.parent, DOCUMENT, b"after", digest("before"), limit=9)
    with pytest.raises(ChangedMeanwhileError):
        put_in_place(staged, step)
    assert names(file.parent) == [DOCUMENT]
    assert file.is_symlink() if save is None else file.read_bytes() == save


def test_what_replaces_the_file_and_cannot_be_read_leaves_nothing_beside_it(file: Path) -> None:
    save = save_at("exchange the files", lambda: save_by_renaming(file, "much too long"))
    staged = stage(file.parent, DOCUMENT, b"after", digest("before"), limit=9)
    with pytest.raises(DocumentError):
        put_in_place(staged, save)
    assert names(file.parent) == [DOCUMENT]
    assert file.read_text() == "much too long"


# Replaces a text, and says when it is about to and whether it did.
OTHER = """
import sys
from hashlib import sha256
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from lorefs.worktree import ChangedMeanwhileError, replace
print("ready", flush=True)
try:
    replace(Path(sys.argv[2]), ".lore.md", sys.argv[4].encode(),
            sha256(sys.argv[3].encode()).hexdigest())
except ChangedMeanwhileError:
    sys.exit(1)
"""


def test_nobody_builds_upon_a_text_that_is_not_certain_to_stay(file: Path) -> None:
    """What another one writes right after an exchange is not put back with it."""
    others: list[subprocess.Popen[str]] = []

    def begin(before: str, after: str) -> None:
        other = subprocess.Popen(
            [sys.executable, "-c", OTHER, str(TOP), str(file.parent), before, after],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        others.append(other)
        assert other.stdout is not None
        assert other.stdout.readline() == "ready\n"
        with contextlib.suppress(subprocess.TimeoutExpired):
            other.wait(0.5)

    def step(name: str) -> None:
        if name == "swap the names":
            begin("before", "of the first")
        elif name == "look at the replaced file":
            begin("after", "after, of the second")

    with contextlib.suppress(ChangedMeanwhileError):
        replace(file.parent, DOCUMENT, b"after", digest("before"), step)
    for other in others:
        other.communicate(timeout=30)
    done = [other.returncode == 0 for other in others]
    assert names(file.parent) == [DOCUMENT]
    assert done == [False, True]
    assert file.read_text() == "after, of the second"


def test_threads_stage_texts_of_their_own(file: Path) -> None:
    staged = [stage(file.parent, DOCUMENT, b"%d" % n, digest("before")) for n in range(2)]
    put_in_place(staged[0])
    assert file.read_text() == "0"
    with pytest.raises(ChangedMeanwhileError):
        put_in_place(staged[1])
    assert file.read_text() == "0"
    assert names(file.parent) == [DOCUMENT]


def test_a_program_that_has_the_file_open_is_not_cut_off(file: Path) -> None:
    with file.open("a") as editor:
        with pytest.raises(ChangedMeanwhileError):
            replace(file.parent, DOCUMENT, b"after", digest("before"))
        editor.write(", and more")
    assert file.read_text() == "before, and more"


def test_a_new_file_does_not_replace_one_that_was_faster(tmp_path: Path) -> None:
    save = save_at("link the new file", lambda: (tmp_path / DOCUMENT).write_text("faster"))
    with pytest.raises(ChangedMeanwhileError):
        replace(tmp_path, DOCUMENT, b"slower", None, save)
    assert (tmp_path / DOCUMENT).read_text() == "faster"
    assert names(tmp_path) == [DOCUMENT]


def test_a_directory_that_becomes_a_link_is_not_followed(tmp_path: Path) -> None:
    inside, outside = tmp_path / "root/docs", tmp_path / "outside"
    for folder in (inside, outside):
        folder.mkdir(parents=True)
        (folder / DOCUMENT).write_text("before")

    def turn() -> None:
        inside.rename(tmp_path / "root/moved")
        inside.symlink_to(outside)

    staged = stage(tmp_path / "root", "docs/.lore.md", b"after", digest("before"))
    turn()
    with pytest.raises(ChangedMeanwhileError):
        put_in_place(staged)
    assert (outside / DOCUMENT).read_text() == "before"


def test_no_directory_is_made(tmp_path: Path) -> None:
    with pytest.raises(MissingDirectoryError, match="directory is not there") as caught:
        stage(tmp_path, "docs/.lore.md", b"after", None)
    assert "make the directory docs" in (caught.value.hint or "")
    assert not list(tmp_path.iterdir())


def test_a_text_that_could_not_be_read_again_is_refused(file: Path) -> None:
    with pytest.raises(DocumentError, match="would become larger than 9 bytes"):
        stage(file.parent, DOCUMENT, b"0123456789", digest("before"), limit=9)
    assert names(file.parent) == [DOCUMENT]


def test_a_name_that_is_taken_is_an_error_with_a_remedy(file: Path) -> None:
    blocker = file.parent / f"{DOCUMENT}x"
    blocker.mkdir()
    taken = stage(file.parent, DOCUMENT, b"after", digest("before"))
    discard(taken)
    (file.parent / taken._replace(number=taken.number + 1).new).mkdir()
    with pytest.raises(UnwritableError, match=r"\.lore\.md cannot be written") as caught:
        stage(file.parent, DOCUMENT, b"after", digest("before"))
    assert caught.value.hint
    assert file.read_text() == "before"
