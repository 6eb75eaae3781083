"""What breaks around lorefs: processes, databases, remotes, disks, and trees of strangers."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from lorefs.errors import LorefsError, StoreError
from lorefs.remote import RemoteError
from lorefs.store import CorruptDatabaseError, NewerDatabaseError
from lorefs.sync.branch.branch import HostileTreeError
from lorefs.sync.branch.exchange import RewrittenError
from tests.cli.terminal import Lorefs
from tests.clones import BRANCH, DOCUMENT, Clone, Team, converge
from tests.convergence.replicas import sql
from tests.gitrepo import Repo
from tests.lore import document, entry, ident
from tests.scenarios.rights import as_anybody, run
from tests.victims import at_once, victim

TOP = Path(__file__).resolve().parents[2]
BASE = document(entry(1, "Alpha"), entry(2, "Beta"))

# ---- 12: the end of a process, and others at the same time


@pytest.fixture
def busy(ada: Clone, bob: Clone) -> dict[str, str]:
    """Both have something to send, and Bob has sent it."""
    found = {title: ada.add(title) for title in ("One", "Two", "Three")}
    converge(ada, bob)
    bob.update(found["One"], title="One by Bob")
    bob.remove(found["Three"])
    bob.sync()
    ada.edit("**Two**", "**Two by Ada**")
    return found


# The steps between which a cycle cannot be taken back; `tests/sync/test_crash.py` has them all.
@pytest.mark.parametrize("step", ["commit", "sync move", "sync push", "sync apply"])
def test_scenario_12_a_kill_between_two_steps(
    ada: Clone, bob: Clone, busy: dict[str, str], step: str
) -> None:
    assert victim(ada.path, "sync", step).returncode == -signal.SIGKILL
    ada.sync()
    tip = ada.tip
    assert not ada.sync().committed
    assert ada.tip == tip, "the second run does nothing"
    converge(ada, bob)
    assert bob.titles() == ["One by Bob", "Two by Ada"]
    assert busy["Three"] not in ada.text()


def test_scenario_12_two_syncs_at_once(ada: Clone, bob: Clone, busy: dict[str, str]) -> None:
    at_once(ada.path, "sync")
    converge(ada, bob)
    assert bob.entries()[busy["Two"]].title == "Two by Ada"
    assert ada.titles() == ["One by Bob", "Two by Ada"]


def test_scenario_12_the_remote_moves_before_the_push(
    ada: Clone, bob: Clone, busy: dict[str, str]
) -> None:
    del busy
    late: list[str] = []

    def step(name: str) -> None:
        if name == "sync push" and not late:
            late.append(bob.add("Late by Bob"))
            bob.sync()

    ada.sync()
    ada.add("One more")
    ada.step = step
    assert ada.sync().exchanges[0].tries == 2
    converge(ada, bob)
    assert bob.titles() == ["Late by Bob", "One by Bob", "One more", "Two by Ada"]
    assert late[0] in ada.text()


# ---- 13: the database


def delete(path: Path) -> None:
    path.unlink()


def truncate(path: Path) -> None:
    os.truncate(path, 5000)


def corrupt(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:100] + b"\xff" * (len(data) - 100))


def empty(path: Path) -> None:
    path.write_bytes(b"")


def make_newer(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 9999")
    connection.close()


@pytest.mark.parametrize("damage", [delete, truncate, corrupt, empty, make_newer])
def test_scenario_13_a_damaged_database_never_reaches_the_files(
    ada: Clone, bob: Clone, damage: Callable[[Path], None]
) -> None:
    one = ada.add("One")
    converge(ada, bob)
    before, path = ada.text(), ada.path / ".git" / "lorefs" / "index.db"
    for log in path.parent.glob("index.db-*"):
        log.unlink()
    damage(path)
    if damage in {truncate, corrupt, make_newer}:
        wanted = NewerDatabaseError if damage is make_newer else CorruptDatabaseError
        with pytest.raises(wanted) as refused:
            ada.sync()
        assert refused.value.hint
        assert ada.text() == before
        if damage is make_newer:
            return
        Lorefs(ada.path)("rebuild")
    assert ada.titles() == ["One"]
    assert ada.text() == before
    converge(ada, bob)
    assert set(bob.entries()) == {one}
    assert ada.ledger() == bob.ledger()


def test_scenario_13_a_stale_database(ada: Clone, bob: Clone) -> None:
    one, two = ada.add("One"), ada.add("Two")
    converge(ada, bob)
    path = ada.path / ".git" / "lorefs" / "index.db"
    copy = shutil.copy(path, ada.path / "old.db")
    ada.update(one, title="Uno")
    ada.remove(two)
    ada.sync()
    before = ada.text()
    for log in path.parent.glob("index.db-*"):
        log.unlink()
    shutil.move(copy, path)
    ada.sync()
    assert ada.text() == before
    assert ada.titles() == ["Uno"]
    converge(ada, bob)
    assert bob.titles() == ["Uno"]


# ---- 16: a rewritten branch


@pytest.mark.parametrize("how", ["reset", "unrelated", "deleted"])
def test_scenario_16_a_rewritten_remote(ada: Clone, bob: Clone, team: Team, how: str) -> None:
    ada.add("One")
    converge(ada, bob)
    kept = bob.tip
    purged = ada.add("A password")
    converge(ada, bob)
    match how:
        case "reset":
            team.remote("update-ref", f"refs/heads/{BRANCH}", kept)
        case "unrelated":
            tree = team.remote("rev-parse", f"{kept}^{{tree}}")
            fresh = team.remote("commit-tree", tree, "-m", "history is gone")
            team.remote("update-ref", f"refs/heads/{BRANCH}", fresh)
        case _:
            team.remote("update-ref", "-d", f"refs/heads/{BRANCH}")
    before = team.remote("for-each-ref")
    bob.add("Mine")
    report = bob.try_sync()
    error = report.exchanges[0].error
    assert isinstance(error, RewrittenError)
    assert "--accept-rewrite" in (error.hint or "")
    assert team.remote("for-each-ref") == before, "something was pushed"
    assert bob.titles() == ["A password", "Mine", "One"]
    if how == "deleted":
        return  # nothing is left to follow
    assert bob.sync(accept_rewrite=True).ok
    assert ada.sync(accept_rewrite=True).ok
    converge(ada, bob)
    assert ada.titles() == bob.titles() == ["Mine", "One"]
    history = team.remote("log", "-p", "--format=", BRANCH)
    assert purged not in history


# ---- 17: trees of strangers

BOMB = "a: &a [x, x], b: &b [*a, *a], " + ", ".join(
    f"{chr(99 + n)}: &{chr(99 + n)} [" + ", ".join([f"*{chr(98 + n)}"] * 9) + "]" for n in range(9)
)

TREES: dict[str, tuple[str, str, bytes, str]] = {
    "a symbolic link": (DOCUMENT, "120000", b"/etc/passwd", "symbolic link"),
    "a way out": (f"../{DOCUMENT}", "100644", b"x", "out of the worktree"),
    "git's directory": (f".git/{DOCUMENT}", "100644", b"x", "out of the worktree"),
    "the same in capitals": (f".GIT/{DOCUMENT}", "100644", b"x", "out of the worktree"),
    "a submodule": (DOCUMENT, "160000", b"", "submodule"),
    "100 MB": (DOCUMENT, "100644", b"\n" * 100_000_000, "larger than"),
    "no UTF-8": (DOCUMENT, "100644", b"\xff\xfe", "UTF-8"),
    "NUL": (DOCUMENT, "100644", b"a\0b", "NUL"),
}


def raw_tree(repo: Repo, name: str, mode: str, oid: str) -> str:
    """A tree that holds a name that git itself would refuse."""
    folder, _, leaf = name.rpartition("/")
    data = f"{mode} {leaf}\0".encode() + bytes.fromhex(oid)
    tree = written(repo, "tree", data)
    return (
        written(repo, "tree", f"40000 {folder}\0".encode() + bytes.fromhex(tree))
        if folder
        else tree
    )


def written(repo: Repo, kind: str, data: bytes) -> str:
    arguments = ["git", "hash-object", "-w", "-t", kind, "--literally", "--stdin"]
    done = subprocess.run(arguments, cwd=repo.path, input=data, capture_output=True, check=True)
    return done.stdout.decode().strip()


@contextmanager
def within_a_second() -> Iterator[None]:
    """Fail where this process computes for longer; what git takes to fetch is not counted."""
    start = time.process_time()
    yield
    assert time.process_time() - start < 1


@pytest.mark.parametrize("name", TREES)
def test_scenario_17_a_hostile_tree_is_refused_by_name(
    ada: Clone, bob: Clone, team: Team, name: str
) -> None:
    one = ada.add("One")
    converge(ada, bob)
    path, mode, data, words = TREES[name]
    oid = ada.tip if mode == "160000" else written(ada.repo, "blob", data)
    tree = raw_tree(ada.repo, path, mode, oid)
    commit = ada.repo("commit-tree", tree, "-p", ada.tip, "-m", "hostile")
    ada.repo("push", "-q", str(team.remote.path), f"{commit}:refs/heads/{BRANCH}")
    with within_a_second():
        error = bob.try_sync().exchanges[0].error
    assert isinstance(error, HostileTreeError)
    assert error.path == path
    assert words in str(error)
    bob.update(one, title="Works on")
    assert bob.titles() == ["Works on"]
    assert not (bob.path.parent / DOCUMENT).exists()


HEAD, NINE = "### Gotcha\n\n", entry(9, "B")
MANY = "[" * 100_000

BOMBS = {
    "aliases in the metadata": f"{HEAD}{entry(9, 'B', meta=BOMB)}\n",
    "aliases in the front matter": f"---\n{{{BOMB}}}\n---\n{HEAD}{NINE}\n",
    "brackets in the metadata": f"{HEAD}{entry(9, 'B', meta=f'x: {MANY}')}\n",
    "brackets in the front matter": f"---\nx: {MANY}\n---\n{HEAD}{NINE}\n",
    "brackets in the text": f"{HEAD}{entry(9, 'B', MANY)}\n",
}


@pytest.mark.parametrize("name", BOMBS)
def test_scenario_17_a_bomb_does_not_go_off(ada: Clone, bob: Clone, name: str) -> None:
    ada.write(BASE)
    ada.reconcile(discover=True)
    (ada.path / "docs").mkdir()
    (bob.path / "docs").mkdir()
    converge(ada, bob)
    with within_a_second():
        ada.write(BOMBS[name], f"docs/{DOCUMENT}")
        ada.reconcile(discover=True)
    with within_a_second():
        ada.try_sync()
    with within_a_second():
        bob.try_sync()
    for clone in (ada, bob):
        clone.update(ident(1), title="Works on")
        assert "Works on" in clone.titles()


@pytest.mark.parametrize("kind", ["symbolic link", "bytes", "UTF-8", "NUL"])
def test_scenario_17_a_hostile_file_is_refused_by_name(ada: Clone, kind: str) -> None:
    ada.write(BASE)
    ada.reconcile(discover=True)
    folder = ada.path / "docs"
    folder.mkdir()
    file = folder / DOCUMENT
    match kind:
        case "symbolic link":
            (ada.path.parent / "outside").write_text(document(entry(9, "Outside")))
            file.symlink_to(ada.path.parent / "outside")
        case "bytes":
            file.touch()
            os.truncate(file, 100_000_000)
        case "UTF-8":
            file.write_bytes(b"\xff\xfe")
        case _:
            file.write_bytes(b"a\0b")
    with within_a_second(), ada.open() as workspace:
        (refusal,) = workspace.reconcile(discover=True).refusals
    assert refusal.path == f"docs/{DOCUMENT}"
    assert kind in str(refusal)
    ada.update(ident(1), title="Works on")
    assert "Works on" in ada.text()


# ---- 20: servers


def test_scenario_20_a_hook_of_the_server_refuses(ada: Clone, team: Team) -> None:
    hook = team.remote.path / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho 'closed until Monday' >&2\nexit 1\n")
    hook.chmod(0o755)
    ada.add("One")
    done = Lorefs(ada.path)("sync", status=1)
    assert "closed until Monday" in done.err
    assert "1 commit not sent yet" in done.out
    hook.unlink()
    assert "sent 1 commit" in Lorefs(ada.path)("sync").out


class AsksForAPassword(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(401)
        self.send_header("WWW-Authenticate", 'Basic realm="lore"')
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def test_scenario_20_nobody_is_there_for_a_password(
    ada: Clone, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GIT_TERMINAL_PROMPT")
    asked = ada.path.parent / "asked"
    askpass = ada.path.parent / "askpass"
    askpass.write_text(f"#!/bin/sh\ntouch {asked}\necho secret\n")
    askpass.chmod(0o755)
    for name in ("GIT_ASKPASS", "SSH_ASKPASS"):
        monkeypatch.setenv(name, str(askpass))
    ada.add("One")
    with ThreadingHTTPServer(("127.0.0.1", 0), AsksForAPassword) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{server.server_address[1]}/remote.git"
        ada.repo("config", "lorefs.sync.remote", url)
        try:
            report = ada.try_sync()
        finally:
            server.shutdown()
            thread.join()
    error = report.exchanges[0].error
    assert isinstance(error, RemoteError)
    assert "127.0.0.1" in error.words
    assert not asked.exists(), "somebody was asked"
    assert report.waiting == 1
    ada.repo("config", "lorefs.sync.remote", "origin")
    assert ada.sync().waiting == 0
    assert "One" in team.remote("cat-file", "blob", f"{BRANCH}:{DOCUMENT}")


# ---- 24: the disk


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 3 MB in memory."""
    folder = tmp_path / "disk"
    folder.mkdir()
    arguments = ["mount", "-t", "tmpfs", "-o", "size=3m", "none", str(folder)]
    if shutil.which("mount") is None or subprocess.run(arguments, check=False).returncode:
        pytest.skip("no file system can be mounted here")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_scenario_24_a_full_disk(small_disk: Path) -> None:
    repo = Repo(small_disk / "work")
    repo.path.mkdir()
    repo("init", "-q", "--template=")
    repo.commit("base", **{DOCUMENT: BASE})
    clone = Clone(repo)
    before = clone.entries()
    filler = small_disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (4096, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                continue
    with pytest.raises((LorefsError, StoreError)):
        clone.update(ident(1), content="A long text. " * 5000)
    assert repo.read(DOCUMENT) == BASE
    filler.unlink()
    assert clone.entries() == before
    clone.update(ident(1), content="A long text. " * 5000)
    assert "A long text." in repo.read(DOCUMENT)
    assert [each.name for each in repo.path.glob(".lore*")] == [DOCUMENT]


# ---- 25: what no event tells


def test_scenario_25_the_root_is_deleted_and_comes_back(repo: Repo) -> None:
    repo.commit("base", **{DOCUMENT: BASE, f"docs/{DOCUMENT}": document(entry(3, "Deep"))})
    clone = Clone(repo)
    with clone.open() as workspace:
        workspace.reconcile(discover=True)
        copy = repo.path.parent / "copy"
        shutil.copytree(repo.path / "docs", copy)
        shutil.rmtree(repo.path / "docs")
        (copy / DOCUMENT).write_text(document(entry(3, "Deeper"), entry(4, "New")))
        copy.rename(repo.path / "docs")
        report = workspace.reconcile()
        assert (report.added, report.edited, report.deleted) == ((ident(4),), (ident(3),), ())
        away = repo.path.with_name("away")
        repo.path.rename(away)
        with pytest.raises(LorefsError):
            workspace.reconcile(discover=True)
        away.rename(repo.path)
        repo.write(DOCUMENT, BASE.replace("**Alpha**", "**Missed**"))
        assert workspace.reconcile().edited == (ident(1),)
    assert clone.titles() == ["Beta", "Deeper", "Missed", "New"]


def test_scenario_25_a_rescan_finds_what_nobody_told(repo: Repo) -> None:
    repo.commit("base", **{DOCUMENT: BASE})
    clone = Clone(repo)
    clone.reconcile()
    for number in range(300):
        repo.write(f"d{number}/{DOCUMENT}", document(entry(100 + number, f"In {number}")))
    clone.reconcile(discover=True)
    assert len(clone.entries()) == 302
    sql(clone, "UPDATE entries SET title = 'By SQL' WHERE path = 'd299'")
    clone.reconcile()
    assert "By SQL" in repo.read(f"d299/{DOCUMENT}")


def test_scenario_24_a_read_only_directory(repo: Repo, tmp_path: Path) -> None:
    repo.commit("base", **{f"docs/{DOCUMENT}": BASE})
    clone = Clone(repo)
    clone.reconcile(discover=True)
    before, folder = clone.entries(), repo.path / "docs"
    edit = ("edit", ident(1), "--title", "Changed")
    folder.chmod(0o555)
    try:
        failed = run(as_anybody(tmp_path), repo, *edit)
    finally:
        folder.chmod(0o755)
    assert failed.returncode != 0
    assert f"docs/{DOCUMENT}" in failed.stderr
    assert repo.read(f"docs/{DOCUMENT}") == BASE
    assert clone.entries() == before
    Lorefs(repo.path)(*edit)
    assert "**Changed**" in repo.read(f"docs/{DOCUMENT}")
