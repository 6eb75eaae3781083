"""With sync on and documents tracked by HEAD: git moves files, and nobody wrote what it moves."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.terminal import Lorefs
from tests.clones import DOCUMENT, Clone, Team, converge
from tests.lore import entry, ident
from tests.scenarios.colleague import colleague

TOP = Path(__file__).resolve().parents[2]
ALPHA, BETA, GAMMA = ident(1), ident(2), ident(3)


def published(clone: Clone) -> str:
    return "".join(clone.tree().values())


def test_scenario_27_no_file_is_written_where_git_has_none(anna: Clone) -> None:
    repo = anna.repo
    repo("switch", "-q", "--detach", "HEAD~1")
    assert anna.titles() == ["Alpha", "Beta", "Gamma"]
    anna.add("Delta")
    anna.sync()
    assert not (repo.path / DOCUMENT).exists()
    repo("switch", "-q", "main")
    assert anna.titles() == ["Alpha", "Beta", "Delta", "Gamma"]
    assert repo("status", "--porcelain") in {"", " M .lore.md"}


def test_scenario_28_a_revert_on_the_code_branch_counts(anna: Clone, ben: Clone) -> None:
    repo = ben.repo
    repo("switch", "-qc", "feature")
    ben.edit("The alpha text.", "Another alpha text.")
    ben.write(ben.text().replace(entry(2, "Beta", "The beta text.") + "\n\n", ""))
    repo("commit", "-qam", "edit alpha, delete beta")
    repo("switch", "-q", "main")
    repo("merge", "-q", "--no-ff", "feature", "-m", "merge")
    repo("push", "-q", "origin", "main")
    ben.sync()
    anna.repo("pull", "-q")
    converge(anna, ben)
    assert anna.entries()[ALPHA].content == "Another alpha text."
    assert BETA not in anna.entries()
    repo("revert", "--no-edit", "-m", "1", "HEAD")
    repo("push", "-q", "origin", "main")
    ben.sync()
    converge(ben, anna)
    assert ben.entries()[ALPHA].content == "The alpha text."
    assert BETA in ben.entries()
    for clone in (ben, anna):
        clone.repo("pull", "-q")
        with clone.open() as workspace:
            workspace.publish()
        assert "The alpha text." in clone.text()
        assert "**Beta**" in clone.text()
    converge(anna, ben)
    assert BETA in anna.entries()


def test_scenario_29_a_merged_feature_branch_brings_back_nothing(anna: Clone, ben: Clone) -> None:
    repo = anna.repo
    repo("switch", "-qc", "feature")
    added = anna.add("N")
    repo("commit", "-qam", "N")
    anna.sync()
    anna.remove(added)
    anna.sync()
    repo("checkout", "-q", "--", DOCUMENT)
    anna.remove(added)
    anna.sync()
    repo("checkout", "-qf", "main")
    repo("merge", "-q", "--no-ff", "feature", "-m", "merge")
    repo("push", "-q", "origin", "main")
    ben.repo("pull", "-q")
    converge(ben, anna)
    assert added not in ben.entries()
    assert added not in anna.entries()


def prepared(anna: Clone, ben: Clone) -> str:
    """Anna has N, not committed but synced; Ben deletes it and changes another value."""
    added = anna.add("N")
    converge(anna, ben)
    ben.remove(added)
    ben.update(ALPHA, title="Alpha by Ben")
    ben.sync()
    anna.sync()
    return added


def settled(anna: Clone, ben: Clone, added: str) -> None:
    anna.edit("The gamma text.", "One more edit.")
    converge(anna, ben)
    for clone in (anna, ben):
        assert added not in clone.entries()
        assert clone.entries()[ALPHA].title == "Alpha by Ben"
        assert clone.entries()[GAMMA].content == "One more edit."


@pytest.mark.parametrize("hooks", [False, True], ids=["no hooks", "hooks"])
def test_scenario_30_pull_rebase_autostash(
    anna: Clone, ben: Clone, tracking: Team, hooks: bool
) -> None:
    """Hooks look on while the file is on the stash."""
    if hooks:
        Lorefs(anna.path)("init")
        anna.repo.commit("mine", **{"mine.txt": "x"})
    added = prepared(anna, ben)
    other = tracking.clone("other", ignored=False, sync=False).repo
    other.commit("code", **{"code.txt": "x"})
    other("push", "-q", "origin", "main")
    anna.repo("pull", "-q", "--rebase", "--autostash")
    settled(anna, ben, added)


def test_scenario_30_stash_switch_and_pop(anna: Clone, ben: Clone) -> None:
    added = prepared(anna, ben)
    repo = anna.repo
    repo("stash")
    anna.sync()
    repo("switch", "-qc", "elsewhere")
    anna.sync()
    repo("switch", "-q", "main")
    anna.sync()
    repo("stash", "pop")
    settled(anna, ben, added)


def test_scenario_31_stash_apply(anna: Clone, ben: Clone) -> None:
    added = prepared(anna, ben)
    anna.repo("stash")
    anna.sync()
    anna.repo("stash", "apply")
    anna.sync()
    settled(anna, ben, added)


@pytest.mark.parametrize("branch", ["made here", "another one"])
def test_scenario_32_a_committed_deletion_before_a_switch(
    anna: Clone, ben: Clone, branch: str
) -> None:
    if branch == "another one":
        anna.repo("switch", "-qc", "x")
        anna.repo.commit("code", **{"code.txt": "x\n"})
        anna.repo("switch", "-q", "main")
        anna.sync()
    anna.write(anna.text().replace(entry(2, "Beta", "The beta text.") + "\n\n", ""))
    anna.repo("commit", "-qam", "no beta")
    anna.repo("switch", "-q", *(["-c"] if branch == "made here" else []), "x")
    assert ("Beta" in anna.text()) == (branch == "another one")
    assert BETA not in anna.entries()
    converge(anna, ben)
    assert BETA not in ben.entries()


def test_scenario_33_merges_of_a_colleagues_branch_publish_nothing(anna: Clone, ben: Clone) -> None:
    colleague(anna)
    repo = anna.repo
    anna.edit("**Beta**", "**My Beta**")
    repo("commit", "-qam", "mine")
    anna.sync()
    repo("merge", "-q", "colleague", ok=False)
    repo("checkout", "-q", "--theirs", DOCUMENT, ok=False)
    repo("add", "-A")
    repo("commit", "-q", "--no-edit")
    anna.sync()
    assert "Theirs" not in published(anna)
    repo("reset", "-q", "--hard", "HEAD~1")
    anna.sync()
    repo("merge", "-q", "--squash", "colleague", ok=False)
    anna.sync()
    repo("reset", "-q", "--hard")
    anna.sync()
    assert "Theirs" not in published(anna)
    repo("revert", "-n", "HEAD")
    repo("commit", "-q", "--no-edit")
    converge(anna, ben)
    assert "Theirs" not in ben.titles()
    assert anna.entries()[BETA].title == "My Beta"


def test_scenario_34_publish_keeps_a_branchs_own_entries(anna: Clone, ben: Clone) -> None:
    colleague(anna)
    ben.update(ALPHA, title="Alpha by Ben")
    added = ben.add("New by Ben")
    ben.sync()
    anna.repo("switch", "-q", "colleague")
    anna.sync()
    with anna.open() as workspace:
        assert workspace.publish() == [DOCUMENT]
    text = anna.text()
    assert "Theirs" in text
    assert "**Their Beta**" in text
    assert "Alpha by Ben" in text
    assert added in text
    anna.sync()
    assert "Theirs" not in published(anna)


VICTIM = """
import os, signal, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from lorefs.api import Workspace

