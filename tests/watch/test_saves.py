"""What editors and other programs write while watch runs."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lorefs.core.schedule import DEBOUNCE
from tests.lore import document, entries, entry, ident
from tests.watch.conftest import BASE, Watching, eventually

NEW = BASE.replace("The beta text", "Another beta text")


def by_rename(file: Path, text: str) -> None:
    """As many editors do."""
    new = file.with_name(f"{file.name}.tmp")
    new.write_text(text)
    new.replace(file)


def like_vim(file: Path, text: str) -> None:
    """A backup takes the name away, then a new file gets it; the swap file comes and goes."""
    swap = file.with_name(f".{file.name}.swp")
    swap.write_text("b0VIM")
    file.with_name("4913").write_text("")
    file.with_name("4913").unlink()
    backup = file.with_name(f"{file.name}~")
    file.rename(backup)
    file.write_text(text)
    backup.unlink()
    swap.unlink()


def like_emacs(file: Path, text: str) -> None:
    """The lock is a symbolic link that leads nowhere; the old file is kept as a backup."""
    lock = file.with_name(f".#{file.name}")
    lock.symlink_to("ada@example.invalid.1234:5678")
    file.with_name(f"#{file.name}#").write_text(text[: len(text) // 2])
    shutil.copy2(file, file.with_name(f"{file.name}~"))
    file.write_text(text)
    file.with_name(f"#{file.name}#").unlink()
    lock.unlink()


def in_place(file: Path, text: str) -> None:
    """As VS Code does: truncated, then written."""
    with file.open("r+") as opened:
        opened.truncate()
        opened.flush()
        time.sleep(0.1)
        opened.write(text)


def by_sed(file: Path, text: str) -> None:
    del text
    subprocess.run(["sed", "-i", "s/The beta text/Another beta text/", file], check=True)


def by_vim(file: Path, text: str) -> None:
    del text
    if shutil.which("vim") is None:
        pytest.skip("vim is not installed")
    change = ["-c", "%s/The beta text/Another beta text/", "-c", "x"]
    subprocess.run(["vim", "-es", "-u", "NONE", *change, file], check=True, timeout=20)


def only_deleted(file: Path, text: str) -> None:
    """The name is away for longer than a batch waits, as on a slow network."""
    started = time.monotonic()
    file.unlink()
    time.sleep(0.3)
    file.write_text(text)
    if time.monotonic() - started > DEBOUNCE - 0.1:
        pytest.skip("this machine is too busy to save that quickly")


@pytest.mark.parametrize(
    "save", [by_rename, like_vim, like_emacs, in_place, by_sed, by_vim, only_deleted]
)
def test_scenario_09_a_save_is_an_update(
    watching: Watching, save: Callable[[Path, str], None]
) -> None:
    watching.start()
    save(watching.repo.path / ".lore.md", NEW)
    eventually(lambda: watching.content(ident(2)) == "Another beta text.")
    assert watching.repo.read(".lore.md") == NEW, "a user's save was rewritten"
    assert watching.ops() == {"ingest", "edit"}
    assert watching.titles() == {"Alpha", "Beta", "Gamma"}


def test_scenario_09_a_real_deletion_of_what_git_tracks(watching: Watching) -> None:
    watching.start()
    (watching.repo.path / ".lore.md").unlink()
    eventually(lambda: not watching.titles())
    watching.repo("restore", ".lore.md")
    eventually(lambda: watching.titles() == {"Alpha", "Beta", "Gamma"})


def test_scenario_09_a_deletion_of_what_nobody_else_has_is_asked_for(watching: Watching) -> None:
    file = watching.repo.write(".lore.local.md", document(entry(7, "Mine")))
    watching.start()
    eventually(lambda: "Mine" in watching.titles())
    file.unlink()
    eventually(lambda: watching.known().totals.reconciles >= 2)
    assert "Mine" in watching.titles()
    assert watching.status(1)["questions"][0]["document"] == ".lore.local.md"


def test_documents_in_new_and_moved_directories(watching: Watching) -> None:
    watching.start()
    path = watching.repo.path
    watching.repo.write("new/deep/.lore.md", document(entry(4, "Delta")))
    eventually(lambda: "Delta" in watching.titles())
    watching.repo.write("new/deep/.lore.md", document(entry(4, "Delta again")))
    eventually(lambda: "Delta again" in watching.titles())
    watching.repo.commit("what git tracks moves without a question")
    (path / "new").rename(path / "moved")
    row = "SELECT path FROM entries WHERE id = ?"
    eventually(lambda: watching.query(row, ident(4)) == [("moved/deep",)])
    watching.repo.write("moved/deep/.lore.md", document(entry(4, "Delta moved")))
    eventually(lambda: "Delta moved" in watching.titles())


def test_what_git_ignores_is_not_watched(watching: Watching) -> None:
    watching.repo.write(".gitignore", "build/\n")
    watching.repo.write("build/deep/deeper/.lore.md", document(entry(5, "Built")))
    watching.start()
    assert watching.known().directories == 1
    watching.repo.write(".gitignore", "")
    eventually(lambda: "Built" in watching.titles())
    eventually(lambda: watching.known().directories == 4)


def test_scenario_23_rows_of_another_program(watching: Watching) -> None:
    watching.start()
    with contextlib.closing(watching.connect()) as other:
        other.execute("UPDATE entries SET content = 'By SQL.' WHERE id = ?", (ident(1),))
        other.execute("DELETE FROM entries WHERE id = ?", (ident(2),))
        other.execute("INSERT INTO entries (title, category) VALUES ('Omega', 'Gotcha')")
    eventually(lambda: "By SQL." in watching.repo.read(".lore.md"))
    found = entries(watching.repo.read(".lore.md"))
    assert sorted(each.title for each in found.values()) == ["Alpha", "Gamma", "Omega"]
    assert watching.query("SELECT count(*) FROM outbox") == [(0,)]


def test_scenario_15_rows_follow_head(watching: Watching) -> None:
    repo = watching.repo
    repo("switch", "--quiet", "-c", "topic")
    repo.commit("topic", **{".lore.md": NEW, "sub/.lore.md": document(entry(6, "On topic"))})
    repo("switch", "--quiet", "main")
    watching.start()
    assert "On topic" not in watching.titles()
    repo("switch", "--quiet", "topic")
    eventually(lambda: "On topic" in watching.titles())
    repo("switch", "--quiet", "main")
    eventually(lambda: "On topic" not in watching.titles())
    assert repo("status", "--porcelain") == ""


def test_git_at_work_is_waited_for(watching: Watching) -> None:
    watching.start()
    lock = watching.repo.write(".git/index.lock", "")
    watching.repo.write(".lore.md", NEW)
    time.sleep(1.5)
    assert watching.content(ident(2)) == "The beta text."
    lock.unlink()
    eventually(lambda: watching.content(ident(2)) == "Another beta text.")


def test_scenario_21_saves_in_a_loop_while_rows_change(watching: Watching) -> None:
    """What was acknowledged is in the end result or in the ledger."""
    watching.start()
    file = watching.repo.path / ".lore.md"
    saved: list[str] = []
    inserted: list[str] = []
    enough = threading.Event()

    def editor() -> None:
        number = 100
        while not enough.wait(0.07):
            number += 1
            text = file.read_text()
            new = file.with_name(".editor.tmp")
            new.write_text(text + f"\n{entry(number, f'Save {number}')}\n")
            if file.read_text() == text:  # as editors ask before they overwrite
                new.replace(file)
                saved.append(ident(number))

    def program() -> None:
        with contextlib.closing(watching.connect()) as other:
            number = 1000
            while not enough.wait(0.11):
                number += 1
                values = (ident(number), f"Row {number}")
                other.execute("INSERT INTO entries (id, title) VALUES (?, ?)", values)
                inserted.append(ident(number))

    threads = [threading.Thread(target=editor), threading.Thread(target=program)]
    for thread in threads:
        thread.start()
    try:
        time.sleep(5)
        eventually(lambda: watching.known().totals.reconciles >= 3, "a batch in the midst of it")
        eventually(lambda: min(len(saved), len(inserted)) > 10)
    finally:
        enough.set()
        for thread in threads:
            thread.join()

    def settled() -> bool:
        rows = {found for (found,) in watching.query("SELECT id FROM entries")}
        return rows == entries(file.read_text()).keys() and set(saved[-1:]) <= rows

    eventually(settled)
    kept = set(entries(file.read_text()))
    kept |= {found for (found,) in watching.query("SELECT entry FROM conflicts")}
    assert set(saved) - kept == set()
    assert set(inserted) - kept == set()


def test_scenario_22_a_save_while_watch_replaces_the_file(watching: Watching) -> None:
    """Many saves of one entry, each right when a row of another one is being written."""
    watching.start()
    file = watching.repo.path / ".lore.md"
    with contextlib.closing(watching.connect()) as other:
        for number in range(6):
            text = f"By SQL {number}."
            other.execute("UPDATE entries SET content = ? WHERE id = ?", (text, ident(1)))
            time.sleep(0.45 + number * 0.02)
            before = file.read_text()
            beta = entries(before)[ident(2)].content
            by_rename(file, before.replace(beta, f"By hand {number}."))
            eventually(lambda n=number: watching.content(ident(2)) == f"By hand {n}.")  # type: ignore[misc]
            eventually(lambda n=number: f"By SQL {n}." in _kept(watching))  # type: ignore[misc]
    eventually(lambda: {each.name for each in watching.repo.path.iterdir()} == {".git", ".lore.md"})


def _kept(watching: Watching) -> str:
    """The file, and what the ledger keeps."""
    discards = watching.query("SELECT ours, theirs FROM conflicts")
    return watching.repo.read(".lore.md") + str(discards)
