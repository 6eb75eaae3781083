"""What the code branch gains, taken in by several machines at once."""

from __future__ import annotations

import pytest

from lorefs.core.message import is_ingest
from tests.clones import BRANCH, DOCUMENT, Clone, Team, converge
from tests.gitrepo import Repo
from tests.lore import document, entry, ident

FIRST = document(entry(1, "One"), entry(2, "Two"))


@pytest.fixture
def three(team: Team) -> list[Clone]:
    """Clones whose code branch holds the document, in step with each other."""
    clones = [team.clone(name, ignored=False) for name in ("ada", "bob", "cyd")]
    clones[0].repo.commit("lore", **{DOCUMENT: FIRST})
    clones[0].repo("push", "-q", "origin", "main")
    for clone in clones:
        clone.repo("pull", "-q", "--rebase", "origin", "main")
        clone.reconcile(discover=True)
        clone.sync()
    converge(*clones)
    return clones


@pytest.fixture
def colleague(team: Team, three: list[Clone]) -> Repo:
    """A clone without lorefs."""
    assert three
    return team.clone("dan", ignored=False, sync=False).repo


def push_code(colleague: Repo, text: str, *clones: Clone) -> None:
    """Commit a document with the code; some fetch it."""
    colleague.commit("code", **{DOCUMENT: text})
    colleague("push", "-q", "origin", "main")
    for each in clones:
        each.repo("fetch", "-q", "origin")


def ingests(clone: Clone) -> list[str]:
    log = clone.repo("log", "--format=%B%x00", BRANCH).split("\0")
    return [text for text in log if is_ingest(text.strip() + "\n")]


def commits(clone: Clone) -> int:
    return int(clone.repo("rev-list", "--count", BRANCH))


def at_once(ada: Clone, bob: Clone) -> None:
    """Ada has pushed before Bob, who has asked the remote already, can."""
    pushed = False

    def step(name: str) -> None:
        nonlocal pushed
        if name == "sync push" and not pushed:
            pushed = True
            ada.sync()

    bob.step = step
    bob.sync()
    bob.step = lambda _: None
    assert pushed, "Bob had nothing to push"


def test_two_machines_that_take_in_the_same_code_at_once(
    three: list[Clone], colleague: Repo
) -> None:
    ada, bob, cyd = three
    push_code(colleague, document(entry(1, "One"), entry(2, "Zwei"), entry(3, "New")), *three)
    before, count = len(ingests(ada)), commits(ada)
    at_once(ada, bob)
    cyd.sync()
    tips = [clone.sync().tip for clone in (ada, bob, cyd, ada, bob, cyd)]
    assert len(set(tips)) == 1, "it goes to and fro"
    assert len(ingests(cyd)) == before + 1, "the same code was taken in twice"
    assert commits(cyd) == count + 1, "a merge was made of nothing"
    converge(ada, bob, cyd)
    for clone in three:
        assert clone.titles() == ["New", "One", "Zwei"]
        assert clone.tree()[DOCUMENT].count("New") == 1
        assert clone.ledger() == []


def test_an_edit_beside_it_is_merged(three: list[Clone], colleague: Repo) -> None:
    ada, bob, cyd = three
    push_code(colleague, document(entry(1, "One"), entry(2, "Zwei"), entry(3, "New")), *three)
    bob.update(ident(1), title="One by Bob")
    at_once(ada, bob)
    cyd.sync()
    converge(ada, bob, cyd)
    tips = [clone.sync().tip for clone in (ada, bob, cyd)]
    assert len(set(tips)) == 1
    assert cyd.titles() == ["New", "One by Bob", "Zwei"]
    assert cyd.tree()[DOCUMENT].count("New") == 1


def test_a_machine_that_took_in_less_is_merged(three: list[Clone], colleague: Repo) -> None:
    ada, bob, cyd = three
    push_code(colleague, document(entry(1, "One"), entry(2, "Two"), entry(3, "New")), bob)
    push_code(colleague, document(entry(1, "One"), entry(3, "New"), entry(4, "Newer")), ada)
    at_once(ada, bob)
    assert bob.titles() == ["New", "Newer", "One"]
    bob.repo("fetch", "-q", "origin")
    converge(ada, bob, cyd)
    tips = [clone.sync().tip for clone in (ada, bob, cyd)]
    assert len(set(tips)) == 1, "it goes to and fro"
    assert cyd.titles() == ["New", "Newer", "One"]
