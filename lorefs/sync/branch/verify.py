"""Accepts from others only what somebody trusted has signed, where `sync.verify` asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lorefs.core.message import MERGE_SUBJECT
from lorefs.errors import RefusedError
from lorefs.repo.signing import faults
from lorefs.sync.branch.merge import MERGE_PARENTS, merge_tips

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lorefs.repo.objects import Commit
    from lorefs.sync.branch.branch import Branch


class UnsignedError(RefusedError):
    """A commit that came in is not signed by anybody who is trusted here; nothing was taken."""


def verify(branch: Branch, tip: str, accepted: Iterable[str]) -> None:
    """Raise `UnsignedError` unless all is signed that is behind a tip and not yet accepted.

    A merge is a function of its parents and needs no signature where it is what merging them
    here gives, too.
    """
    known = [oid for oid in accepted if branch.objects.has(oid)]
    commits = branch.objects.between(known, [tip])
    unsigned = faults(branch.git, [commit.oid for commit in commits])
    for commit in commits:  # each after its parents, so that only what is trusted is merged
        if commit.oid in unsigned and not _is_merge(branch, commit):
            raise _unsigned(commit, unsigned[commit.oid])


def _is_merge(branch: Branch, commit: Commit) -> bool:
    """Whether a commit is what lorefs makes of its two parents."""
    if len(commit.parents) != MERGE_PARENTS or not commit.message.startswith(f"{MERGE_SUBJECT}\n"):
        return False
    one, other = commit.parents
    return merge_tips(branch, one, other).oid == commit.oid


def _unsigned(commit: Commit, fault: str) -> UnsignedError:
    who = f"{commit.author.name} <{commit.author.email}>"
    subject = commit.message.partition("\n")[0]
    return UnsignedError(
        f"commit {commit.oid[:12]} on the sync branch is refused: {fault}",
        found=f"{subject} ({who})",
        hint="nothing was taken; ask its author to sign with a key that git trusts here (for ssh:"
        " gpg.ssh.allowedSignersFile), or `lorefs config set sync.verify none`",
    )