def step(name):
    if name == "exchange the files":
        os.kill(os.getpid(), signal.SIGKILL)

with Workspace.open(
    Path(sys.argv[2]), env=dict(os.environ), clock=lambda: 1_700_000_900_000, step=step
) as workspace:
    workspace.update(sys.argv[3], {"title": "Before the crash"})
"""


def test_scenario_35_a_crash_before_the_file_is_replaced(anna: Clone, ben: Clone) -> None:
    colleague(anna)
    died = subprocess.run(
        [sys.executable, "-c", VICTIM, str(TOP), str(anna.path), GAMMA],
        check=False, timeout=50, env=dict(os.environ),
    )  # fmt: skip
    assert died.returncode == -signal.SIGKILL
    anna.repo("switch", "-q", "colleague")
    anna.sync()
    assert "Theirs" not in published(anna)
    converge(anna, ben)
    assert ben.entries()[GAMMA].title == "Before the crash"
    assert "Theirs" not in ben.titles()


@pytest.mark.parametrize("operation", ["bisect", "rebase"])
def test_scenario_36_a_row_changes_while_git_is_at_work(anna: Clone, operation: str) -> None:
    repo = anna.repo
    if operation == "bisect":
        for step in ("start", "bad", "good HEAD~1"):
            repo("bisect", *step.split())
    else:
        repo.commit("code", **{"code.txt": "x\n"})
        assert repo.run("rebase", "--exec", "false", "HEAD~1").returncode == 1
    before = anna.text()
    anna.update(GAMMA, title="Changed meanwhile")
    assert anna.text() == before
    anna.sync()
    assert anna.text() == before
    assert "Changed meanwhile" in published(anna)
    repo(*(("bisect", "reset") if operation == "bisect" else ("rebase", "--continue")))
    anna.sync()
    assert "Changed meanwhile" in anna.text()
    assert anna.titles() == ["Alpha", "Beta", "Changed meanwhile"]


def test_scenario_37_a_deletion_that_stands_on_an_unpushed_merge(ada: Clone, bob: Clone) -> None:
    ada.add("Zero")
    converge(ada, bob)
    ada.add("L1")
    theirs = bob.add("R1")
    bob.sync()

    def no_push(name: str) -> None:
        if name == "sync push" and "R1" in "".join(ada.tree().values()):
            raise KeyboardInterrupt

    ada.step = no_push
    with pytest.raises(KeyboardInterrupt):
        ada.sync()
    ada.step = lambda _: None
    assert theirs in ada.entries()
    ada.remove(theirs)
    bob.add("R2")
    bob.sync()
    converge(ada, bob)
    assert theirs not in bob.entries()
    assert ada.titles() == ["L1", "R2", "Zero"]


def test_materialise_always_writes_at_once_while_the_file_is_gits(anna: Clone, ben: Clone) -> None:
    anna.repo("config", "lorefs.sync.materialise", "always")
    added = ben.add("From Ben")
    ben.sync()
    anna.sync()
    assert added in anna.text()
    anna.edit("The alpha text.", "Being edited")
    second = ben.add("Second")
    ben.sync()
    anna.sync()
    assert second in anna.entries()
    assert second not in anna.text(), "somebody works on this file"
    assert ben.sync().ok
    assert ben.entries()[ALPHA].content == "Being edited"


def test_what_arrives_leaves_the_status_clean(anna: Clone, ben: Clone) -> None:
    ben.add("From Ben")
    ben.sync()
    anna.sync()
    assert "From Ben" in anna.titles()
    assert anna.repo("status", "--porcelain") == ""
    with anna.open() as workspace:
        assert workspace.publish() == [DOCUMENT]
    assert "From Ben" in anna.text()
    converge(anna, ben)


def test_scenario_30_a_stash_on_a_detached_head_takes_nothing_back(anna: Clone, ben: Clone) -> None:
    anna.repo("switch", "-q", "--detach")
    anna.write(f"{anna.text()}\n{entry(4, 'Delta')}\n")
    assert ident(4) in anna.entries()
    anna.repo("stash")
    converge(anna, ben)
    assert ident(4) in ben.entries()
    anna.repo("stash", "pop")
    converge(anna, ben)
    assert ident(4) in ben.entries()
    assert "**Delta**" in anna.text()
