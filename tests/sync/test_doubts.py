"""What clones say of changes by people whom the policy does not entitle."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from lorefs.core.judgement import ENTRY, POLICY, THE_POLICY
from lorefs.sync.judging.kept import policy_in_force
from tests.cli.terminal import Lorefs
from tests.clones import BRANCH, Clone, Team, converge
from tests.lore import document, entry, ident

POLICED = "---\npolicy: {approval: manual, approvers: [ada@example.invalid]}\n---\n"
X = ident(1)


@pytest.fixture
def eve(team: Team, ada: Clone) -> Clone:
    del ada
    return team.clone("eve")


def policed(clone: Clone) -> None:
    clone.write(POLICED + document(entry(1, "Xylophones", "Approved.")))
    clone.reconcile(discover=True)
    clone.sync()


def standings(clone: Clone) -> dict[str, str]:
    with clone.open() as workspace:
        return {row.entry.id: row.standing for row in workspace.entries() if row.standing}


def in_context(clone: Clone) -> str:
    return Lorefs(clone.path)("context", "--query", "xylophones").out


def smuggle(clone: Clone, old: str, new: str, author: str = "eve") -> str:
    """A commit on the sync branch with git's own commands, as any program could make it."""
    text = clone.repo("show", f"{BRANCH}:.lore.md") + "\n"
    assert old in text
    blob = clone.repo("hash-object", "-w", "--stdin", stdin=text.replace(old, new))
    tree = clone.repo("mktree", stdin=f"100644 blob {blob}\t.lore.md\n")
    clone.repo("config", "user.email", f"{author}@example.invalid")
    oid = clone.repo("commit-tree", "-p", BRANCH, "-m", "Innocent", tree)
    clone.repo("push", "--quiet", "origin", f"{oid}:refs/heads/{BRANCH}")
    return oid


def test_a_repository_without_a_policy_keeps_no_standings(ada: Clone, bob: Clone) -> None:
    ada.add("Of Ada")
    ada.sync()
    bob.sync()
    with bob.open() as workspace:
        assert workspace.standing() is None
        assert workspace.store.standings.all() == {}
        assert policy_in_force(workspace.store) is None


def test_what_others_change_is_marked_in_every_clone(ada: Clone, bob: Clone, eve: Clone) -> None:
    policed(ada)
    eve.sync()
    evil = smuggle(eve, "Approved.", "Eve's.")
    (doubt,) = ada.sync().doubts
    assert (doubt.kind, doubt.commit, doubt.email) == (ENTRY, evil, "eve@example.invalid")
    assert ada.sync().doubts == ()
    converge(ada, bob, eve)
    for clone in (ada, bob, eve):
        assert "Eve's." in clone.text()  # the file says what the branch says
        assert standings(clone) == {X: "unapproved"}
        assert "Xylophones" not in in_context(clone)
    # the approver puts another text there, which counts for everybody
    ada.edit("Eve's.", "Ada's.")
    converge(ada, bob, eve)
    for clone in (ada, bob, eve):
        assert standings(clone) == {}
        assert "Xylophones" in in_context(clone)


def test_what_was_approved_comes_back_by_the_remedy_that_is_named(ada: Clone, eve: Clone) -> None:
    policed(ada)
    eve.sync()
    smuggle(eve, "Approved.", "Eve's.")
    done = Lorefs(ada.path)("sync")
    assert "does not count: 00000001 “Xylophones” changed by eve@example.invalid in " in done.out
    assert "ada@example.invalid may" in done.out
    remedy = done.out.partition("`lorefs restore ")[2].partition("`")[0]
    shown = Lorefs(ada.path)("show", X).out
    assert "not approved: changed by eve@example.invalid in" in shown
    assert "unapproved" in Lorefs(ada.path)("list").out
    status = Lorefs(ada.path)("status", "--json", status=1).json
    assert [each["id"] for each in status["doubts"]] == [X]
    assert "does not count" in Lorefs(ada.path)("status", status=1).out
    Lorefs(ada.path)("restore", *remedy.split())
    assert "Approved." in ada.text()
    assert standings(ada) == {}
    converge(ada, eve)
    assert standings(eve) == {}


def test_a_policy_of_somebody_who_may_not_is_told_and_does_not_count(
    ada: Clone, eve: Clone
) -> None:
    policed(ada)
    eve.sync()
    smuggle(eve, "[ada@", "[eve@example.invalid, ada@")
    eve.sync()
    smuggle(eve, "Approved.", "Eve's.")
    assert {each.kind for each in ada.sync().doubts} == {POLICY, ENTRY}
    with ada.open() as workspace:
        standing = workspace.standing()
        assert standing is not None
        assert set(standing.doubts) == {THE_POLICY, X}
        found = policy_in_force(workspace.store)
        assert found is not None
        assert found.approvers == ("ada@example.invalid",)


def test_a_rebuilt_database_comes_to_the_same(ada: Clone, eve: Clone) -> None:
    policed(ada)
    eve.sync()
    smuggle(eve, "Approved.", "Eve's.")
    converge(ada, eve)
    Lorefs(ada.path)("rebuild")
    assert standings(ada) == {X: "unapproved"}


