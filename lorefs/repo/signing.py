"""Signs commits and checks signatures as git's own configuration says (`gpg.*`, `user.signingKey`).

Keys, their formats and who is trusted are the user's; git runs the programs that know them.
"""

from __future__ import annotations

import base64
import hashlib
import os
from typing import TYPE_CHECKING, Final

from lorefs.core.policy import FINGERPRINT
from lorefs.errors import GitError, RefusedError
from lorefs.repo.git import Git

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lorefs.repo.objects import Signature

GOOD: Final = "G"
_BATCH: Final = 200  # commits whose signatures one run of git checks
_FAULTS: Final = {
    "B": "its signature does not fit what it holds",
    "U": "it is signed by a key that is not trusted here",
    "X": "its signature has expired",
    "Y": "it is signed by a key that has expired",
    "R": "it is signed by a key that was revoked",
    "E": "its signature cannot be checked",
    "N": "it has no signature that can be checked",
}


class SigningError(RefusedError):
    """A commit was to be signed and could not be; `found` is what git said of it."""


def write_signed(  # what a commit holds, as for Objects.write_commit
    git: Git,
    tree: str,
    parents: Sequence[str],
    message: str,
    author: Signature,
    committer: Signature,
) -> str:
    """A new commit with the user's signature, to which no ref leads yet; SigningError if not.

    Nobody is asked for a passphrase but by the user's own agent.
    """
    names = {**_identity("AUTHOR", author), **_identity("COMMITTER", committer)}
    signer = Git(git.paths, {**git.env, **names}, git.timeout, git.kept)
    behind = [part for parent in parents for part in ("-p", parent)]
    arguments = ("-c", "i18n.commitEncoding=UTF-8", "commit-tree", "-S", *behind, tree)
    try:
        return signer.run(*arguments, stdin=message.encode()).decode("ascii").strip()
    except GitError as error:
        raise SigningError(
            "the commit on the sync branch cannot be signed, so it waits",
            found=" ".join(error.words.split()) or error.message,
            hint="check user.signingKey and gpg.format in git's configuration, or"
            " `lorefs config set sync.sign false`",
        ) from error


def _identity(role: str, who: Signature) -> dict[str, str]:
    sign, minutes = "-" if who.offset < 0 else "+", abs(who.offset)
    zone = f"{sign}{minutes // 60:02}{minutes % 60:02}"
    return {
        f"GIT_{role}_NAME": who.name,
        f"GIT_{role}_EMAIL": who.email,
        f"GIT_{role}_DATE": f"@{who.time} {zone}",
    }


def faults(git: Git, commits: Iterable[str]) -> dict[str, str]:
    """The commits that nobody trusted has signed, each with what is wrong, in words."""
    oids = "".join(f"{oid}\n" for oid in commits)
    if not oids:
        return {}
    lines = git.run("log", "--no-walk=unsorted", "--stdin", "--format=%H %G?", stdin=oids.encode())
    found = (line.split(" ") for line in lines.decode("ascii").splitlines())
    return {oid: _FAULTS.get(word, _FAULTS["E"]) for oid, word in found if word != GOOD}


def fingerprints(git: Git, commits: Iterable[str]) -> dict[str, str]:
    """The SSH keys whose good signatures commits carry, as `SHA256:...`; others are left out.

    Whose keys these are is for the caller to know: git is shown an empty list of signers, so
    that it says "U" of each good signature ("B" of a bad one), whatever the user has configured.
    """
    oids = list(commits)
    found: dict[str, str] = {}
    for start in range(0, len(oids), _BATCH):
        lines = git.run(
            "-c", f"gpg.ssh.allowedSignersFile={os.devnull}", "-c", "gpg.ssh.program=ssh-keygen",
            "log", "--no-walk=unsorted", "--stdin", "--format=%H %G? %GF",
            stdin="".join(f"{oid}\n" for oid in oids[start : start + _BATCH]).encode(),
        )  # fmt: skip
        for line in lines.decode("utf-8", "replace").splitlines():
            oid, word, key = line.split(" ", 2)
            if word == "U" and key.startswith(FINGERPRINT):
                found[oid] = key
    return found


def own_fingerprint(git: Git) -> str:
    """The fingerprint (`SHA256:...`) of the SSH key that the user signs with, "" without one."""
    if git.text("config", "--get", "gpg.format", allowed=(0, 1)) != "ssh":
        return ""
    key = git.text("config", "--type=path", "--get", "user.signingKey", allowed=(0, 1))
    return _fingerprint(git, key)


def signing_key(git: Git) -> str:
    """The fingerprint of the SSH key with which git signs every commit here, "" if it does not."""
    always = git.text("config", "--type=bool", "--get", "commit.gpgSign", allowed=(0, 1))
    return own_fingerprint(git) if always == "true" else ""


def _fingerprint(git: Git, key: str) -> str:
    """That of a public key, or of the file that holds it; see user.signingKey in git-config(1)."""
    words = key.removeprefix("key::").split()
    if len(words) < 2:  # noqa: PLR2004 (its type and the key)
        path = git.paths.worktree / (key if key.endswith(".pub") else f"{key}.pub")
        try:
            words = path.read_text("utf-8", "replace").split()
        except OSError:
            return ""
    try:
        digest = hashlib.sha256(base64.b64decode(words[1], validate=True)).digest()
    except (IndexError, ValueError):
        return ""
    return FINGERPRINT + base64.b64encode(digest).decode("ascii").rstrip("=")
