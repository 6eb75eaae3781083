"""Where events do not tell of everything, and where they come from."""

from __future__ import annotations

import os
import platform
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

import pytest

from lorefs.repo import Git, locate
from lorefs.watch.directories import shared_elsewhere, walk
from lorefs.watch.messages import Message
from lorefs.watch.power import on_battery
from lorefs.watch.watcher import Watcher
from tests.gitrepo import Repo
from tests.lore import document, entry, ident
from tests.watch.conftest import BASE, TRIES, Watching, eventually

if TYPE_CHECKING:
    from lorefs.watch.inotify import InotifyWatcher, _Place
    from lorefs.watch.messages import Tell

NEW = BASE.replace("The beta text", "Another beta text")
Events = list[tuple[str, str]]

if platform.system() != "Linux":
    pytest.skip("inotify is Linux's", allow_module_level=True)


@pytest.fixture
def limited(watching: Watching) -> Callable[..., Watching]:
    """Lets the next watches have so few inotify watches or instances."""

    def limit(**limits: int) -> Watching:
        lines = [f"echo {n} > /proc/sys/user/max_inotify_{what}" for what, n in limits.items()]
        prefix = ("unshare", "-Urm", "sh", "-ec", "\n".join([*lines, 'exec "$@"']), "sh")
        tried = subprocess.run([*prefix, "true"], capture_output=True, check=False)
        if tried.returncode:
            pytest.skip(f"no user namespaces here: {tried.stderr.decode().strip()}")
        watching.prefix = prefix
        return watching

    return limit


def test_scenario_25_fewer_watches_than_directories(limited: Callable[..., Watching]) -> None:
    watching = limited(watches=6)
    for name in "abcdefghij":
        watching.repo.write(f"{name}/deep/file", "")
    watching.repo.write("j/deep/.lore.md", document(entry(4, "Delta")))
    watching.repo.commit("directories")
    watching.start()
    found = watching.status()["watch"]
    assert found["limited"] == (
        "the system grants too few inotify watches: 4 of 21 directories are watched"
    )
    assert "limited: the system grants too few" in watching.lorefs("status").out
    watching.repo.write("j/deep/.lore.md", document(entry(4, "Delta again")))
    eventually(lambda: "Delta again" in watching.titles())
    watching.repo.write("i/deep/.lore.md", document(entry(5, "Epsilon")))
    eventually(lambda: "Epsilon" in watching.titles())


def test_scenario_25_documents_are_watched_before_all_else(
    limited: Callable[..., Watching],
) -> None:
    watching = limited(watches=4)
    for name in "abcdefghij":
        watching.repo.write(f"{name}/file", "")
    watching.repo.write("j/.lore.md", document(entry(4, "Delta")))
    watching.lorefs("reconcile")
    watching.start()
    assert watching.known().directories == 2
    for number in range(TRIES):  # a busy machine may look too late

        def seen(title: str = f"Delta {number}") -> str:
            if watching.known().queue:
                return "it waits, as nothing does that is polled"
            return "it is there" if title in watching.titles() else ""

        watching.repo.write("j/.lore.md", document(entry(4, f"Delta {number}")))
        if "waits" in eventually(seen):
            break
        eventually(lambda: watching.known().queue == 0)
    else:
        pytest.fail("it was polled")
    eventually(lambda: f"Delta {number}" in watching.titles())


def test_scenario_25_no_inotify_at_all(limited: Callable[..., Watching]) -> None:
    watching = limited(instances=0)
    watching.start()
    assert "tells of no changes" in watching.known().limited
    watching.repo.write(".lore.md", NEW)
    eventually(lambda: watching.content(ident(2)) == "Another beta text.")