def test_an_author_who_is_no_text_is_told_all_the_same(ada: Clone, eve: Clone) -> None:
    policed(ada)
    eve.sync()
    oid = smuggle(eve, "Approved.", "Eve's.")
    raw = eve.repo("cat-file", "commit", oid).replace("eve@example.invalid", "\udcff\x1b@x")
    odd = eve.repo("hash-object", "-t", "commit", "-w", "--stdin", "--literally", stdin=raw + "\n")
    eve.repo("push", "--quiet", "--force", "origin", f"{odd}:refs/heads/{BRANCH}")
    done = Lorefs(ada.path)("sync")
    assert "does not count" in done.out
    assert "\x1b" not in done.out
    assert standings(ada) == {X: "unapproved"}


def test_sql_cannot_take_the_mark_away(ada: Clone, eve: Clone) -> None:
    import sqlite3

    policed(ada)
    eve.sync()
    smuggle(eve, "Approved.", "Eve's.")
    ada.sync()
    with ada.open() as workspace:
        path = workspace.paths.lorefs_dir / "index.db"
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE entries SET standing = ''")
    connection.close()
    assert standings(ada) == {X: "unapproved"}


def test_a_key_counts_where_the_policy_lists_one(ada: Clone, eve: Clone, tmp_path: Path) -> None:
    keygen = shutil.which("ssh-keygen")
    if keygen is None:
        pytest.skip("ssh-keygen is not installed (Debian: openssh-client)")
    key = tmp_path / "key"
    subprocess.run([keygen, "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    words = subprocess.run([keygen, "-lf", key], check=True, capture_output=True).stdout
    for name, value in (("gpg.format", "ssh"), ("user.signingKey", str(key))):
        ada.repo("config", name, value)
    ada.repo("config", "lorefs.sync.sign", "true")
    ada.write(POLICED.replace("ada@example.invalid", f"'{words.decode().split()[1]}'")
              + document(entry(1, "Xylophones", "Approved.")))  # fmt: skip
    ada.reconcile(discover=True)
    ada.sync()
    ada.edit("Approved.", "Signed.")
    converge(ada, eve)
    assert standings(eve) == {}
    smuggle(eve, "Signed.", "Eve's.", author="ada")
    converge(ada, eve)
    assert standings(eve) == standings(ada) == {X: "unapproved"}
    ada.edit("Eve's.", "Signed again.")
    converge(ada, eve)
    assert standings(eve) == {}


def test_a_merge_of_clones_keeps_what_either_approved(ada: Clone, bob: Clone, eve: Clone) -> None:
    ada.write(POLICED.replace("[ada@", "[bob@example.invalid, ada@")
              + document(entry(1, "Xylophones", "Approved."), entry(2, "Yaks")))  # fmt: skip
    ada.reconcile(discover=True)
    converge(ada, bob, eve)
    ada.edit("**Yaks**: Something to know.", "**Yaks**: Of Ada.")
    bob.edit("**Xylophones**", "**Xylophones and zithers**")
    smuggle(eve, "Approved.", "Eve's.")
    converge(ada, bob, eve)
    for clone in (ada, bob, eve):
        assert "Of Ada." in clone.text()
        assert standings(clone) == {X: "unapproved"}  # bob's title, and a text of eve's


def test_what_the_code_branch_brings_is_approved_by_nobody_yet(team: Team, ada: Clone) -> None:
    policed(ada)
    text = ada.text()
    coder = team.clone("coder", ignored=False, sync=False)
    added = text + "\n" + entry(2, "Yaks") + "\n"
    coder.repo.commit("lore with code", **{".lore.md": added})
    coder.repo("push", "--quiet", "origin", "main")
    ada.repo("fetch", "--quiet")
    ada.sync()
    assert standings(ada) == {ident(2): "unapproved"}
    shown = Lorefs(ada.path)("show", ident(2)).out
    assert "not approved: taken in from the code branch" in shown


def test_many_commits_are_judged_fast(ada: Clone, bob: Clone) -> None:
    """A new clone judges the whole history once; a bound far above what it takes."""
    policed(ada)
    text = ada.repo("show", f"{BRANCH}:.lore.md") + "\n"
    stream = [f"reset refs/heads/{BRANCH}\nfrom {ada.tip}\n"]
    for n in range(300):
        data = text.replace("Approved.", f"Text {n}.")
        who = f"bob <bob@example.invalid> {1_700_000_000 + n} +0000"
        stream.append(
            f"commit refs/heads/{BRANCH}\nauthor {who}\ncommitter {who}\ndata 1\nx\n"
            f"M 100644 inline .lore.md\ndata {len(data.encode())}\n{data}\n"
        )
    ada.repo("fast-import", "--quiet", "--force", stdin="".join(stream))
    ada.repo("push", "--quiet", "origin", BRANCH)
    bob.sync()
    assert standings(bob) == {X: "unapproved"}
    with bob.open() as workspace:
        assert len(workspace.store.standings.all()) <= 64
