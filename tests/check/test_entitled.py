"""Approvals and policies as hooks, CI and servers judge them, with real git."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.terminal import Lorefs
from tests.conftest import TOP
from tests.gitrepo import Repo
from tests.lore import document, entry

ADA, BOB, EVE = (f"{name}@example.invalid" for name in ("ada", "bob", "eve"))
SELECTED = ("--select", "LORE203")

Make = Callable[..., Repo]


def policy(*approvers: str) -> str:
    names = ", ".join(f'"{name}"' for name in approvers)
    return f"---\npolicy: {{approval: manual, approvers: [{names}]}}\n---\n"


def lore(text: str = "A text.", *more: str, by: str = ADA) -> str:
    return policy(*by.split()) + document(entry(1, "X", text), *more)


def as_(repo: Repo, email: str) -> None:
    repo("config", "user.email", email)


def by(repo: Repo, email: str, text: str | None = None, **files: str) -> str:
    as_(repo, email)
    if text is not None:
        files[".lore.md"] = text
    return repo.commit(f"by {email}", **files)


def staged(repo: Repo, email: str, status: int = 1) -> str:
    """What the check of the index says to somebody."""
    as_(repo, email)
    repo("add", "--all")
    return Lorefs(repo.path)("check", "--staged", *SELECTED, status=status).out


def test_what_is_staged_is_judged_by_heads_policy_and_gits_author(repo: Repo) -> None:
    by(repo, ADA, lore())
    repo.write(".lore.md", lore("Eve's."))
    words = staged(repo, EVE)
    assert ".lore.md:8:1: error LORE203 the policy does not let eve@example.invalid" in words
    assert "(ada@example.invalid may)" in words
    assert staged(repo, ADA, status=0)
    repo.write(".lore.md", lore(by=f"{ADA} {EVE}"))
    assert "does not let eve@example.invalid change the policy" in staged(repo, EVE)
    repo("rm", "--quiet", "--force", ".lore.md")
    assert "take away “X”" in staged(repo, EVE)
    assert staged(repo, ADA, status=0)


def test_a_commit_without_lore_asks_nobody(repo: Repo) -> None:
    by(repo, ADA, lore())
    repo.write("code.py", "x = 1\n")
    assert "0 documents" in staged(repo, EVE, status=0)


def test_the_worktree_is_judged_in_the_same_way(repo: Repo) -> None:
    by(repo, ADA, lore())
    as_(repo, EVE)
    repo.write(".lore.md", lore("Eve's."))
    assert "LORE203" in Lorefs(repo.path)("check", *SELECTED, status=1).out
    repo.write("src/.lore.md", document(entry(2, "Y")))
    done = Lorefs(repo.path)("check", "src", *SELECTED, status=1).out
    assert "src/.lore.md:5:1" in done
    assert "\n.lore.md" not in f"\n{done}"


def test_proposals_and_a_first_policy_are_free(repo: Repo) -> None:
    by(repo, EVE, document(entry(1, "X")))
    repo.write(".lore.md", lore("Other."))
    assert staged(repo, BOB, status=0)
    by(repo, BOB)
    repo.write(".lore.review.md", document(entry(2, "Y", meta="status: pending")))
    assert staged(repo, EVE, status=0)


def test_a_merge_under_way_is_judged_by_both_sides(repo: Repo) -> None:
    base = by(repo, ADA, lore(), **{"a/.lore.md": document(entry(2, "Y"))})
    repo("checkout", "--quiet", "-b", "side", base)
    by(repo, ADA, **{"a/.lore.md": document(entry(2, "Y", "Approved."))})
    repo("checkout", "--quiet", "main")
    by(repo, ADA, **{"b/.lore.md": document(entry(3, "Z"))})
    as_(repo, EVE)
    repo("merge", "--quiet", "--no-commit", "side")
    assert staged(repo, EVE, status=0)
    repo.write("a/.lore.md", document(entry(2, "Y", "Eve's.")))
    assert "a/.lore.md:5:1: error LORE203" in staged(repo, EVE)


def test_commits_are_judged_one_by_one(repo: Repo) -> None:
    base = by(repo, ADA, lore())
    mine = by(repo, EVE, lore(by=EVE))
    other = by(repo, EVE, lore("Eve's.", by=EVE))
    tool = Lorefs(repo.path)
    words = tool("check", "--commit", "HEAD", "--since", base, *SELECTED, status=1).out
    assert f"change the policy (in commit {mine[:12]}) (ada@example.invalid may)" in words
    assert f"(in commit {other[:12]})" in words
    # of one commit alone, by the policy that counts in its parent: not by eve's own
    assert "change or add it" in tool("check", "--commit", other, *SELECTED, status=1).out
    tool("check", "--commit", base, *SELECTED)
    by(repo, ADA, lore("Ada's."))
    tool("check", "--commit", "HEAD", "--since", base, *SELECTED)


def test_history_is_simplified_to_what_touches_the_policy(repo: Repo) -> None:
    by(repo, ADA, lore())
    for n in range(3):
        repo("checkout", "--quiet", "-b", f"side{n}")
        by(repo, BOB, **{f"code{n}.py": "x\n"})
        repo("checkout", "--quiet", "main")
        by(repo, BOB, **{f"other{n}.py": "x\n"})
        repo("merge", "--quiet", f"side{n}")
    by(repo, EVE, lore(by=EVE))
    # a merge that takes the older policy on purpose
    repo("checkout", "--quiet", "-b", "late", "main~2")
    by(repo, BOB, **{"late.py": "x\n"})
    repo.write(".lore.md", lore("Eve's.", by=EVE))
    assert "LORE203" in staged(repo, EVE)
    assert staged(repo, ADA, status=0)


# ---------------------------------------------------------------- keys


@pytest.fixture
def keys(tmp_path: Path) -> dict[str, tuple[Path, str]]:
    """SSH keys and their fingerprints, by name."""
    keygen = shutil.which("ssh-keygen")
    if keygen is None:
        pytest.skip("ssh-keygen is not installed (Debian: openssh-client)")
    found = {}
    for name in ("ada", "eve"):
        path = tmp_path / name
        subprocess.run([keygen, "-q", "-t", "ed25519", "-N", "", "-f", path], check=True)
        words = subprocess.run([keygen, "-lf", path], check=True, capture_output=True).stdout
        found[name] = path, words.decode().split()[1]
    return found


def signing(repo: Repo, key: Path, *, always: bool = True) -> None:
    repo("config", "gpg.format", "ssh")
    repo("config", "user.signingKey", str(key))
    repo("config", "commit.gpgSign", "true" if always else "false")


def test_a_fingerprint_is_nobodys_who_only_writes_an_email(
    repo: Repo, keys: dict[str, tuple[Path, str]]
) -> None:
    tool = Lorefs(repo.path)
    by(repo, ADA, lore(by=keys["ada"][1]))

    def checked(status: int) -> str:
        return tool("check", "--commit", "HEAD", *SELECTED, status=status).out

    by(repo, ADA, lore("Unsigned.", by=keys["ada"][1]))
    assert "LORE203" in checked(1)
    signing(repo, keys["eve"][0])
    repo.write(".lore.md", lore("By another key.", by=keys["ada"][1]))
    assert "LORE203" in staged(repo, ADA)
    by(repo, ADA)
    assert keys["ada"][1] in checked(1)
    # no file of allowed signers, and another email: the key is all that counts
    signing(repo, keys["ada"][0])
    repo.write(".lore.md", lore("Signed.", by=keys["ada"][1]))
    assert staged(repo, BOB, status=0)
    by(repo, BOB)
    checked(0)
    signing(repo, keys["ada"][0], always=False)
    repo.write(".lore.md", lore("To be signed by nobody.", by=keys["ada"][1]))
    assert "LORE203" in staged(repo, BOB)


def test_a_signature_of_another_commit_is_none(
    repo: Repo, keys: dict[str, tuple[Path, str]]
) -> None:
    by(repo, ADA, lore(by=keys["ada"][1]))
    signing(repo, keys["ada"][0])
    by(repo, ADA, lore("Signed.", by=keys["ada"][1]))
    raw = repo("cat-file", "commit", "HEAD")
    tree = by(repo, ADA, lore("Eve's.", by=keys["ada"][1])) and repo("rev-parse", "HEAD^{tree}")
    forged = raw.replace(raw.split("\n", 1)[0], f"tree {tree}", 1) + "\n"
    oid = repo("hash-object", "-t", "commit", "-w", "--stdin", stdin=forged)
    done = Lorefs(repo.path)("check", "--commit", oid, *SELECTED, status=1)
    assert "LORE203" in done.out


# ---------------------------------------------------------------- servers


@pytest.fixture
def hub(make_repo: Make, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """A bare repository that has the template as its hook."""
    hub = make_repo("hub.git", "--bare")
    shutil.copy(TOP / "templates/pre-receive", hub.path / "hooks/pre-receive")
    programs = Path(sys.executable).parent
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    return hub


@pytest.fixture
def clone(hub: Repo, tmp_path: Path) -> Repo:
    """A clone with a policy in its first commit."""
    clone = hub.clone(tmp_path / "clone")
    by(clone, ADA, lore())
    clone("push", "--quiet", "--set-upstream", "origin", "HEAD:main")
    return clone


def refused(clone: Repo) -> str:
    done = clone.run("push", "origin", "HEAD:main")
    assert done.returncode == 1
    assert "pre-receive hook declined" in done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


def test_a_push_is_refused_with_commit_entry_and_who_may(clone: Repo) -> None:
    evil = by(clone, EVE, lore("Eve's."))
    words = refused(clone)
    assert f".lore.md:8:1: error LORE203 the policy does not let {EVE} change or add it" in words
    assert f"(in commit {evil[:12]}) ({ADA} may)" in words
    assert "remedy: " in words
    # what an approver says after it settles it
    by(clone, ADA, lore("Ada's."))
    clone("push", "--quiet", "origin", "HEAD:main")
    by(clone, EVE, lore("Ada's.", by=EVE))
    by(clone, EVE, lore("Eve's.", by=EVE))
    assert "change the policy" in refused(clone)


def test_a_push_that_only_takes_away_is_refused(clone: Repo) -> None:
    as_(clone, EVE)
    clone("rm", "--quiet", ".lore.md")
    clone.commit("gone")
    words = refused(clone)
    assert "take away “X”" in words
    assert "change the policy" in words


def test_a_merge_that_drops_what_was_approved_is_refused(clone: Repo) -> None:
    clone("checkout", "--quiet", "-b", "old")
    by(clone, EVE, **{"code.py": "x\n"})
    clone("checkout", "--quiet", "main")
    by(clone, ADA, lore("Ada's."))
    clone("push", "--quiet", "origin", "HEAD:main")
    clone("checkout", "--quiet", "old")
    as_(clone, EVE)
    clone("merge", "--quiet", "--strategy=ours", "main")
    assert "LORE203" in refused(clone)
    clone("reset", "--quiet", "--hard", "HEAD~1")
    clone("merge", "--quiet", "main")
    clone("push", "--quiet", "origin", "HEAD:main")


def test_a_branch_from_before_the_policy_does_not_get_around_it(hub: Repo, tmp_path: Path) -> None:
    clone = hub.clone(tmp_path / "clone")
    base = by(clone, BOB, document(entry(1, "X")))
    by(clone, ADA, lore())
    clone("push", "--quiet", "origin", "HEAD:main")
    clone("checkout", "--quiet", "-b", "fork", base)
    by(clone, EVE, **{"src/.lore.md": document(entry(2, "Y"))})
    clone("merge", "--quiet", "main")
    assert "LORE203" in refused(clone)


def test_each_realm_has_its_own_policy(hub: Repo, tmp_path: Path) -> None:
    clone = hub.clone(tmp_path / "clone")
    one, two = "realms/one/.lore.md", "realms/two/.lore.md"
    by(clone, ADA, **{one: lore(by=ADA), two: lore(by=BOB).replace("000000001", "000000009")})
    clone("push", "--quiet", "origin", "HEAD:main")
    by(clone, BOB, **{"realms/two/a/.lore.md": document(entry(2, "Y"))})
    clone("push", "--quiet", "origin", "HEAD:main")
    by(clone, BOB, **{"realms/one/a/.lore.md": document(entry(3, "Z"))})
    words = refused(clone)
    assert "realms/one/a/.lore.md:5:1: error LORE203" in words
    assert f"({ADA} may)" in words


def test_a_realm_of_an_odd_name_is_judged_like_others(hub: Repo, tmp_path: Path) -> None:
    clone = hub.clone(tmp_path / "clone")
    odd = "realms/a\nb\x1b\udcff/.lore.md"
    by(clone, ADA, **{odd: lore()})
    clone("push", "--quiet", "origin", "HEAD:main")
    by(clone, EVE, **{odd: lore("Eve's.")})
    words = refused(clone)
    assert "error LORE203" in words
    assert "<U+001B>" in words
    assert "\x1b" not in words


def code_with_realms(repo: Repo) -> None:
    """A branch of code that has a directory of the name that realms stand in on a hub."""
    files = {"code.py": "x = 1\n", "realms/one/.lore.md": lore_of_one("A text.")}
    by(repo, ADA, policy(ADA), **files)


def lore_of_one(text: str) -> str:
    """A document that names a policy, where none is looked for."""
    return policy(BOB) + document(entry(1, "X", text))


def test_code_may_have_a_directory_called_realms(repo: Repo) -> None:
    code_with_realms(repo)
    one = "realms/one/.lore.md"
    for text in (lore_of_one("Bob's."), policy(BOB) + document()):
        repo.write(one, text)
        words = staged(repo, BOB)
        assert f"({ADA} may)" in words
        assert f"({BOB} may)" not in words
        assert staged(repo, ADA, status=0)
    repo("rm", "--quiet", "--force", one)
    assert "take away “X”" in staged(repo, BOB)
    assert staged(repo, ADA, status=0)


def test_commits_of_code_with_such_a_directory_are_judged_by_the_one_policy(repo: Repo) -> None:
    code_with_realms(repo)
    one, tool = "realms/one/.lore.md", Lorefs(repo.path)
    by(repo, BOB, **{one: lore_of_one("Bob's.")})
    words = tool("check", "--commit", "HEAD", *SELECTED, status=1).out
    assert f"{one}:8:1: error LORE203 the policy does not let {BOB} change or add it" in words
    by(repo, ADA, **{one: lore_of_one("Ada's.")})
    tool("check", "--commit", "HEAD", *SELECTED)


def test_a_merge_of_code_with_such_a_directory_is_made_again(repo: Repo) -> None:
    code_with_realms(repo)
    repo("checkout", "--quiet", "-b", "side")
    by(repo, ADA, **{"realms/one/.lore.md": lore_of_one("Ada's.")})
    repo("checkout", "--quiet", "main")
    by(repo, ADA, **{"realms/two/.lore.md": document(entry(2, "Y"))})
    as_(repo, EVE)
    repo("merge", "--quiet", "side")
    tool = Lorefs(repo.path)
    tool("check", "--commit", "HEAD", "--since", "HEAD~2", *SELECTED)
    repo("reset", "--quiet", "--hard", "HEAD~1")
    repo("merge", "--quiet", "--no-commit", "side")
    by(repo, EVE, **{"realms/two/.lore.md": document(entry(2, "Y", "Eve's."))})
    words = tool("check", "--commit", "HEAD", *SELECTED, status=1).out
    assert "realms/two/.lore.md:5:1: error LORE203" in words
    assert "realms/one" not in words


def test_what_is_pushed_of_such_code_is_judged_alike(hub: Repo, tmp_path: Path) -> None:
    clone = hub.clone(tmp_path / "clone")
    code_with_realms(clone)
    clone("push", "--quiet", "origin", "HEAD:main")
    by(clone, BOB, **{"realms/one/.lore.md": lore_of_one("Bob's.")})
    assert f"realms/one/.lore.md:8:1: error LORE203 the policy does not let {BOB}" in refused(clone)


def test_a_file_that_is_no_lore_takes_no_realm_its_policy(hub: Repo, tmp_path: Path) -> None:
    clone = hub.clone(tmp_path / "clone")
    one = "realms/one/.lore.md"
    clone.commit("a hub")
    by(clone, ADA, **{one: lore()})
    clone("push", "--quiet", "origin", "HEAD:main")
    by(clone, EVE, **{"code.py": "x\n", one: lore("Eve's.")})
    assert "LORE203" in refused(clone)
    clone("checkout", "--quiet", "HEAD~1", "--", one)
    clone("commit", "--quiet", "--amend", "--no-edit")
    clone("push", "--quiet", "origin", "HEAD:main")
    by(clone, EVE, **{one: lore("Eve's.")})
    assert "LORE203" in refused(clone)


def test_the_rule_can_be_left_out(hub: Repo, clone: Repo) -> None:
    hub("config", "lorefs.check.ignore", "LORE203")
    by(clone, EVE, lore("Eve's."))
    clone("push", "--quiet", "origin", "HEAD:main")