def test_scenario_25_the_event_queue_overflows(watching: Watching) -> None:
    limit = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    if limit > 100_000:
        pytest.skip(f"{limit} events are queued here")
    process = watching.start()
    process.send_signal(signal.SIGSTOP)
    try:
        for number in range(limit // 2 + 10):  # each comes and goes
            file = watching.repo.path / f"file{number % 100}"
            os.close(os.open(file, os.O_CREAT | os.O_WRONLY))
            file.unlink()
        watching.repo.write("late/deep/.lore.md", document(entry(4, "Delta")))
        watching.repo.write(".lore.md", NEW)
    finally:
        process.send_signal(signal.SIGCONT)
    eventually(lambda: "Delta" in watching.titles())
    eventually(lambda: watching.content(ident(2)) == "Another beta text.")
    eventually(lambda: watching.known().totals.overflows == 1)
    assert "(events were lost)" in watching.lorefs("status").out
    watching.repo.write("late/deep/deeper/.lore.md", document(entry(5, "Epsilon")))
    eventually(lambda: "Epsilon" in watching.titles())
    watching.repo.write("late/deep/.lore.md", document(entry(4, "Delta again")))
    eventually(lambda: "Delta again" in watching.titles())


# ---------------------------------------------------------------- where events come from


class Heard:
    """What a source of events tells."""

    def __init__(self) -> None:
        self._messages: SimpleQueue[Message] = SimpleQueue()
        self.seen: Events = []

    def tell(self, message: Message) -> None:
        self._messages.put(message)

    def wait(self, topic: str, path: str = "") -> None:
        """Fails unless such a message comes."""
        while (topic, path) not in self.seen:
            try:
                message = self._messages.get(timeout=5)
            except Empty:
                pytest.fail(f"no {topic} {path}; only {self.seen}")
            self.seen.append((message.topic, message.path))
        self.seen.clear()


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture(params=["inotify", "observer"])
def watcher(request: pytest.FixtureRequest, repo: Repo, heard: Heard) -> Iterator[Watcher]:
    """Each source of events, in a repository with a directory."""
    from lorefs.watch.inotify import InotifyWatcher
    from lorefs.watch.observer import ObserverWatcher

    repo.commit("base", **{"src/file": "", ".gitignore": "build/\n", "build/x/y": ""})
    git = Git(locate(repo.path), dict(os.environ))
    kind = InotifyWatcher if request.param == "inotify" else ObserverWatcher
    found: Watcher = kind(git, heard.tell)
    found.recover((), anew=False)
    yield found
    found.stop()


def test_events_of_both_sources(watcher: Watcher, heard: Heard, repo: Repo) -> None:
    path = repo.path
    assert (watcher.limited, watcher.directories) == ("", 2)
    repo.write("src/.lore.md", "a")
    heard.wait("document", "src/.lore.md")
    (path / "src/.lore.md").rename(path / ".lore.md")
    heard.wait("document", ".lore.md")
    (path / ".lore.md").unlink()
    heard.wait("document", ".lore.md")
    repo.write(".gitignore", "")
    heard.wait("ignores", ".gitignore")
    repo("config", "user.name", "Somebody")
    heard.wait("settings")
    repo.commit("head")
    heard.wait("head")
    (path / "new").mkdir()
    heard.wait("directory", "new")
    repo.write("new/inner/.lore.review.md", "a")
    assert watcher.cover(["new"]) == {"new/inner/.lore.review.md"}
    repo.write("new/inner/.lore.review.md", "b")
    heard.wait("document", "new/inner/.lore.review.md")
    (path / "new").rename(path / "moved")
    heard.wait("directory", "moved")
    assert watcher.cover(["moved"]) == {"moved/inner/.lore.review.md"}
    repo.write("moved/inner/.lore.review.md", "c")
    heard.wait("document", "moved/inner/.lore.review.md")
    assert watcher.cover(["moved"]) == {"moved/inner/.lore.review.md"}
    watcher.recover((), anew=True)
    repo.write("moved/inner/.lore.review.md", "d")
    heard.wait("document", "moved/inner/.lore.review.md")
    path.rename(path.with_name("away"))


def inotify(repo: Repo, tell: Tell) -> InotifyWatcher:
    from lorefs.watch.inotify import InotifyWatcher

    return InotifyWatcher(Git(locate(repo.path), dict(os.environ)), tell)


def test_nothing_comes_between_the_look_into_a_directory_and_its_watch(
    repo: Repo, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    watcher = inotify(repo, heard.tell)
    watcher.recover((), anew=False)
    add = watcher._add  # noqa: SLF001  # the moment before a directory is watched has no other name

    def add_late(place: _Place, folder: Path) -> bool:
        (folder / ".lore.md").write_text("a")
        return add(place, folder)

    (repo.path / "new").mkdir()
    with monkeypatch.context() as patch:
        patch.setattr(watcher, "_add", add_late)
        found = watcher.cover(["new"])
    watcher.stop()
    assert found == {"new/.lore.md"}


def test_a_repository_inside_is_not_watched(repo: Repo, heard: Heard) -> None:
    watcher = inotify(repo, heard.tell)
    watcher.recover((), anew=False)
    (repo.path / "outer/nested").mkdir(parents=True)
    Repo(repo.path / "outer/nested")("init", "--quiet")
    watcher.cover(["outer"])
    assert watcher.directories == 2
    watcher.recover((), anew=False)
    assert watcher.directories == 2
    watcher.stop()


def test_a_directory_is_watched_at_its_new_place_before_it_left_the_old_one(
    repo: Repo, heard: Heard
) -> None:
    """A look at everything may find it there while the events of the move still wait."""
    arrived, go_on = threading.Event(), threading.Event()

    def tell(message: Message) -> None:
        heard.tell(message)
        if message.topic == "settings":
            arrived.set()
            go_on.wait(30)

    repo.write("old/.lore.md", "a")
    watcher = inotify(repo, tell)
    watcher.recover((), anew=False)
    repo.write(".lorefs.toml", "")
    arrived.wait(30)
    (repo.path / "old").rename(repo.path / "new")
    watcher.recover((), anew=False)
    go_on.set()
    heard.wait("directory", "new")
    repo.write("new/.lore.md", "b")
    heard.wait("document", "new/.lore.md")
    watcher.stop()


def test_inotify_says_that_the_root_is_gone(repo: Repo, heard: Heard) -> None:
    watcher = inotify(repo, heard.tell)
    watcher.recover((), anew=False)
    repo.path.rename(repo.path.with_name("away"))
    heard.wait("root")
    watcher.stop()


def test_directories_that_matter(repo: Repo) -> None:
    git = Git(locate(repo.path), dict(os.environ))
    for name in ("a/.lore.md", "a/b/x", "c/d/.lore.local.md", "ignored/deep/.lore.md", "a/e/x"):
        repo.write(name, "")
    repo.write(".gitignore", "ignored/\n/a/e/\n.lore.local.md\n")
    (repo.path / "nested").mkdir()
    Repo(repo.path / "nested")("init", "--quiet")
    (repo.path / "link").symlink_to("a")
    (repo.path / "odd\nname").mkdir()
    found = {each.path: each.documents for each in walk(git)}
    assert found == {
        "": (),
        "a": ("a/.lore.md",),
        "a/b": (),
        "c": (),
        "c/d": ("c/d/.lore.local.md",),
        "odd\nname": (),
    }
    below = ["c/d", "ignored/deep", "a/e", "nested", "link", "gone", "a/b"]
    assert [each.path for each in walk(git, below)] == ["c/d", "a/b"]


def test_file_systems_of_others(tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "1 0 0:1 / / rw - ext4 /dev/sda rw\n"
        "2 1 0:2 / /home\\040dir rw shared:1 - nfs4 server:/home rw\n"
        "3 2 0:3 / /home\\040dir/local rw - btrfs /dev/sdb rw\n"
        "odd line\n"
    )
    assert shared_elsewhere(Path("/home dir/ada"), mounts) == "nfs4"
    assert shared_elsewhere(Path("/home dir/local/ada"), mounts) == ""
    assert shared_elsewhere(Path("/home"), mounts) == ""
    assert shared_elsewhere(Path("/home"), tmp_path / "none") == ""


@pytest.mark.parametrize(
    ("online", "status", "found"),
    [("0", "Discharging", True), ("1", "Discharging", False), ("0", "Full", False)],
)
def test_battery(tmp_path: Path, online: str, status: str, found: bool) -> None:
    for name, file, text in (("AC", "online", online), ("BAT0", "status", status)):
        (tmp_path / name).mkdir()
        (tmp_path / name / file).write_text(f"{text}\n")
    assert on_battery(tmp_path) is found
    assert on_battery(tmp_path / "none") is False
