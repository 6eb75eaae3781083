"""Signed commits on the sync branch, and clones that take no others."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from lorefs.errors import RefusedError
from lorefs.repo.signing import SigningError
from lorefs.sync.branch.verify import UnsignedError
from tests.clones import BRANCH, Clone, Team, converge


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """A directory with an ssh key for each name, all trusted by `allowed` but mallory's."""
    keygen = shutil.which("ssh-keygen")
    if keygen is None:
        pytest.skip("ssh-keygen is not installed (Debian: openssh-client)")
    folder = tmp_path / "keys"
    folder.mkdir()
    allowed = []
    for name in ("ada", "bob", "mallory"):
        subprocess.run([keygen, "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
        if name != "mallory":
            public = (folder / f"{name}.pub").read_text()
            allowed.append(f"{name}@example.invalid {public}")
    (folder / "allowed").write_text("".join(allowed))
    return folder


def signing(clone: Clone, keys: Path, key: str) -> Clone:
    clone.repo("config", "gpg.format", "ssh")
    clone.repo("config", "user.signingKey", str(keys / key))
    clone.repo("config", "lorefs.sync.sign", "true")
    return clone


def verifying(clone: Clone, keys: Path) -> Clone:
    clone.repo("config", "gpg.ssh.allowedSignersFile", str(keys / "allowed"))
    clone.repo("config", "lorefs.sync.verify", "signed")
    return clone


def signatures(clone: Clone) -> list[str]:
    """What git says of each commit's signature, the newest first."""
    return clone.repo("log", "--format=%G?%GS", BRANCH).split("\n")


def refusal(clone: Clone) -> UnsignedError:
    (exchange,) = clone.try_sync().exchanges
    assert isinstance(exchange.error, UnsignedError)
    return exchange.error


def test_own_commits_are_signed_and_merges_are_not(ada: Clone, bob: Clone, keys: Path) -> None:
    for clone, name in ((ada, "ada"), (bob, "bob")):
        verifying(signing(clone, keys, name), keys)
    one = ada.add("Ä title")
    converge(ada, bob)
    ada.update(one, title="By Ada")
    bob.update(one, tags_add=("bob",))
    converge(ada, bob)
    assert ada.entries()[one].title == "By Ada"
    assert ada.entries()[one].tags == ("bob",)
    found = signatures(ada)
    assert sorted(found) == ["Gada@example.invalid"] * 2 + ["Gbob@example.invalid", "N"]
    assert ada.repo("log", "-1", "--max-parents=0", "--format=%an <%ae> %s", BRANCH) == (
        "ada <ada@example.invalid> Add “Ä title”"
    )


def test_an_unsigned_tip_is_refused_by_name(ada: Clone, bob: Clone, keys: Path) -> None:
    signing(ada, keys, "ada")
    verifying(bob, keys)
    ada.add("Signed")
    converge(ada, bob)
    ada.repo("config", "lorefs.sync.sign", "false")
    ada.add("Unsigned")
    ada.sync()
    before = bob.tip
    error = refusal(bob)
    assert ada.tip[:12] in error.message
    assert "no signature" in error.message
    assert error.found == "Add “Unsigned” (ada <ada@example.invalid>)"
    assert bob.tip == before
    assert bob.titles() == ["Signed"]
    bob.repo("config", "lorefs.sync.verify", "none")
    bob.sync()
    assert bob.titles() == ["Signed", "Unsigned"]


def test_an_untrusted_key_is_refused(ada: Clone, bob: Clone, keys: Path) -> None:
    signing(ada, keys, "mallory").add("Of somebody else")
    ada.sync()
    assert "not trusted" in refusal(verifying(bob, keys)).message
    assert bob.titles() == []


def test_an_unsigned_commit_behind_a_signed_tip_is_refused(
    ada: Clone, bob: Clone, keys: Path
) -> None:
    ada.add("Unsigned")
    unsigned = ada.tip
    signing(ada, keys, "ada").add("Signed")
    ada.sync()
    assert unsigned[:12] in refusal(verifying(bob, keys)).message


def test_a_changed_commit_with_the_signature_of_another_is_refused(
    ada: Clone, bob: Clone, keys: Path
) -> None:
    signing(ada, keys, "ada").add("Signed")
    text = ada.repo("cat-file", "commit", BRANCH) + "\n"
    forged = ada.repo(
        "hash-object", "-w", "-t", "commit", "--stdin", stdin=text.replace("Add", "X")
    )
    ada.repo("push", "-q", "origin", f"{forged}:refs/heads/{BRANCH}")
    assert "does not fit" in refusal(verifying(bob, keys)).message


def test_a_merge_that_merging_does_not_give_is_refused(ada: Clone, bob: Clone, keys: Path) -> None:
    """Nobody signs merges, so they must not be a way to bring in anything."""
    signing(ada, keys, "ada")
    one = ada.add("One")
    root = ada.tip
    ada.update(one, title="Two")
    text = ada.tree()[".lore.md"].replace("Two", "Sneaked in")
    blob = ada.repo("hash-object", "-w", "--stdin", stdin=text)
    tree = ada.repo("mktree", stdin=f"100644 blob {blob}\t.lore.md\n")
    subject = "Merge two tips of the sync branch\n"
    merge = ada.repo("commit-tree", "-p", root, "-p", ada.tip, tree, stdin=subject)
    ada.repo("push", "-q", "origin", f"{merge}:refs/heads/{BRANCH}")
    assert merge[:12] in refusal(verifying(bob, keys)).message


def test_a_clone_that_brought_the_branch_along_is_verified_too(
    ada: Clone, team: Team, keys: Path
) -> None:
    ada.add("Unsigned")
    ada.sync()
    carol = verifying(team.clone("carol"), keys)
    assert "no signature" in refusal(carol).message
    assert carol.titles() == []
    # history from before somebody looked at it is accepted by hand
    carol.repo("branch", BRANCH, f"origin/{BRANCH}")
    carol.sync()
    assert carol.titles() == ["Unsigned"]


def test_what_was_accepted_before_is_not_asked_for_again(
    ada: Clone, bob: Clone, keys: Path
) -> None:
    ada.add("Unsigned")
    converge(ada, bob)
    verifying(bob, keys)
    signing(ada, keys, "ada").add("Signed")
    converge(ada, bob)
    assert bob.titles() == ["Signed", "Unsigned"]


def test_a_commit_that_cannot_be_signed_waits(ada: Clone, keys: Path) -> None:
    signing(ada, keys, "nobody").add("One")  # it is added, and a retry would add it twice
    with pytest.raises(SigningError, match="cannot be signed") as caught:
        ada.try_sync()
    assert isinstance(caught.value, RefusedError)
    assert "nobody" in (caught.value.found or "")
    assert ada.repo("branch", "--list", BRANCH) == ""
    assert ada.titles() == ["One"]
    signing(ada, keys, "ada")
    ada.sync()
    assert "**One**" in ada.tree()[".lore.md"]


def test_replayed_commits_are_signed_again(ada: Clone, bob: Clone, keys: Path, team: Team) -> None:
    signing(ada, keys, "ada").add("One")
    converge(ada, bob)
    root = ada.tip
    ada.add("Purged")
    ada.sync()
    ada.add("Mine")
    team.remote("update-ref", f"refs/heads/{BRANCH}", root)
    ada.sync(accept_rewrite=True)
    verifying(bob, keys).sync()
    assert bob.titles() == ["Mine", "One"]
    assert set(signatures(bob)) == {"Gada@example.invalid"}


def test_openpgp(ada: Clone, bob: Clone, tmp_path: Path) -> None:
    if shutil.which("gpg") is None:
        pytest.skip("gpg is not installed (Debian: gnupg)")
    home = tmp_path / "g"
    home.mkdir(mode=0o700)
    for clone in (ada, bob):
        program = clone.path.parent / "gpg"
        program.write_text(f'#!/bin/sh\nexec gpg --homedir "{home}" "$@"\n')
        program.chmod(0o755)
        clone.repo("config", "gpg.program", str(program))
    key = ["--batch", "--passphrase", "", "--quick-generate-key", "Ada <ada@example.invalid>"]
    made = subprocess.run(
        ["gpg", "--homedir", str(home), *key, "ed25519", "sign", "never"],
        capture_output=True,
        check=False,
        timeout=40,
    )
    if made.returncode:
        pytest.skip(f"gpg makes no key here: {made.stderr.decode(errors='replace')[-200:]}")
    try:
        ada.repo("config", "user.signingKey", "ada@example.invalid")
        ada.repo("config", "lorefs.sync.sign", "true")
        bob.repo("config", "lorefs.sync.verify", "signed")
        ada.add("One")
        ada.sync()
        assert signatures(bob if bob.try_sync().ok else ada) == ["GAda <ada@example.invalid>"]
        assert bob.titles() == ["One"]
    finally:
        subprocess.run(
            ["gpgconf", "--homedir", str(home), "--kill", "gpg-agent"], check=False, timeout=20
        )


def test_a_first_meeting_is_verified_too(ada: Clone, bob: Clone, keys: Path) -> None:
    """Both begin a history of their own, and the merge of the two needs no signature."""
    for clone, name in ((ada, "ada"), (bob, "bob")):
        verifying(signing(clone, keys, name), keys)
        clone.write("### Gotcha\n\n* **By hand**: the same line.\n")
        clone.add(f"Of {name}")
    converge(ada, bob)
    assert ada.titles() == ["By hand", "Of ada", "Of bob"]
    assert ada.repo("rev-list", "--count", "--max-parents=0", BRANCH) == "2"
    assert "N" in signatures(ada)
