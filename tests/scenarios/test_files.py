"""What editors, other programs and people do to files and rows."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.clones import DOCUMENT, Clone, Team, converge
from tests.convergence.replicas import sql
from tests.gitrepo import Repo
from tests.lore import document, entry, ident
from tests.scenarios.rights import as_anybody, run

PERSONAL = ".lore.local.md"
TEXTS = {n: entry(n, f"Title {n}", f"Text {n}.") for n in range(1, 9)}
BASE = document(*TEXTS.values())


@pytest.fixture
def plain(repo: Repo) -> Clone:
    """A repository with sync off whose HEAD holds a document of eight entries."""
    repo.commit("base", **{DOCUMENT: BASE})
    clone = Clone(repo)
    clone.reconcile()
    return clone


@pytest.fixture
def synced(ada: Clone, bob: Clone) -> tuple[Clone, Clone]:
    """The same document, ignored by git and on the sync branch."""
    ada.write(BASE)
    ada.reconcile(discover=True)
    converge(ada, bob)
    return ada, bob


def either(request: pytest.FixtureRequest, *, sync: bool) -> Clone:
    """A clone with sync on, or one with sync off."""
    name = "synced" if sync else "plain"
    found = request.getfixturevalue(name)
    clone = found[0] if sync else found
    assert isinstance(clone, Clone)
    return clone


# ---- 9: editors


def vim(path: Path, text: str, look: Callable[[], None]) -> None:
    """`backupcopy=no`: the old file moves aside, a new one takes its name."""
    swap, backup = path.with_name(f"{path.name}.swp"), path.with_name(f"{path.name}~")
    swap.write_text("swap")
    path.rename(backup)
    look()
    path.write_text(text)
    look()
    backup.unlink()
    swap.unlink()


def emacs(path: Path, text: str, look: Callable[[], None]) -> None:
    """A lock that is a dangling symbolic link, then a rename over the file."""
    lock = path.with_name(f".#{path.name}")
    lock.symlink_to("ada@machine.1:1")
    new = path.with_name(f"#{path.name}#")
    new.write_text(text)
    look()
    new.replace(path)
    look()
    lock.unlink()


def vs_code(path: Path, text: str, look: Callable[[], None]) -> None:
    """Cut the file to nothing in place, then write."""
    with path.open("r+b") as file:
        file.truncate(0)
        look()
        file.write(text.encode())
    look()


def sed(path: Path, text: str, look: Callable[[], None]) -> None:
    """`sed -i`: a temporary file in the same directory, then a rename."""
    del text
    subprocess.run(["sed", "-i", "s/Text 2\\./Better 2./", str(path)], check=True)
    look()


EDITORS = [vim, emacs, vs_code, sed]


@pytest.mark.parametrize("save", EDITORS, ids=lambda save: save.__name__)
@pytest.mark.parametrize("sync", [False, True], ids=["sync off", "sync on"])
def test_scenario_09_a_save_is_an_update(
    request: pytest.FixtureRequest,
    sync: bool,
    save: Callable[[Path, str, Callable[[], None]], None],
) -> None:
    clone = either(request, sync=sync)
    save(clone.path / DOCUMENT, BASE.replace("Text 2.", "Better 2."), clone.reconcile)
    found = clone.entries()
    assert set(found) == {ident(n) for n in TEXTS}
    assert found[ident(2)].content == "Better 2."
    if sync:
        clone.sync()
        assert len(clone.entries()) == 8
        assert "Better 2." in clone.tree()[DOCUMENT]


def test_scenario_09_a_real_deletion_with_sync_off(plain: Clone) -> None:
    (plain.path / DOCUMENT).unlink()
    with plain.open() as workspace:
        assert len(workspace.reconcile().deleted) == 8
    plain.repo("checkout", "--", DOCUMENT)
    assert len(plain.entries()) == 8


def test_scenario_09_a_deletion_of_what_git_does_not_track_is_asked_for(plain: Clone) -> None:
    plain.repo("rm", "-q", "--cached", DOCUMENT)
    plain.repo("commit", "-qm", "untrack")
    plain.reconcile()
    (plain.path / DOCUMENT).unlink()
    asked_for(plain, DOCUMENT, 8)


def test_scenario_09_a_deletion_with_sync_on_is_asked_for(synced: tuple[Clone, Clone]) -> None:
    ada, bob = synced
    (ada.path / DOCUMENT).unlink()
    ada.sync()
    bob.sync()
    assert len(bob.entries()) == 8
    asked_for(ada, DOCUMENT, 8)
    converge(ada, bob)
    assert bob.entries() == {}


def asked_for(clone: Clone, name: str, count: int) -> None:
    """Status asks, `--restore` writes the file again, `--accept-deletions` deletes."""
    before = clone.entries()
    with clone.open() as workspace:
        questions = workspace.status().report.questions
        assert [each.document for each in questions] == [name]
        assert clone.entries() == before
        assert workspace.reconcile(restore=True).written == (name,)
    assert clone.entries() == before
    (clone.path / name).unlink()
    with clone.open() as workspace:
        assert len(workspace.reconcile(accept_deletions=True).deleted) == count


# ---- 10: renames and copies


def test_scenario_10_a_renamed_document_keeps_its_entries(synced: tuple[Clone, Clone]) -> None:
    ada, bob = synced
    for clone in synced:
        (clone.path / "docs").mkdir()
    (ada.path / DOCUMENT).rename(ada.path / "docs" / DOCUMENT)
    with ada.open() as workspace:
        assert workspace.reconcile(discover=True).deleted == ()
    converge(ada, bob)
    for clone in synced:
        assert set(clone.entries()) == {ident(n) for n in TEXTS}
        assert {each.path for each in clone.entries().values()} == {"docs"}
    assert "Title 8" in bob.text(f"docs/{DOCUMENT}")


@pytest.mark.parametrize("sync", [False, True], ids=["sync off", "sync on"])
def test_scenario_10_a_renamed_directory_keeps_its_entries(repo: Repo, sync: bool) -> None:
    repo.commit("base", **{f"docs/deep/{DOCUMENT}": BASE})
    repo("config", "lorefs.sync.enabled", str(sync).lower())
    clone = Clone(repo)
    clone.reconcile(discover=True)
    repo("mv", "docs", "manual")
    clone.reconcile(discover=True)
    assert {each.path for each in clone.entries().values()} == {"manual/deep"}
    repo("commit", "-qm", "rename")
    clone.reconcile(discover=True)
    found = clone.entries()
    assert set(found) == {ident(n) for n in TEXTS}
    assert {each.path for each in found.values()} == {"manual/deep"}


def test_scenario_10_a_copied_document_is_reported(synced: tuple[Clone, Clone]) -> None:
    ada, bob = synced
    (ada.path / "docs").mkdir()
    shutil.copy(ada.path / DOCUMENT, ada.path / "docs" / DOCUMENT)
    with ada.open() as workspace:
        report = workspace.reconcile(discover=True)
    assert {copy.entry for copy in report.copies} == {ident(n) for n in TEXTS}
    assert {each.path for each in ada.entries().values()} == {""}
    converge(ada, bob)
    assert len(bob.entries()) == 8


# ---- 11: what only looks like a deletion


def most_entries_gone(clone: Clone, name: str) -> None:
    first = document(*list(TEXTS.values())[:3])
    clone.write(first.replace("5f00", "6f00") if name == PERSONAL else first, name)


def an_empty_file(clone: Clone, name: str) -> None:
    clone.write("", name)


def a_truncated_file(clone: Clone, name: str) -> None:
    os.truncate(clone.path / name, len(BASE) // 4)


def cleaned_by_git(clone: Clone, name: str) -> None:
    clone.repo("clean", "-qfdX")
    assert not (clone.path / name).exists()


DAMAGES = [most_entries_gone, an_empty_file, a_truncated_file, cleaned_by_git]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda each: each.__name__)
@pytest.mark.parametrize("name", [DOCUMENT, PERSONAL])
def test_scenario_11_nothing_is_deleted_until_it_is_confirmed(
    synced: tuple[Clone, Clone], damage: Callable[[Clone, str], None], name: str
) -> None:
    ada, bob = synced
    if name == PERSONAL:
        ada.write(BASE.replace("5f00", "6f00"), PERSONAL)
        ada.reconcile(discover=True)
    before = ada.entries()
    damage(ada, name)
    for _ in range(2):
        ada.sync()
        with ada.open() as workspace:
            report = workspace.status().report
        told = {each.document for each in report.questions}
        assert name in told | {each.document for each in report.waiting}
        assert ada.entries() == before
    bob.sync()
    assert len(bob.entries()) == 8
    with ada.open() as workspace:
        assert len(workspace.reconcile(accept_deletions=True).deleted) >= 5
    if name == DOCUMENT:
        converge(ada, bob)


def test_scenario_11_a_commit_that_untracks_the_document(anna: Clone, tracking: Team) -> None:
    other = tracking.clone("other", ignored=False, sync=False).repo
    other("rm", "-q", "--cached", DOCUMENT)
    other.commit("untrack lore", **{".gitignore": f"{DOCUMENT}\n"})
    other("push", "-q", "origin", "main")
    anna.repo("pull", "-q")
    assert not (anna.path / DOCUMENT).exists()
    anna.sync()
    assert anna.titles() == ["Alpha", "Beta", "Gamma"]
    assert "Alpha" in anna.text()
    assert anna.repo("status", "--porcelain") == ""


@pytest.mark.parametrize("sync", [False, True], ids=["sync off", "sync on"])
def test_scenario_11_a_directory_that_cannot_be_read(
    repo: Repo, tmp_path: Path, sync: bool
) -> None:
    repo.commit("base", **{f"docs/{DOCUMENT}": BASE})
    repo("config", "lorefs.sync.enabled", str(sync).lower())
    clone = Clone(repo)
    clone.reconcile(discover=True)
    folder = repo.path / "docs"
    folder.chmod(0)
    try:
        told = run(as_anybody(tmp_path), repo, "status")
        assert "docs/.lore.md" in told.stdout + told.stderr
        assert "cannot be read" in told.stdout + told.stderr
        assert len(run(as_anybody(tmp_path), repo, "list").stdout.splitlines()) >= 8
    finally:
        folder.chmod(0o755)
    assert len(clone.entries()) == 8


# ---- 14: times


def test_scenario_14_content_decides_not_times(plain: Clone) -> None:
    path = plain.path / DOCUMENT
    before = path.stat()
    changed = BASE.replace("Text 2.", "Tixt 2.")
    assert len(changed) == len(BASE)
    path.write_text(changed)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert plain.entries()[ident(2)].content == "Tixt 2."
    with plain.open() as workspace:
        seen = workspace.store.data_version
        for when in (0, 1, 4_000_000_000):
            os.utime(path, (when, when))
            assert workspace.reconcile().changes == 0
        assert workspace.store.data_version == seen
    plain.repo("checkout", "-q", "--", DOCUMENT)
    os.utime(path, (0, 0))
    assert plain.entries()[ident(2)].content == "Text 2."


# ---- 21 and 22: at the same time


ROUNDS = 25


def editor(clone: Clone) -> None:
    """Save in a tight loop, in place and by a rename, an entry more each time."""
    for number in range(ROUNDS):
        new = f"{clone.text()}\n{entry(100 + number, f'Saved {number}')}\n"
        if number % 2:
            clone.write(new)
        else:
            clone.write(new, "buffer")
            (clone.path / "buffer").replace(clone.path / DOCUMENT)


def program(clone: Clone) -> None:
    """Insert rows in a loop."""
    statement = "INSERT INTO entries (title, content, category) VALUES (?, 'x', 'Gotcha')"
    for number in range(ROUNDS):
        sql(clone, statement, f"Row {number}")


def test_scenario_21_saves_in_a_loop_while_rows_change(plain: Clone) -> None:
    with ThreadPoolExecutor() as pool:
        at_work = [pool.submit(work, plain) for work in (editor, program)]
        while not all(each.done() for each in at_work):
            plain.reconcile()
        for each in at_work:
            each.result()
    plain.reconcile()
    titles = set(plain.titles())
    kept = " ".join(f"{r.discard.ours} {r.discard.theirs}" for r in plain.ledger())
    for title in (f"{kind} {number}" for kind in ("Saved", "Row") for number in range(ROUNDS)):
        assert title in titles or f"**{title}**" in kept, f"{title} is lost"
    assert all(f"**{title}**" in plain.text() for title in titles)


STEPS = ("observe", "rows", "commit", "write the new file", "exchange the files",
         "note the file")  # fmt: skip


@pytest.mark.parametrize("step", STEPS)
def test_scenario_22_a_save_between_reading_and_replacing(plain: Clone, step: str) -> None:
    saves = [BASE.replace("Text 3.", "Saved meanwhile.")]

    def save(name: str) -> None:
        if name == step and saves:
            plain.write(saves.pop())

    plain.step = save
    sql(plain, "UPDATE entries SET title = 'By SQL' WHERE id = ?", ident(1))
    plain.reconcile()
    plain.step = lambda _: None
    plain.reconcile()
    found = plain.entries()
    assert found[ident(3)].content == "Saved meanwhile."
    assert "Saved meanwhile." in plain.text()
    kept = {each.discard.ours for each in plain.ledger()}
    assert found[ident(1)].title == "By SQL" or "By SQL" in kept


# ---- 23: SQL


@pytest.mark.parametrize("sync", [False, True], ids=["sync off", "sync on"])
def test_scenario_23_rows_written_by_another_program(
    request: pytest.FixtureRequest, sync: bool
) -> None:
    clone = either(request, sync=sync)
    sql(clone, "UPDATE entries SET content = 'By SQL.' WHERE id = ?", ident(1))
    sql(clone, "DELETE FROM entries WHERE id = ?", ident(2))
    sql(clone, "INSERT INTO entries (title, category) VALUES ('New by SQL', 'Decision')")
    clone.reconcile()
    text = clone.text()
    assert "By SQL." in text
    assert ident(2) not in text
    assert "### Decision" in text
    assert "New by SQL" in text
    assert len(clone.entries()) == 8
    if sync:
        clone.sync()
        assert f"{clone.tree()[DOCUMENT]}\n" == text
