"""A process killed with SIGKILL at each named step of a cycle: all comes out as without it."""

from __future__ import annotations

import signal

import pytest

from tests.clones import Clone, Team, converge
from tests.lore import document, entry, ident
from tests.victims import at_once, victim

STEPS = (
    "observe",
    "rows",
    "commit",
    "sync commit",
    "sync move",
    "sync note",
    "sync push",
    "sync fetch",
    "sync merge",
    "sync move (2)",
    "observe (2)",
    "sync apply",
    "rows (2)",
    "write the new file",
    "commit (2)",
    "exchange the files",
    "swap the names",
    "look at the replaced file",
    "sync the directory",
    "note the file",
    "sync push (2)",
)
FOLLOWING = ("sync follow",)  # comes where filters have changed


@pytest.fixture
def work(ada: Clone, bob: Clone) -> dict[str, str]:
    """Both changed and added something; Bob's is on the remote already."""
    one, two, three = ada.add("One"), ada.add("Two"), ada.add("Three")
    converge(ada, bob)
    bob.update(one, title="One by Bob")
    bob.remove(three)
    new = bob.add("New by Bob")
    bob.sync()
    ada.edit("**Two**", "**Two by Ada**")
    return {"one": one, "two": two, "three": three, "new": new}


def test_the_steps_are_these(ada: Clone, work: dict[str, str]) -> None:
    del work
    done = victim(ada.path, "sync")
    assert done.returncode == 0, done.stderr
    assert tuple(done.stdout.splitlines()) == STEPS


@pytest.mark.parametrize("step", STEPS)
def test_a_kill_at_any_step(
    ada: Clone, bob: Clone, team: Team, work: dict[str, str], step: str
) -> None:
    died = victim(ada.path, "sync", step)
    assert died.returncode == -signal.SIGKILL, died.stderr
    ada.sync()
    tip = ada.tip
    assert team.tip() == tip
    report = ada.sync()
    assert (ada.tip, report.committed) == (tip, False), "the second run does nothing"
    converge(ada, bob)
    rows = bob.entries()
    assert rows[work["one"]].title == "One by Bob"
    assert rows[work["two"]].title == "Two by Ada"
    assert work["new"] in rows
    assert work["three"] not in rows
    assert ada.text() == bob.text()
    assert not list(ada.path.glob(".*lorefs-*")), "a killed process left a file"


@pytest.mark.parametrize("step", FOLLOWING)
@pytest.mark.parametrize("shown", [False, True], ids=["hides", "shows"])
def test_a_kill_while_filters_are_followed(ada: Clone, bob: Clone, step: str, shown: bool) -> None:
    one, two = ada.add("One"), ada.add("Two")
    ada.update(two, tags_add=("other",))
    converge(ada, bob)
    (bob.path / ".lorefs.toml").write_text('[filter]\ntags = ["other"]\n')
    if shown:
        bob.sync()
        (bob.path / ".lorefs.toml").unlink()
    died = victim(bob.path, "sync", step)
    assert died.returncode == -signal.SIGKILL, died.stdout + died.stderr
    bob.sync()
    assert set(bob.entries()) == ({one, two} if shown else {two})
    assert not bob.sync().committed
    ada.sync()
    assert set(ada.entries()) == {one, two}, "a filter deletes nothing for others"


def test_two_syncs_at_once(ada: Clone, bob: Clone, work: dict[str, str]) -> None:
    at_once(ada.path, "sync")
    converge(ada, bob)
    assert bob.entries()[work["two"]].title == "Two by Ada"
    assert work["new"] in ada.entries()


@pytest.fixture
def tracked(ada: Clone, bob: Clone) -> tuple[Clone, Clone]:
    """Clones whose code branch holds the document; Bob lacks in the file what Ada sent."""
    text = document(entry(1, "One"), entry(2, "Two"))
    for clone in (ada, bob):
        (clone.path / ".git" / "info" / "exclude").write_text("")
    ada.repo.commit("lore", **{".lore.md": text})
    ada.repo("push", "-q", "origin", "main")
    bob.repo("pull", "-q", "--rebase", "origin", "main")
    for clone in (ada, bob):
        clone.reconcile(discover=True)
    converge(ada, bob)
    ada.update(ident(1), title="One by Ada")
    ada.sync()
    bob.sync()
    assert "One by Ada" not in bob.text()
    return ada, bob


@pytest.mark.parametrize("change", [False, True], ids=["alone", "and a change"])
@pytest.mark.parametrize("step", ["commit", "exchange the files", "note the file"])
def test_a_kill_while_publishing(tracked: tuple[Clone, Clone], step: str, change: bool) -> None:
    _, bob = tracked
    died = victim(bob.path, "publish", step)
    assert died.returncode == -signal.SIGKILL, died.stderr
    if change:
        bob.update(ident(2), title="Two by Bob")
    bob.sync()
    assert ("One by Ada" in bob.text()) == (step != "commit"), "what was acknowledged is written"
    assert ("Two by Bob" in bob.text()) == change
    before = bob.text()
    assert not bob.sync().committed
    assert bob.text() == before


def test_a_kill_while_what_arrives_is_written(tracked: tuple[Clone, Clone]) -> None:
    ada, bob = tracked
    bob.repo("config", "lorefs.sync.materialise", "always")
    ada.update(ident(2), title="Two by Ada")
    ada.sync()
    assert victim(bob.path, "sync", "exchange the files").returncode == -signal.SIGKILL
    assert "by Ada" not in bob.text()
    bob.sync()
    assert "Two by Ada" in bob.text()


def test_a_switch_after_a_killed_publication_writes_nothing(
    tracked: tuple[Clone, Clone],
) -> None:
    _, bob = tracked
    victim(bob.path, "publish", "exchange the files")
    bob.repo("switch", "-qc", "other")
    bob.repo("switch", "-q", "--detach", "HEAD~1")
    bob.sync()
    assert not (bob.path / ".lore.md").exists()
    bob.repo("switch", "-q", "other")
    bob.sync()
    assert bob.repo("status", "--porcelain") == ""
