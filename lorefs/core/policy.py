"""What a team lets whom do: the policy in the front matter of the root document.

Whoever judges a change names its author as an `Author`; which policy counts, and for which
change, is for the callers to say.
"""

from __future__ import annotations

from string import ascii_lowercase, ascii_uppercase
from typing import TYPE_CHECKING, Final, NamedTuple

from lorefs.core.front_matter import FrontMatterError, read_front_matter
from lorefs.errors import DocumentError

if TYPE_CHECKING:
    from lorefs.core.document import Document
    from lorefs.core.model import Entry

POLICY: Final = "policy"  # the key, which has to be written just so
AUTO: Final = "auto"
MANUAL: Final = "manual"
FINGERPRINT: Final = "SHA256:"  # how the fingerprint of an SSH key begins

# What somebody approves: not where an entry stands, and not the marks of the approval itself.
APPROVED_FIELDS: Final = (
    "title",
    "content",
    "category",
    "confidence",
    "sensitivity",
    "tags",
    "relations",
)


_LOWER: Final = str.maketrans(ascii_uppercase, ascii_lowercase)


class PolicyError(DocumentError):
    """A policy that cannot be read; the one before it goes on to count."""


class Author(NamedTuple):
    """Who made a change: an email, and the fingerprint of the SSH key that vouches for it.

    `key` is "" where nothing was signed, or not by an SSH key that fits.
    """

    email: str
    key: str = ""


class Policy(NamedTuple):
    """Who decides what the team's documents say.

    `approvers` are emails, and fingerprints of SSH keys (`SHA256:...`). An email is believed as
    a commit names it; a fingerprint asks for a signature.
    """

    approval: str = AUTO
    approvers: tuple[str, ...] = ()

    @property
    def is_manual(self) -> bool:
        """Whether team entries wait until somebody approves of them."""
        return self.approval == MANUAL

    def entitles(self, author: Author) -> bool:
        """Whether an author may approve, and change the policy."""
        if not self.is_manual:
            return True
        email = folded(author.email)
        return any(
            author.key == each if each.startswith(FINGERPRINT) else bool(email) and email == each
            for each in self.approvers
        )


OPEN: Final = Policy()  # where nobody has said anything


def read_policy(document: Document) -> Policy:
    """The policy of a root document, `OPEN` where it names none.

    Raises `PolicyError` for one that is not understood, and for a front matter that is not.
    """
    first = document.blocks[:1]
    if not first or POLICY not in first[0].text:  # which is what readers look for before they parse
        return OPEN
    try:
        found = read_front_matter(document).get(POLICY)
    except FrontMatterError as error:
        raise PolicyError(error.message, line=1, found=error.found, hint=error.hint) from error
    if found is None:
        return OPEN
    if not isinstance(found, dict):
        raise _wrong(str(found))
    approval, approvers = found.get("approval", AUTO), found.get("approvers", [])
    if approval not in {AUTO, MANUAL}:
        raise _wrong(f"approval: {approval}")
    if not isinstance(approvers, list) or not all(isinstance(each, str) for each in approvers):
        raise _wrong(f"approvers: {approvers}")
    return Policy(approval, tuple(sorted({_folded(each) for each in approvers})))


def _folded(approver: str) -> str:
    """An approver as they are compared: emails in one case, fingerprints have two."""
    return approver if approver.startswith(FINGERPRINT) else folded(approver.strip())


def folded(email: str) -> str:
    """An email as it is compared: Latin letters in one case, and no others.

    Unicode folds letters to some that only look like them, so that whoever owns the one address
    would pass for the owner of the other.
    """
    return email.translate(_LOWER)


def _wrong(found: str) -> PolicyError:
    return PolicyError(
        "the policy of the team cannot be read",
        line=1,
        found=found[:80],
        hint="write it as `policy: {approval: manual, approvers: [someone@example.com]}`",
    )


def approval_hash(entry: Entry) -> str:
    """What an approval of an entry is bound to: a hash of its `APPROVED_FIELDS`, 32 hex digits."""
    from hashlib import sha256  # few commands approve

    texts = [str(getattr(entry, name)) for name in APPROVED_FIELDS]
    framed = "".join(f"{len(text)};{text}" for text in texts)
    return sha256(framed.encode("utf-8", "surrogateescape")).hexdigest()[:32]
